#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <unordered_set>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/utf8.hpp"
#include "thole/schema/decode.hpp"
#include "thole/schema/field_error.hpp"
#include "thole/schema/formats.hpp"
#include "thole/schema/structural.hpp"

namespace thole::schema {

using codec::Member;
using codec::Value;

namespace {

constexpr std::size_t causes_max = 1'000;

std::string_view json_type(const Value& value) {
  switch (value.type()) {
    case codec::ValueType::Null:
      return "null";
    case codec::ValueType::Bool:
      return "boolean";
    case codec::ValueType::Int:
      return "integer";
    case codec::ValueType::Double:
      return "number";
    case codec::ValueType::String:
      return "string";
    case codec::ValueType::Array:
      return "array";
    case codec::ValueType::Object:
      return "object";
  }
  return {};
}

// The name that JSON Schema has for what a type takes; empty where it takes anything.
std::string_view wanted_type(const Type& type) {
  switch (type.shape) {
    case Shape::Struct:
    case Shape::Map:
      return "object";
    case Shape::List:
      return "array";
    case Shape::String:
      return "string";
    case Shape::Bool:
      return "boolean";
    case Shape::Int32:
    case Shape::Int64:
      return "integer";
    case Shape::Float:
      return "number";
    case Shape::IntOrString:
      return "integer,string";
    default:
      return {};
  }
}

bool is_whole(const Value& value) {
  return value.is_int() ||
         (value.is_double() && std::floor(value.as_double()) == value.as_double());
}

bool has_type(const Value& value, std::string_view wanted) {
  if (wanted == "integer") return value.is_number() && is_whole(value);
  if (wanted == "number") return value.is_number();
  if (wanted == "integer,string")
    return value.is_string() || (value.is_number() && is_whole(value));
  return json_type(value) == wanted;
}

// Go's %v of a float64.
std::string shown(double number) {
  if (number == std::floor(number) && std::fabs(number) < 1e21) {
    std::string text;
    codec::write_json_double(number, text);
    return text;
  }
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.begin(), buffer.end(), number).ptr;
  return {buffer.data(), end};
}

class Validator {
 public:
  explicit Validator(const Structural& schema) : schema_(schema) {}

  using Causes = std::vector<ErrorCause>;

  void value(const Value& value, const Type& type, bool nullable, const std::string& path,
             Causes& out, int depth) {
    if (depth > typed_depth_max || out.size() >= causes_max) return;
    const std::string_view wanted = wanted_type(type);
    if (value.is_null()) {
      if (!wanted.empty() && !nullable) wrong_type(path, wanted, value, out);
      return;
    }
    if (!wanted.empty() && !has_type(value, wanted)) wrong_type(path, wanted, value, out);
    if (type.constraints != nullptr) constraints(value, *type.constraints, path, out, depth);
    if (value.is_array() && type.element != nullptr) {
      for (std::size_t i = 0; i < value.elements().size(); ++i) {
        this->value(value.elements()[i], *type.element, type.element_pointer,
                    cat(path, "[", i, "]"), out, depth + 1);
      }
    }
    if (!value.is_object()) return;
    for (const Member& member : value.members()) {
      const Field* field = type.find(member.key);
      if (field != nullptr) {
        this->value(member.value, *field->type, field->nullable, child(path, member.key), out,
                    depth + 1);
      } else if (type.shape == Shape::Map && type.element != nullptr) {
        this->value(member.value, *type.element, type.element_pointer, cat(path, ".", member.key),
                    out, depth + 1);
      }
    }
  }

  void lists(const Value& value, const Type& type, const std::string& path, Causes& out,
             int depth) {
    if (depth > typed_depth_max || out.size() >= causes_max) return;
    if (value.is_array()) {
      if (type.list_kind == ListKind::Set) set(value, path, out);
      if (type.list_kind == ListKind::Map) list_map(value, type, path, out);
      if (type.element == nullptr) return;
      for (std::size_t i = 0; i < value.elements().size(); ++i) {
        lists(value.elements()[i], *type.element, cat(path, "[", i, "]"), out, depth + 1);
      }
    }
    for (const Member& member : value.members()) {
      const Field* field = type.find(member.key);
      if (field != nullptr) {
        lists(member.value, *field->type, child(path, member.key), out, depth + 1);
      } else if (type.shape == Shape::Map && type.element != nullptr) {
        lists(member.value, *type.element, cat(path, "[", member.key, "]"), out, depth + 1);
      }
    }
  }

