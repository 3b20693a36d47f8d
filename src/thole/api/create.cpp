#include "thole/api/body.hpp"
#include "thole/api/errors.hpp"
#include "thole/api/managed_fields.hpp"
#include "thole/api/object_meta.hpp"
#include "thole/api/respond.hpp"
#include "thole/api/stored.hpp"
#include "thole/api/writes.hpp"
#include "thole/base/text.hpp"

namespace thole::api {

using codec::Value;

std::string manager_of(const Call& call, const WriteOptions& options) {
  if (!options.field_manager.empty()) return options.field_manager;
  const std::string_view agent = call.request.headers.get("user-agent");
  std::string name(agent.substr(0, std::min<std::size_t>(agent.find('/'), 128)));
  return name.empty() ? "unknown" : name;
}

const ResourceRules& rules_of(const Environment& environment, const Call& call) {
  if (call.served.rules) return *call.served.rules;
  return environment.rules.find(call.resource().group, call.resource().plural);
}

RuleContext rule_context(const Environment& environment, Call& call) {
  return {call.arena,   call.resource(), call.info.subresource, environment.seams.clock.wall(),
          *call.random, call.warnings};
}

bool keeps_status(const Call& call, const ResourceRules& rules) {
  if (!call.served.custom) return rules.has_status;
  for (const schema::Subresource& part : call.resource().subresources) {
    if (part.name == "status") return true;
  }
  return false;
}

Async<message::Response> create_object(const Environment& environment, Call& call) {
  THOLE_CO_TRY(const WriteOptions options, parse_write_options(call.url.query, "CreateOptions"));
  if (call.served.terminating) {
    co_return fail(method_not_supported(call.resource().group, call.resource().plural, "create"));
  }
  THOLE_CO_TRY(const Value object, decode_object(environment, call, options.field_validation));
  co_return co_await create_decoded(environment, call, object, options);
}

Async<message::Response> create_decoded(const Environment& environment, Call& call, Value object,
                                        const WriteOptions& options) {
  const schema::Resource& resource = call.resource();
  const ResourceRules& rules = rules_of(environment, call);
  codec::Arena& arena = call.arena;
  Value metadata = metadata_of(arena, object);

  if (resource.namespaced) {
    const std::string_view given = metadata.string_or("namespace");
    if (given.empty()) {
      metadata.set(arena, "namespace", Value::string(arena, call.info.namespace_));
    } else if (given != call.info.namespace_) {
      co_return fail(bad_request(
          "the namespace of the provided object does not match the namespace sent on the "
          "request"));
    }
  }
  if (!metadata.string_or("resourceVersion").empty()) {
    Error error{ErrorKind::Unknown, "resourceVersion should not be set on objects to be created",
                nullptr, 0};
    co_return fail(std::move(error));
  }
  if (metadata.string_or("name").empty() && !metadata.string_or("generateName").empty()) {
    metadata.set(arena, "name",
                 Value::string(arena, make_name(*call.random, metadata.string_or("generateName"))));
  }
  metadata.set(arena, "uid", Value::string(arena, make_uid(*call.random)));
  metadata.set(arena, "creationTimestamp",
               Value::string(arena, timestamp(environment.seams.clock.wall())));
  metadata.erase("deletionTimestamp");
  metadata.erase("deletionGracePeriodSeconds");
  metadata.erase("generation");
  metadata.erase("managedFields");
  if (keeps_status(call, rules)) object.erase("status");

  RuleContext context = rule_context(environment, call);
  environment.walks.set_defaults(resource, object, arena);
  if (rules.default_object) rules.default_object(context, object);

  Attributes attributes = attributes_of(call.info, call.caller.user);
  attributes.name = metadata.string_or("name");
  Admission admission{attributes, Operation::Create, resource, options.dry_run, arena,
                      object,     Value(),           Value(),  call.warnings};
  if (environment.admission.handles(Operation::Create, resource.group, resource.plural)) {
    THOLE_CO_CHECK(co_await environment.admission.admit(admission));
    environment.walks.set_defaults(resource, object, arena);
    if (rules.default_object) rules.default_object(context, object);
  }
  metadata = object.get("metadata");
  if (rules.has_generation) metadata.set(arena, "generation", Value::integer(1));
  if (!rules.finalizers_on_create.empty()) {
    Value finalizers = metadata.get("finalizers");
    if (!finalizers.is_array()) {
      finalizers = Value::array(arena);
      metadata.set(arena, "finalizers", finalizers);
    }
    for (const std::string& name : rules.finalizers_on_create) {
      finalizers.push_back(arena, Value::string(arena, name));
    }
  }
  if (rules.prepare_for_create) rules.prepare_for_create(context, object);

  Causes causes;
  validate_metadata(resource, rules, object, Value(), causes);
  environment.walks.validate(resource, object, Value(), causes);
  if (rules.validate_create) rules.validate_create(context, object, causes);
  const std::string name(object.get("metadata").string_or("name"));
  if (!causes.empty()) {
    co_return fail(invalid(
        resource.group, resource.kind,
        name.empty() ? object.get("metadata").string_or("generateName") : std::string_view(name),
        std::move(causes)));
  }
  if (rules.warn) rules.warn(context, object, Value());
  track_fields(arena, resource.type, object, Value(),
               {manager_of(call, options), api_version_of(resource), "",
                timestamp(environment.seams.clock.wall())});
  THOLE_CO_TRY(object,
               normalize_object(arena, environment.walks.complete(resource, object, arena)));
  admission.object = object;
  if (environment.admission.handles(Operation::Create, resource.group, resource.plural)) {
    THOLE_CO_CHECK(co_await environment.admission.validate(admission));
  }

  store::Key key = storage_key(resource, call.info.namespace_, name);
  const std::string store_name = key.name;
  store::ValuePtr value = encode_stored(resource, object);
  if (options.dry_run) {
    if (environment.store.snapshot().find(key.resource, key.name)) {
      co_return fail(already_exists(resource.group, resource.plural, name));
    }
    co_return respond_value(call, 201, object);
  }
  store::Txn txn;
  txn.push_back(store::Op::put(std::move(key), store::Expect::absent(), std::move(value)));
  auto committed = co_await environment.store.commit(call.executor(), std::move(txn));
  if (!committed) {
    if (committed.error().kind == ErrorKind::Conflict) {
      co_return fail(already_exists(resource.group, resource.plural, name));
    }
    co_return fail(committed.error());
  }
  co_return respond_stored(call, 201, store_name, *committed->values[0], committed->revision);
}

}  // namespace thole::api
