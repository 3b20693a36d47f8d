// The definitions of kinds that CRDs define.

#include <algorithm>
#include <string>
#include <vector>

#include "thole/base/text.hpp"
#include "thole/schema/openapi_builder.hpp"

namespace thole::schema {
namespace {

using codec::Value;

constexpr std::string_view meta = "io.k8s.apimachinery.pkg.apis.meta.v1.";

// Version 2 has no place for these; upstream leaves them out of it as well.
constexpr std::string_view version_3_only[] = {
    "allOf", "anyOf", "oneOf", "not", "nullable", "default", "x-kubernetes-validations"};

// A CRD's schema is as deep as the request that brought it could be; what is deeper than anyone
// writes is published as an object of unknown content.
constexpr int depth_max = 200;

bool is_version_3_only(std::string_view key) {
  return std::find(std::begin(version_3_only), std::end(version_3_only), key) !=
         std::end(version_3_only);
}

Value version_2(const Value& schema, codec::Arena& arena, int depth) {
  const Value out = Value::object(arena);
  if (!schema.is_object() || depth > depth_max) return out;
  // Where clients of version 2 would refuse what the server takes, they must not look closer.
  const bool open = schema.bool_or("x-kubernetes-preserve-unknown-fields", false) ||
                    schema.bool_or("x-kubernetes-int-or-string", false) ||
                    schema.bool_or("nullable", false);
  for (const codec::Member& member : schema.members()) {
    const std::string_view key = member.key;
    if (is_version_3_only(key)) continue;
    const bool shape =
        key == "type" || key == "items" || key == "properties" || key == "additionalProperties";
    if (open && shape) continue;
    if (key == "properties" && member.value.is_object()) {
      const Value properties = Value::object(arena);
      for (const codec::Member& property : member.value.members()) {
        properties.set(arena, property.key, version_2(property.value, arena, depth + 1));
      }
      out.set(arena, key, properties);
    } else if (key == "items" || (key == "additionalProperties" && member.value.is_object())) {
      out.set(arena, key, version_2(member.value, arena, depth + 1));
    } else {
      out.set(arena, key, member.value.clone(arena));
    }
  }
  return out;
}

}  // namespace

std::string custom_definition_name(const Resource& resource, std::string_view suffix) {
  std::string name;  // The group's parts, last first.
  for (std::string_view rest = resource.group; !rest.empty();) {
    const std::size_t dot = rest.rfind('.');
    name += rest.substr(dot == rest.npos ? 0 : dot + 1);
    name += '.';
    rest = dot == rest.npos ? std::string_view() : rest.substr(0, dot);
  }
  return cat(name, resource.version, ".", resource.kind, suffix);
}

void DefinitionBuilder::add_custom(const CustomSchema& custom, const Catalog& catalog) {
  const Resource& resource = *custom.resource;
  const Type& object_meta = *catalog.type(cat(meta, "ObjectMeta"));
  const Type& list_meta = *catalog.type(cat(meta, "ListMeta"));

  Value schema;
  if (!custom.schema.is_object()) {
    schema = plain("object");
  } else if (version_ == OpenApiVersion::V2) {
    schema = version_2(custom.schema, arena_, 0);
  } else {
    schema = custom.schema.clone(arena_);
  }
  // What is open keeps no properties in version 2, and gets none of ours either.
  const bool open = schema.get("type").is_null();
  if (!open) {
    Value properties = schema.get("properties");
    if (!properties.is_object()) {
      properties = Value::object(arena_);
      schema.set(arena_, "properties", properties);
    }
    properties.set(arena_, "apiVersion", plain("string"));
    properties.set(arena_, "kind", plain("string"));
    properties.set(arena_, "metadata", reference(object_meta));
  }
  const KindRef kind[] = {{resource.group, resource.version, resource.kind}};
  schema.set(arena_, "x-kubernetes-group-version-kind", kinds(kind));
  add(custom_definition_name(resource), schema);

  const Value items = plain("array");
  items.set(arena_, "items", reference(custom_definition_name(resource)));
  const Value properties = Value::object(arena_);
  properties.set(arena_, "apiVersion", plain("string"));
  properties.set(arena_, "items", items);
  properties.set(arena_, "kind", plain("string"));
  properties.set(arena_, "metadata", reference(list_meta));
  const Value required = Value::array(arena_);
  required.push_back(arena_, Value::string("items"));
  const Value list = plain("object");
  list.set(arena_, "required", required);
  list.set(arena_, "properties", properties);
  const KindRef list_kind[] = {{resource.group, resource.version, resource.list_kind}};
  list.set(arena_, "x-kubernetes-group-version-kind", kinds(list_kind));
  add(custom_definition_name(resource, "List"), list);
}

}  // namespace thole::schema
