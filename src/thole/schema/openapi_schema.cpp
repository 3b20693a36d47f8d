// Types as OpenAPI schemas.

#include <algorithm>
#include <vector>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/schema/openapi_builder.hpp"

namespace thole::schema {
namespace {

using codec::Value;

// Text that lives as long as the program, or the catalog.
Value text(std::string_view s) { return Value::string(s); }

bool has_definition(const Type& type) {
  switch (type.shape) {
    case Shape::Struct:
      return !type.name.empty();
    case Shape::IntOrString:
    case Shape::Quantity:
    case Shape::Time:
    case Shape::MicroTime:
    case Shape::Duration:
    case Shape::FieldsV1:
    case Shape::RawExtension:
      return true;
    case Shape::Any:
      return !type.name.empty();
    default:
      return false;
  }
}

// The default upstream's generator gives a field that has no marker: Go's zero value where the
// field is always written.
Value implied_default(const Field& field, codec::Arena& arena) {
  if (field.pointer) return {};
  switch (field.type->shape) {
    case Shape::Struct:
      return Value::object(arena);
    case Shape::String:
      return field.omit_empty ? Value() : Value::string("");
    case Shape::Bool:
      return field.omit_empty ? Value() : Value::boolean(false);
    case Shape::Int32:
    case Shape::Int64:
    case Shape::Float:
      return field.omit_empty ? Value() : Value::integer(0);
    default:
      return {};
  }
}

std::string_view list_kind_text(ListKind kind) {
  switch (kind) {
    case ListKind::Atomic:
      return "atomic";
    case ListKind::Set:
      return "set";
    case ListKind::Map:
      return "map";
    case ListKind::Unset:
      break;
  }
  return "";
}

std::string_view map_kind_text(MapKind kind) {
  if (kind == MapKind::Unset) return "";
  return kind == MapKind::Atomic ? "atomic" : "granular";
}

Value texts(std::span<const std::string_view> items, codec::Arena& arena) {
  const Value list = Value::array(arena);
  for (std::string_view item : items) list.push_back(arena, text(item));
  return list;
}

}  // namespace

Value DefinitionBuilder::plain(std::string_view type, std::string_view format) {
  const Value schema = Value::object(arena_);
  schema.set(arena_, "type", text(type));
  if (!format.empty()) schema.set(arena_, "format", text(format));
  return schema;
}

void DefinitionBuilder::describe(const Value& schema, std::string_view type,
                                 std::string_view field) {
  std::string description = prose_.describe(type, field);
  if (description.empty() && prose_.empty() && field.empty()) {
    description = "Descriptions are missing: this program was built where there was no Go.";
  }
  if (!description.empty()) {
    schema.set(arena_, "description", Value::string(arena_, description));
  }
}

Value DefinitionBuilder::reference(std::string_view name) {
  const std::string_view at =
      version_ == OpenApiVersion::V2 ? "#/definitions/" : "#/components/schemas/";
  const Value schema = Value::object(arena_);
  schema.set(arena_, "$ref", Value::string(arena_, cat(at, name)));
  return schema;
}

Value DefinitionBuilder::reference(const Type& type) {
  if (type.variant_of != nullptr) return reference(*type.variant_of);
  // Made before its fields are looked at: a type may refer to itself.
  const auto [entry, fresh] = made_.try_emplace(std::string(type.name));
  if (fresh) {
    const Value made = definition(type);
    made_[std::string(type.name)] = made;
  }
  return reference(type.name);
}

void DefinitionBuilder::add(std::string_view name, Value definition) {
  made_[std::string(name)] = definition;
}

Value DefinitionBuilder::definitions() const {
  const Value all = Value::object(arena_);
  for (const auto& [name, definition] : made_) {
    all.set(arena_, Value::string(arena_, name).as_string(), definition);
  }
  return all;
}

Value DefinitionBuilder::kinds(std::span<const KindRef> kinds) {
  constexpr std::size_t own_max = 8;  // More belong to a type that every group shares.
  const Value list = Value::array(arena_);
  for (const KindRef& kind : kinds) {
    const bool elsewhere = kind.group.empty()
                               ? kind.version != "v1"
                               : path_ != cat("apis/", kind.group, "/", kind.version);
    if (version_ == OpenApiVersion::V3 && kinds.size() > own_max && elsewhere) continue;
    const Value one = Value::object(arena_);
    one.set(arena_, "group", text(kind.group));
    one.set(arena_, "kind", text(kind.kind));
    one.set(arena_, "version", text(kind.version));
    list.push_back(arena_, one);
  }
  return list;
}

Value DefinitionBuilder::definition(const Type& type) {
  const bool v3 = version_ == OpenApiVersion::V3;
  Value schema;
  switch (type.shape) {
    case Shape::Time:
    case Shape::MicroTime:
      schema = plain("string", "date-time");
      break;
    case Shape::Duration:
      schema = plain("string");
      break;
    case Shape::FieldsV1:
    case Shape::RawExtension:
      schema = plain("object");
      break;
    case Shape::Any:
      schema = Value::object(arena_);
      break;
    case Shape::Quantity:
    case Shape::IntOrString: {
      const bool quantity = type.shape == Shape::Quantity;
      schema = v3 ? Value::object(arena_) : plain("string");
      if (!quantity) schema.set(arena_, "format", text("int-or-string"));
      if (v3) {
        const Value choices = Value::array(arena_);
        choices.push_back(arena_, plain(quantity ? "string" : "integer"));
        choices.push_back(arena_, plain(quantity ? "number" : "string"));
        schema.set(arena_, "oneOf", choices);
      }
      break;
    }
    default:
      schema = plain("object");
  }
  describe(schema, type.name);
  if (type.shape != Shape::Struct) return schema;

  std::vector<const Field*> sorted;
  const Value required = Value::array(arena_);
  for (const Field& field : type.fields) {
    sorted.push_back(&field);
    if (field.required) required.push_back(arena_, text(field.name));
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const Field* a, const Field* b) { return a->name < b->name; });
  if (required.size() != 0) schema.set(arena_, "required", required);
  const Value properties = Value::object(arena_);
  for (const Field* field : sorted) {
    properties.set(arena_, field->name, property(type, *field));
  }
  if (!sorted.empty()) schema.set(arena_, "properties", properties);
  if (!type.kinds.empty()) {
    schema.set(arena_, "x-kubernetes-group-version-kind", kinds(type.kinds));
  }
  if (type.map_kind != MapKind::Unset) {
    schema.set(arena_, "x-kubernetes-map-type", text(map_kind_text(type.map_kind)));
  }
  if (!type.unions.empty()) {
    if (auto unions = codec::parse_json(type.unions, arena_)) {
      schema.set(arena_, "x-kubernetes-unions", *unions);
    }
  }
  return schema;
}

