#include "thole/schema/decode.hpp"

namespace thole::schema {

using codec::Arena;
using codec::Member;
using codec::Value;

namespace {

// What Go's encoder writes for a field that was never set.
Value zero_value(const Type& type, Arena& arena, int depth);

Value complete_at(const Value& value, const Type& type, Arena& arena, int depth);

// Go's `omitempty`: false, 0, "", nil, and empty lists and maps; never a struct.
bool is_empty(const Value& value, const Field& field) {
  if (value.is_null()) {
    switch (field.type->shape) {
      case Shape::Struct:
      case Shape::Time:
      case Shape::MicroTime:
      case Shape::RawExtension:
      case Shape::FieldsV1:
        return field.pointer;
      default:
        return true;
    }
  }
  if (field.pointer) return false;
  switch (field.type->shape) {
    case Shape::Map:
    case Shape::List:
      return value.size() == 0;
    case Shape::String:
    case Shape::Bytes:
      return value.is_string() && value.as_string().empty();
    case Shape::Bool:
      return value.is_bool() && !value.as_bool();
    case Shape::Int32:
    case Shape::Int64:
    case Shape::Float:
      return value.is_number() && value.as_double() == 0;
    default:
      return false;
  }
}

bool left_out(const Value& value, const Field& field) {
  if (field.omit_empty && is_empty(value, field)) return true;
  if (!field.omit_zero) return false;
  return field.pointer ? value.is_null() : is_zero(value, *field.type);
}

Value complete_structure(const Value& value, const Type& type, Arena& arena, int depth) {
  std::vector<Member> members;
  std::vector<bool> known(value.size(), false);
  const std::span<Member> given = value.members();
  std::size_t next = 0;  // After `decode` the members are in the order of the fields.
  for (const Field& field : type.fields) {
    Value child;
    for (std::size_t i = 0; i < given.size(); ++i) {
      const std::size_t at = next + i < given.size() ? next + i : next + i - given.size();
      if (given[at].key != field.name) continue;
      child = given[at].value;
      known[at] = true;
      next = at + 1 == given.size() ? 0 : at + 1;
      break;
    }
    if (left_out(child, field)) continue;
    if (!child.is_null()) {
      child = complete_at(child, *field.type, arena, depth + 1);
    } else if (!field.pointer) {
      child = zero_value(*field.type, arena, depth + 1);
    }
    members.push_back({field.name, child});
  }
  if (type.preserve_unknown) {
    for (std::size_t i = 0; i < given.size(); ++i) {
      if (!known[i]) members.push_back(given[i]);
    }
  }
  return Value::object(arena, members);
}

Value complete_at(const Value& value, const Type& type, Arena& arena, int depth) {
  if (depth > typed_depth_max) return value;
  switch (type.shape) {
    case Shape::Struct:
      return value.is_object() ? complete_structure(value, type, arena, depth) : value;
    case Shape::Map: {
      for (Member& member : value.members()) {
        if (!member.value.is_null()) {
          member.value = complete_at(member.value, *type.element, arena, depth + 1);
        }
      }
      return value;
    }
    case Shape::List: {
      for (Value& element : value.elements()) {
        if (!element.is_null()) element = complete_at(element, *type.element, arena, depth + 1);
      }
      return value;
    }
    default:
      return value;
  }
}

Value zero_value(const Type& type, Arena& arena, int depth) {
  switch (type.shape) {
    case Shape::Struct:
      if (depth > typed_depth_max) return Value::object(arena);
      return complete_structure(Value::object(arena), type, arena, depth);
    case Shape::String:
      return Value::string("");
    case Shape::Duration:
      return Value::string("0s");
    case Shape::Bool:
      return Value::boolean(false);
    case Shape::Int32:
    case Shape::Int64:
    case Shape::Float:
    case Shape::IntOrString:
      return Value::integer(0);
    case Shape::Quantity:
      return Value::string("0");
    default:
      return {};
  }
}

}  // namespace

bool is_zero(const Value& value, const Type& type) {
  if (value.is_null()) return true;
  switch (type.shape) {
    case Shape::Struct:
      for (const Member& member : value.members()) {
        const Field* found = nullptr;
        for (const Field& field : type.fields) {
          if (field.name == member.key) found = &field;
        }
        if (found == nullptr) return false;
        if (found->pointer ? !member.value.is_null() : !is_zero(member.value, *found->type)) {
          return false;
        }
      }
      return true;
    case Shape::String:
    case Shape::Bytes:
      return value.is_string() && value.as_string().empty();
    case Shape::Bool:
      return value.is_bool() && !value.as_bool();
    case Shape::Int32:
    case Shape::Int64:
    case Shape::Float:
    case Shape::IntOrString:
      return value.is_number() && value.as_double() == 0;
    case Shape::Quantity:
      return value.is_string() && value.as_string() == "0";
    case Shape::Duration:
      return value.is_string() && value.as_string() == "0s";
    default:
      return false;
  }
}

Value complete(const Value& value, const Type& type, Arena& arena) {
  return complete_at(value, type, arena, 0);
}

}  // namespace thole::schema