 private:
  static std::string child(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : cat(path, ".", name);
  }

  // A root error has no path, which upstream prints so.
  static std::string_view field_of(const std::string& path) {
    return path.empty() ? std::string_view("<nil>")
                        : std::string_view(path).substr(path[0] == '.' ? 1 : 0);
  }

  static void wrong_type(const std::string& path, std::string_view wanted, const Value& value,
                         Causes& out) {
    out.push_back(type_invalid(
        field_of(path), Value::string(json_type(value)),
        cat(path, " in body must be of type ", wanted, ": ", codec::go_quote(json_type(value)))));
  }

  void constraints(const Value& value, const Constraints& c, const std::string& path, Causes& out,
                   int depth) {
    if (depth > typed_depth_max) return;
    combinations(value, c, path, out, depth);
    if (value.is_string()) string(value, c, path, out);
    if (value.is_number()) number(value, c, path, out);
    if (value.is_array()) array(value, c, path, out, depth);
    if (value.is_object()) object(value, c, path, out, depth);
    if (!c.enum_values.empty() &&
        std::find(c.enum_values.begin(), c.enum_values.end(), value) == c.enum_values.end()) {
      std::vector<std::string> supported;
      for (const Value& known : c.enum_values) {
        supported.push_back(known.is_string() ? std::string(known.as_string())
                                              : codec::to_json(known));
      }
      out.push_back(not_supported(field_of(path), value, supported));
    }
  }

  static void fail_at(const std::string& path, const Value& value, std::string_view why,
                      Causes& out) {
    out.push_back(invalid(field_of(path), value, cat(path, " in body ", why)));
  }

  void string(const Value& value, const Constraints& c, const std::string& path, Causes& out) {
    const std::string_view text = value.as_string();
    if (c.max_length || c.min_length) {
      const auto length = static_cast<std::int64_t>(codec::rune_count(text));
      if (c.max_length && length > *c.max_length) {
        out.push_back(too_long(field_of(path), *c.max_length));
      }
      if (c.min_length && length < *c.min_length) {
        fail_at(path, value, cat("should be at least ", *c.min_length, " chars long"), out);
      }
    }
    if (!c.pattern.empty()) {
      const codec::Regex* regex = schema_.pattern(c.pattern);
      if (regex != nullptr && !regex->matches(text)) {
        fail_at(path, value, cat("should match '", c.pattern, "'"), out);
      }
    }
    if (!c.format.empty() && !fits_format(text, c.format)) {
      out.push_back(type_invalid(
          field_of(path), value,
          cat(path, " in body must be of type ", c.format, ": ", codec::go_quote(text))));
    }
  }

  void number(const Value& value, const Constraints& c, const std::string& path, Causes& out) {
    const double number = value.as_double();
    if (c.maximum && (c.exclusive_maximum ? number >= *c.maximum : number > *c.maximum)) {
      fail_at(path, value,
              cat(c.exclusive_maximum ? "should be less than " : "should be less than or equal to ",
                  shown(*c.maximum)),
              out);
    }
    if (c.minimum && (c.exclusive_minimum ? number <= *c.minimum : number < *c.minimum)) {
      fail_at(path, value,
              cat(c.exclusive_minimum ? "should be greater than "
                                      : "should be greater than or equal to ",
                  shown(*c.minimum)),
              out);
    }
    if (c.multiple_of && *c.multiple_of > 0) {
      const double quotient = number / *c.multiple_of;
      if (quotient != std::floor(quotient)) {
        fail_at(path, value, cat("should be a multiple of ", shown(*c.multiple_of)), out);
      }
    }
  }

  void array(const Value& value, const Constraints& c, const std::string& path, Causes& out,
             int depth) {
    const auto size = static_cast<std::int64_t>(value.size());
    if (c.min_items && size < *c.min_items) {
      fail_at(path, Value::integer(size), cat("should have at least ", *c.min_items, " items"),
              out);
    }
    if (c.max_items && size > *c.max_items) {
      out.push_back(too_many(field_of(path), size, *c.max_items));
    }
    if (c.items == nullptr) return;
    for (std::size_t i = 0; i < value.elements().size(); ++i) {
      constraints(value.elements()[i], *c.items, cat(path, "[", i, "]"), out, depth + 1);
    }
  }

