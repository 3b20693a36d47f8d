#include "thole/api/update.hpp"

#include "thole/api/body.hpp"
#include "thole/api/errors.hpp"
#include "thole/api/managed_fields.hpp"
#include "thole/api/object_meta.hpp"
#include "thole/api/respond.hpp"
#include "thole/api/stored.hpp"
#include "thole/base/text.hpp"

namespace thole::api {

namespace {

using codec::Value;

constexpr int kUnconditionalRetriesMax = 100;

// What a client may not change, or need not send.
void keep_system_fields(codec::Arena& arena, Value metadata, const Value& before) {
  for (const std::string_view key :
       {"creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"}) {
    const Value value = before.get(key);
    if (value.is_null()) {
      metadata.erase(key);
    } else if (key != "creationTimestamp" || metadata.get(key).is_null()) {
      metadata.set(arena, key, value);
    }
  }
  if (metadata.string_or("uid").empty()) metadata.set(arena, "uid", before.get("uid"));
  if (metadata.string_or("name").empty()) metadata.set(arena, "name", before.get("name"));
}

// The status subresource writes status, and leaves alone what belongs to the main one.
Value for_status(Call& call, const Value& object, const Value& old) {
  codec::Arena& arena = call.arena;
  Value merged = old.clone(arena);
  if (object.find("status")) {
    merged.set(arena, "status", object.get("status"));
  } else {
    merged.erase("status");
  }
  if (!call.served.custom) {
    Value metadata = object.get("metadata").clone(arena);
    if (const Value labels = old.get("metadata").get("labels"); labels.is_null()) {
      metadata.erase("labels");
    } else {
      metadata.set(arena, "labels", labels);
    }
    merged.set(arena, "metadata", metadata);
  } else {
    merged.get("metadata").set(arena, "managedFields", object.get("metadata").get("managedFields"));
  }
  return merged;
}

bool spec_changed(const Value& a, const Value& b, bool status_counts) {
  const auto covers = [&](const Value& from, const Value& other) {
    for (const codec::Member& member : from.members()) {
      if (member.key == "metadata" || (member.key == "status" && !status_counts)) continue;
      if (!(member.value == other.get(member.key))) return true;
    }
    return false;
  };
  return covers(a, b) || covers(b, a);
}

Error wrong_uid(const schema::Resource& resource, std::string_view name, std::string_view asked,
                std::string_view stored) {
  return conflict(
      resource.group, resource.plural, name,
      cat("Precondition failed: UID in precondition: ", asked, ", UID in object meta: ", stored));
}

}  // namespace

Async<message::Response> update_existing(const Environment& environment, Call& call,
                                         const WriteOptions& options, Mutate& mutate) {
  const schema::Resource& resource = call.resource();
  const ResourceRules& rules = rules_of(environment, call);
  codec::Arena& arena = call.arena;
  const store::Key key = storage_key(resource, call.info.namespace_, call.info.name);
  const bool status = call.info.subresource == "status";

  for (int attempt = 0;; ++attempt) {
    const store::Snapshot snapshot = environment.store.snapshot();
    const store::ValuePtr existing = snapshot.get(key.resource, key.name);
    if (!existing) {
      if (mutate.creates() && rules.allow_create_on_update && call.info.subresource.empty()) {
        THOLE_CO_TRY(Value fresh, mutate.apply(Value()));
        co_return co_await create_decoded(environment, call, fresh, options);
      }
      co_return fail(not_found(resource.group, resource.plural, call.info.name));
    }
    const Value old = decode_stored(resource, *existing, existing->revision(), arena);
    THOLE_CO_TRY(Value object, mutate.apply(old));
    Value metadata = metadata_of(arena, object);
    const Value before = old.get("metadata");

    const std::string_view name = metadata.string_or("name");
    if (!name.empty() && name != call.info.name) {
      co_return fail(
          bad_request(cat("the name of the object (", name,
                          ") does not match the name on the URL (", call.info.name, ")")));
    }
    const std::string_view space = metadata.string_or("namespace");
    if (!space.empty() && space != call.info.namespace_) {
      co_return fail(bad_request(
          "the namespace of the provided object does not match the namespace sent on the "
          "request"));
    }
    if (resource.namespaced && space.empty()) {
      metadata.set(arena, "namespace", before.get("namespace"));
    }
    const std::string_view version = metadata.string_or("resourceVersion");
    const bool conditional = !version.empty() && version != "0";
    if (const auto uid = metadata.string_or("uid");
        !uid.empty() && uid != before.string_or("uid")) {
      co_return fail(wrong_uid(resource, call.info.name, uid, before.string_or("uid")));
    }
    if (conditional && version != before.string_or("resourceVersion")) {
      THOLE_CO_CHECK(parse_resource_version(version));
      if (!mutate.retries() || mutate.fixed_version()) {
        co_return fail(conflict(resource.group, resource.plural, call.info.name,
                                "the object has been modified; please apply your changes to the "
                                "latest version and try again"));
      }
    }
    const bool must_be_conditional = call.served.custom || !rules.allow_unconditional_update;
    if (!conditional && must_be_conditional) {
      co_return fail(invalid(
          resource.group, resource.kind, call.info.name,
          {cause_invalid("metadata.resourceVersion", "0x0", "must be specified for an update")}));
    }
    keep_system_fields(arena, metadata, before);
    const Value sent_fields = metadata.get("managedFields");
    // An empty list (or one empty entry) asks to forget all managers.
    const bool forget = metadata.find("managedFields") && sent_fields.is_array() &&
                        (sent_fields.size() == 0 ||
                         (sent_fields.size() == 1 && sent_fields.elements()[0].size() == 0));
    (void)forget;

    RuleContext context = rule_context(environment, call);
    environment.walks.set_defaults(resource, object, arena);
    if (rules.default_object) rules.default_object(context, object);

    Attributes attributes = attributes_of(call.info, call.caller.user);
    Admission admission{attributes, Operation::Update, resource,     options.dry_run, arena, object,
                        old,        Value(),           call.warnings};
    const bool admitted =
        environment.admission.handles(Operation::Update, resource.group, resource.plural);
    if (admitted) {
      THOLE_CO_CHECK(co_await environment.admission.admit(admission));
      environment.walks.set_defaults(resource, object, arena);
      if (rules.default_object) rules.default_object(context, object);
    }

    if (status) {
      object = for_status(call, object, old);
      if (rules.prepare_for_status_update) rules.prepare_for_status_update(context, object, old);
    } else {  // The object itself, or its scale.
      if (keeps_status(call, rules)) {
        if (old.find("status")) {
          object.set(arena, "status", old.get("status"));
        } else {
          object.erase("status");
        }
      }
      if (rules.prepare_for_update) rules.prepare_for_update(context, object, old);
      if (rules.has_generation && spec_changed(object, old, !keeps_status(call, rules))) {
        object.get("metadata")
            .set(arena, "generation", Value::integer(before.int_or("generation", 0) + 1));
      }
    }
    metadata = object.get("metadata");

    Causes causes;
    validate_metadata(resource, rules, object, old, causes);
    environment.walks.validate(resource, object, old, causes);
    if (rules.validate_update && !status) rules.validate_update(context, object, old, causes);
    if (!causes.empty()) {
      co_return fail(invalid(resource.group, resource.kind, call.info.name, std::move(causes)));
    }
    THOLE_CO_TRY(object,
                 normalize_object(arena, environment.walks.complete(resource, object, arena)));
    if (same_but_bookkeeping(object, old)) {  // Nothing to write.
      co_return respond_stored(call, 200, key.name, *existing, existing->revision());
    }
    if (rules.warn) rules.warn(context, object, old);
    track_fields(arena, resource.type, object, old,
                 {manager_of(call, options), api_version_of(resource), call.info.subresource,
                  timestamp(environment.seams.clock.wall())});
    THOLE_CO_TRY(object, normalize_object(arena, object));
    admission.object = object;
    if (admitted) THOLE_CO_CHECK(co_await environment.admission.validate(admission));

    metadata = object.get("metadata");
    metadata.set(arena, "resourceVersion", before.get("resourceVersion"));
    if (options.dry_run) co_return respond_value(call, 200, object);

    store::ValuePtr value = encode_stored(resource, object);
    store::Txn txn;
    const bool gone = metadata.find("deletionTimestamp") &&
                      metadata.get("finalizers").size() == 0 &&
                      metadata.int_or("deletionGracePeriodSeconds", 0) == 0 &&
                      (before.get("finalizers").size() != 0 || (rules.held && rules.held(old))) &&
                      !(rules.held && rules.held(object));
    if (gone) {
      txn.push_back(store::Op::erase(key, store::Expect::at(existing->revision())));
    } else {
      txn.push_back(store::Op::put(key, store::Expect::at(existing->revision()), value));
    }
    auto committed = co_await environment.store.commit(call.executor(), std::move(txn));
    if (committed) {
      if (gone) co_return respond_stored(call, 200, key.name, *value, existing->revision());
      co_return respond_stored(call, 200, key.name, *committed->values[0], committed->revision);
    }
    if (committed.error().kind != ErrorKind::Conflict) co_return fail(committed.error());
    const bool again = (mutate.retries() || !conditional) && !mutate.fixed_version();
    if (!again || attempt >= kUnconditionalRetriesMax) {
      co_return fail(conflict(resource.group, resource.plural, call.info.name,
                              "the object has been modified; please apply your changes to the "
                              "latest version and try again"));
    }
  }
}

namespace {

class Replace final : public Mutate {
 public:
  explicit Replace(Value object, codec::Arena& arena) : object_(object), arena_(arena) {}
  Result<Value> apply(const Value&) override { return object_.clone(arena_); }
  bool creates() const override { return true; }

 private:
  const Value object_;
  codec::Arena& arena_;
};

}  // namespace

Async<message::Response> update_object(const Environment& environment, Call& call) {
  THOLE_CO_TRY(const WriteOptions options, parse_write_options(call.url.query, "UpdateOptions"));
  THOLE_CO_TRY(const Value object, decode_object(environment, call, options.field_validation));
  Replace replace(object, call.arena);
  co_return co_await update_existing(environment, call, options, replace);
}

}  // namespace thole::api
