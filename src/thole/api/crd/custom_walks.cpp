#include "thole/api/crd/custom_walks.hpp"

#include "thole/api/errors.hpp"
#include "thole/schema/decode.hpp"

namespace thole::api {
namespace {

using codec::Value;

// The types of structural schemas have no names; those of built-in kinds all do.
bool is_custom(const schema::Resource& resource) {
  return resource.type != nullptr && resource.type->name.empty();
}

}  // namespace

Result<Value> CustomWalks::shape(const schema::Resource& resource, Value object,
                                 codec::Arena& arena, std::vector<std::string>& unknown) {
  if (!is_custom(resource)) return builtin_.shape(resource, object, arena, unknown);
  if (!object.is_object()) {
    return fail(bad_request("the object provided is no JSON object"));
  }
  schema::StrictErrors strict;
  schema::prune(object, *resource.type, &strict);
  for (const std::string& text : strict.messages()) unknown.push_back(text);
  return object;
}

void CustomWalks::set_defaults(const schema::Resource& resource, Value object,
                               codec::Arena& arena) {
  if (is_custom(resource)) {
    schema::apply_defaults(object, *resource.type, arena);
  } else {
    builtin_.set_defaults(resource, object, arena);
  }
}

Value CustomWalks::complete(const schema::Resource& resource, Value object, codec::Arena& arena) {
  return is_custom(resource) ? object : builtin_.complete(resource, object, arena);
}

Result<Value> CustomWalks::strategic_merge(const schema::Resource& resource, Value original,
                                           Value patch, codec::Arena& arena) {
  if (is_custom(resource)) {
    return fail(ErrorKind::UnsupportedMediaType,
                "the body of the request was in an unknown format - accepted media types include: "
                "application/json-patch+json, application/merge-patch+json, "
                "application/apply-patch+yaml");
  }
  return builtin_.strategic_merge(resource, original, patch, arena);
}

void CustomWalks::validate(const schema::Resource& resource, Value object, Value old,
                           std::vector<ErrorCause>& causes) {
  if (!is_custom(resource)) {
    builtin_.validate(resource, object, old, causes);
    return;
  }
  const std::shared_ptr<const schema::Structural> schema = resources_.schema_of(resource);
  if (schema) schema::validate(object, *schema, causes);
}

}  // namespace thole::api
