#include "thole/api/body.hpp"
#include "thole/api/errors.hpp"
#include "thole/api/object_meta.hpp"
#include "thole/api/reads.hpp"
#include "thole/api/respond.hpp"
#include "thole/api/stored.hpp"
#include "thole/api/writes.hpp"
#include "thole/base/text.hpp"

namespace thole::api {

namespace {

using codec::Value;

constexpr int kRetriesMax = 100;
constexpr std::string_view kOrphan = "orphan";
constexpr std::string_view kForeground = "foregroundDeletion";

struct Deleted {
  store::ValuePtr value;  // The object as the client sees it.
  store::Revision revision = 0;
  bool gone = false;
};

Result<DeleteOptions> read_options(Call& call) {
  THOLE_TRY(const Value body, parse_body(call));
  if (!body.is_null() && !body.is_object()) {
    return fail(bad_request("json: cannot unmarshal into Go value of type v1.DeleteOptions"));
  }
  return parse_delete_options(call.url.query, body);
}

// Adds and removes the two finalizers that propagation policies stand for.
void set_propagation(codec::Arena& arena, Value metadata, const DeleteOptions& options) {
  std::string wanted;
  if (options.propagation == "Orphan" || options.orphan_dependents == true) wanted = kOrphan;
  if (options.propagation == "Foreground") wanted = kForeground;
  const bool decided = options.propagation || options.orphan_dependents;
  if (!decided) return;
  Value finalizers = Value::array(arena);
  for (const Value& finalizer : metadata.get("finalizers").elements()) {
    if (finalizer.is_string() &&
        (finalizer.as_string() == kOrphan || finalizer.as_string() == kForeground)) {
      continue;
    }
    finalizers.push_back(arena, finalizer);
  }
  if (!wanted.empty()) finalizers.push_back(arena, Value::string(arena, wanted));
  metadata.set(arena, "finalizers", finalizers);
}

Error precondition_failed(const schema::Resource& resource, std::string_view name,
                          std::string_view what, std::string_view asked, std::string_view stored) {
  return conflict(resource.group, resource.kind, name,
                  cat("the ", what, " in the precondition (", asked, ") does not match the ", what,
                      " in record (", stored, "). The object might have been ",
                      what == "UID" ? "deleted and then recreated" : "modified"));
}

Async<Deleted> delete_one(const Environment& environment, Call& call, std::string namespace_,
                          std::string name, const DeleteOptions& options) {
  const schema::Resource& resource = call.resource();
  const ResourceRules& rules = rules_of(environment, call);
  codec::Arena& arena = call.arena;
  const store::Key key = storage_key(resource, namespace_, name);

  for (int attempt = 0;; ++attempt) {
    const store::Snapshot snapshot = environment.store.snapshot();
    const store::ValuePtr existing = snapshot.get(key.resource, key.name);
    if (!existing) co_return fail(not_found(resource.group, resource.plural, name));
    const Value old = decode_stored(resource, *existing, existing->revision(), arena);
    const Value before = old.get("metadata");
    if (options.uid && *options.uid != before.string_or("uid")) {
      co_return fail(
          precondition_failed(resource, name, "UID", *options.uid, before.string_or("uid")));
    }
    if (options.resource_version &&
        *options.resource_version != before.string_or("resourceVersion")) {
      co_return fail(precondition_failed(resource, name, "ResourceVersion",
                                         *options.resource_version,
                                         before.string_or("resourceVersion")));
    }
    if (environment.admission.handles(Operation::Delete, resource.group, resource.plural)) {
      Attributes attributes = attributes_of(call.info, call.caller.user);
      attributes.verb = "delete";
      attributes.namespace_ = namespace_;
      attributes.name = name;
      Admission admission{attributes,   Operation::Delete, resource, options.dry_run,
                          arena,        Value(),           old,      Value(),
                          call.warnings};
      THOLE_CO_CHECK(co_await environment.admission.admit(admission));
      THOLE_CO_CHECK(co_await environment.admission.validate(admission));
    }

    Value object = old.clone(arena);
    Value metadata = object.get("metadata");
    set_propagation(arena, metadata, options);
    std::int64_t grace = 0;
    if (rules.grace_period) grace = rules.grace_period(old, options.grace_seconds.value_or(-1));
    const bool pending = metadata.find("deletionTimestamp") != nullptr;
    if (pending) {
      // A later delete may only shorten the wait.
      const std::int64_t left = before.int_or("deletionGracePeriodSeconds", 0);
      if (!options.grace_seconds || grace > left) grace = left;
    }
    RuleContext context = rule_context(environment, call);
    if (rules.begin_delete && !pending) rules.begin_delete(context, object);
    const bool finalized =
        metadata.get("finalizers").size() == 0 && !(rules.held && rules.held(object));
    if (grace == 0 && finalized) {
      if (options.dry_run) co_return Deleted{existing, existing->revision(), true};
      store::Txn txn;
      txn.push_back(store::Op::erase(key, store::Expect::at(existing->revision())));
      auto committed = co_await environment.store.commit(call.executor(), std::move(txn));
      if (committed) co_return Deleted{existing, committed->revision, true};
      if (committed.error().kind != ErrorKind::Conflict || attempt >= kRetriesMax) {
        co_return fail(committed.error());
      }
      continue;
    }

    if (!pending || grace != before.int_or("deletionGracePeriodSeconds", 0)) {
      const WallTime now = environment.seams.clock.wall();
      if (!pending) {
        metadata.set(arena, "deletionTimestamp",
                     Value::string(arena, timestamp(now + std::chrono::seconds(grace))));
        if (const std::int64_t generation = before.int_or("generation", 0); generation > 0) {
          metadata.set(arena, "generation", Value::integer(generation + 1));
        }
      }
      metadata.set(arena, "deletionGracePeriodSeconds", Value::integer(grace));
    }
    THOLE_CO_TRY(object, normalize_object(arena, object));
    if (object == old) co_return Deleted{existing, existing->revision(), false};
    store::ValuePtr value = encode_stored(resource, object);
    if (options.dry_run) co_return Deleted{value, existing->revision(), false};
    store::Txn txn;
    txn.push_back(store::Op::put(key, store::Expect::at(existing->revision()), value));
    auto committed = co_await environment.store.commit(call.executor(), std::move(txn));
    if (committed) co_return Deleted{committed->values[0], committed->revision, false};
    if (committed.error().kind != ErrorKind::Conflict || attempt >= kRetriesMax) {
      co_return fail(committed.error());
    }
  }
}

}  // namespace

Async<message::Response> delete_object(const Environment& environment, Call& call) {
  const schema::Resource& resource = call.resource();
  const ResourceRules& rules = rules_of(environment, call);
  THOLE_CO_TRY(const DeleteOptions options, read_options(call));
  THOLE_CO_TRY(const Deleted deleted, co_await delete_one(environment, call, call.info.namespace_,
                                                          call.info.name, options));
  const bool cascading_later = !deleted.gone && options.orphan_dependents == false;
  if (deleted.gone && !rules.returns_deleted_object) {
    MediaType media = call.media;
    media.shape = Shape::Object;
    co_return respond_json(
        media, 200,
        success_json(resource.group, resource.plural, call.info.name, uid_of(*deleted.value)));
  }
  const store::Key key = storage_key(resource, call.info.namespace_, call.info.name);
  co_return respond_stored(call, cascading_later ? 202 : 200, key.name, *deleted.value,
                           deleted.revision);
}

Async<message::Response> delete_collection(const Environment& environment, Call& call) {
  const schema::Resource& resource = call.resource();
  THOLE_CO_TRY(const DeleteOptions options, read_options(call));
  THOLE_CO_TRY(const ListOptions list, parse_list_options(call.url.query));
  THOLE_CO_TRY(const Selection selection, selection_of(call, list));
  const std::string storage = storage_resource(resource);
  const std::string prefix = resource.namespaced && !call.info.namespace_.empty()
                                 ? cat(call.info.namespace_, "/")
                                 : std::string();
  const store::Snapshot snapshot = environment.store.snapshot();
  std::string out =
      cat("{\"kind\":\"", resource.list_kind, "\",\"apiVersion\":\"", api_version_of(resource),
          "\",\"metadata\":{\"resourceVersion\":\"", snapshot.revision(), "\"},\"items\":[");
  const std::string head = call.served.custom ? object_head(resource) : std::string();
  bool first = true;
  for (store::Cursor cursor = snapshot.scan(storage, prefix); cursor.valid(); cursor.next()) {
    if (!selection.matches(cursor.name(), cursor.value())) continue;
    const std::string_view full = cursor.name();
    const auto slash = full.find('/');
    const std::string space(slash == full.npos ? "" : full.substr(0, slash));
    const std::string name(slash == full.npos ? full : full.substr(slash + 1));
    auto deleted = co_await delete_one(environment, call, space, name, options);
    if (!deleted) {
      if (deleted.error().kind == ErrorKind::NotFound) continue;
      co_return fail(deleted.error());
    }
    if (!first) out += ',';
    first = false;
    emit(*deleted->value, head, deleted->revision, out);
  }
  out += "]}";
  co_return respond_json(call.media, 200, std::move(out));
}

}  // namespace thole::api