  void object(const Value& value, const Constraints& c, const std::string& path, Causes& out,
              int depth) {
    const auto size = static_cast<std::int64_t>(value.size());
    if (c.min_properties && size < *c.min_properties) {
      fail_at(path, Value::integer(size),
              cat("should have at least ", *c.min_properties, " properties"), out);
    }
    if (c.max_properties && size > *c.max_properties) {
      out.push_back(too_many(field_of(path), size, *c.max_properties));
    }
    for (const auto& [name, nested] : c.properties) {
      if (const Value* there = value.find(name); there != nullptr && nested != nullptr) {
        constraints(*there, *nested, child(path, name), out, depth + 1);
      }
    }
    for (const std::string_view name : c.required) {
      if (value.find(name) == nullptr) {
        out.push_back(schema::required(field_of(cat(path, ".", name))));
      }
    }
  }

  void combinations(const Value& value, const Constraints& c, const std::string& path, Causes& out,
                    int depth) {
    const auto check = [&](const Constraints* nested) {
      Causes inner;
      if (nested != nullptr) constraints(value, *nested, path, inner, depth + 1);
      return inner;
    };
    const auto whole = [&](std::string_view why) {
      out.push_back(invalid("<nil>", Value::string(""), cat(codec::go_quote(path), why)));
    };
    if (!c.any_of.empty()) {
      Causes best;
      bool found = false;
      for (const Constraints* nested : c.any_of) {
        Causes inner = check(nested);
        if (inner.empty()) {
          found = true;
          break;
        }
        if (best.empty() || inner.size() < best.size()) best = std::move(inner);
      }
      if (!found) {
        whole(" must validate at least one schema (anyOf)");
        out.insert(out.end(), best.begin(), best.end());
      }
    }
    if (!c.one_of.empty()) {
      Causes best;
      std::size_t valid = 0;
      for (const Constraints* nested : c.one_of) {
        Causes inner = check(nested);
        if (inner.empty()) {
          ++valid;
        } else if (best.empty() || inner.size() < best.size()) {
          best = std::move(inner);
        }
      }
      if (valid != 1) {
        whole(cat(" must validate one and only one schema (oneOf). Found ",
                  valid == 0 ? std::string("none valid") : cat(valid, " valid alternatives")));
        if (valid == 0) out.insert(out.end(), best.begin(), best.end());
      }
    }
    if (!c.all_of.empty()) {
      std::size_t valid = 0;
      for (const Constraints* nested : c.all_of) {
        const Causes inner = check(nested);
        if (inner.empty()) ++valid;
        out.insert(out.end(), inner.begin(), inner.end());
      }
      if (valid != c.all_of.size()) {
        whole(cat(" must validate all the schemas (allOf)", valid == 0 ? ". None validated" : ""));
      }
    }
    if (c.negated != nullptr && check(c.negated).empty()) {
      whole(" must not validate the schema (not)");
    }
  }

  static void set(const Value& value, const std::string& path, Causes& out) {
    std::unordered_set<std::string> seen;
    std::unordered_set<std::string> told;
    for (std::size_t i = 0; i < value.elements().size(); ++i) {
      const Value& item = value.elements()[i];
      std::string text = codec::to_json(item);
      if (seen.insert(text).second || !told.insert(text).second) continue;
      out.push_back(duplicate(cat(path, "[", i, "]"), item));
    }
  }

  static void list_map(const Value& value, const Type& type, const std::string& path, Causes& out) {
    codec::Arena arena;
    std::unordered_set<std::string> seen;
    std::unordered_set<std::string> told;
    for (std::size_t i = 0; i < value.elements().size(); ++i) {
      const Value& item = value.elements()[i];
      if (!item.is_object() && !item.is_null()) {
        out.push_back(invalid(cat(path, "[", i, "]"), item,
                              "must be an object for an array of list-type map"));
        return;
      }
      const Value keys = Value::object(arena);
      for (const std::string_view key : type.list_map_keys) {
        if (const Value* there = item.find(key)) keys.set(arena, key, *there);
      }
      codec::sort_keys(keys);
      std::string text = codec::to_json(keys);
      if (seen.insert(text).second || !told.insert(text).second) continue;
      out.push_back(duplicate(cat(path, "[", i, "]"), keys));
    }
  }

  const Structural& schema_;
};

}  // namespace

void validate(const Value& object, const Structural& schema, std::vector<ErrorCause>& causes) {
  Validator validator(schema);
  validator.value(object, schema.root(), false, {}, causes, 0);
  validator.lists(object, schema.root(), {}, causes, 0);
}

}  // namespace thole::schema