Value DefinitionBuilder::property(const Type& owner, const Field& field) {
  const bool v3 = version_ == OpenApiVersion::V3;
  Value schema = schema_of(*field.type);
  const Value ref = schema.get("$ref");
  if (!ref.is_null()) schema = Value::object(arena_);
  describe(schema, owner.name, field.name);
  if (v3) {
    const Value value =
        field.default_value.is_null() ? implied_default(field, arena_) : field.default_value;
    if (!value.is_null()) schema.set(arena_, "default", value);
  }
  if (!field.patch_merge_key.empty()) {
    schema.set(arena_, "x-kubernetes-patch-merge-key", text(field.patch_merge_key));
  }
  if (!field.patch_strategy.empty()) {
    schema.set(arena_, "x-kubernetes-patch-strategy", text(field.patch_strategy));
  }
  const Type& type = *field.type;
  // A struct's own map kind stands in its definition; only a use that differs says it again.
  if (!ref.is_null() && type.map_kind == MapKind::Granular) {
    schema.set(arena_, "x-kubernetes-map-type", text("granular"));
  }
  if (ref.is_null()) return schema;
  if (v3 && schema.size() != 0) {  // Version 3.0 knows no siblings of a $ref.
    const Value target = Value::object(arena_);
    target.set(arena_, "$ref", ref);
    const Value all = Value::array(arena_);
    all.push_back(arena_, target);
    schema.set(arena_, "allOf", all);
  } else {
    schema.set(arena_, "$ref", ref);
  }
  return schema;
}

Value DefinitionBuilder::schema_of(const Type& type) {
  if (has_definition(type)) return reference(type);
  switch (type.shape) {
    case Shape::Bool:
      return plain("boolean");
    case Shape::Int32:
      return plain("integer", "int32");
    case Shape::Int64:
      return plain("integer", "int64");
    case Shape::Float:
      return plain("number", "double");
    case Shape::Bytes: {
      const Value schema = plain("string", "byte");
      if (type.list_kind == ListKind::Atomic) {
        schema.set(arena_, "x-kubernetes-list-type", text("atomic"));
      }
      return schema;
    }
    case Shape::String: {
      const Value schema = plain("string");
      if (!type.enum_values.empty()) {
        schema.set(arena_, "enum", texts(type.enum_values, arena_));
      }
      return schema;
    }
    case Shape::List: {
      const Value schema = plain("array");
      schema.set(arena_, "items", schema_of(*type.element));
      if (!type.list_map_keys.empty()) {
        schema.set(arena_, "x-kubernetes-list-map-keys", texts(type.list_map_keys, arena_));
      }
      if (type.list_kind != ListKind::Unset) {
        schema.set(arena_, "x-kubernetes-list-type", text(list_kind_text(type.list_kind)));
      }
      return schema;
    }
    case Shape::Map: {
      const Value schema = plain("object");
      schema.set(arena_, "additionalProperties", schema_of(*type.element));
      if (type.map_kind != MapKind::Unset) {
        schema.set(arena_, "x-kubernetes-map-type", text(map_kind_text(type.map_kind)));
      }
      return schema;
    }
    default:
      return Value::object(arena_);
  }
}

}  // namespace thole::schema
