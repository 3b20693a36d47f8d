#include "thole/schema/decode.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "thole/base/text.hpp"
#include "thole/codec/base64.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/quantity.hpp"
#include "thole/codec/time.hpp"

namespace thole::schema {

using codec::Arena;
using codec::Member;
using codec::Value;
using codec::ValueType;

namespace {

constexpr std::size_t strict_errors_max = 100;

std::string_view json_kind(const Value& value) {
  switch (value.type()) {
    case ValueType::Null:
      return "null";
    case ValueType::Bool:
      return "bool";
    case ValueType::Int:
    case ValueType::Double:
      return "number";
    case ValueType::String:
      return "string";
    case ValueType::Array:
      return "array";
    case ValueType::Object:
      return "object";
  }
  return "value";
}

std::string go_type(const Type& type) {
  switch (type.shape) {
    case Shape::Struct:
      return std::string(type.name.substr(type.name.rfind('.') + 1));
    case Shape::Map:
      return cat("map[string]", type.element == nullptr ? "" : go_type(*type.element));
    case Shape::List:
      return cat("[]", type.element == nullptr ? "" : go_type(*type.element));
    case Shape::String:
      return "string";
    case Shape::Bool:
      return "bool";
    case Shape::Int32:
      return "int32";
    case Shape::Int64:
      return "int64";
    case Shape::Float:
      return "float64";
    case Shape::Bytes:
      return "[]uint8";
    default:
      return std::string(type.name.substr(type.name.rfind('.') + 1));
  }
}

// Fields mostly arrive in an order like Go's, so the search goes on where the last one ended.
const Field* find_field(const Type& type, std::string_view name, std::size_t& hint) {
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    const std::size_t index =
        hint + i < type.fields.size() ? hint + i : hint + i - type.fields.size();
    if (type.fields[index].name == name) {
      hint = index + 1 == type.fields.size() ? 0 : index + 1;
      return &type.fields[index];
    }
  }
  return nullptr;
}

class Decoder {
 public:
  Decoder(Arena& arena, StrictErrors* strict, std::string_view path)
      : arena_(arena), strict_(strict), path_(path) {}

  Result<Value> decode(const Value& value, const Type& type, int depth) {
    if (depth > typed_depth_max) return fail(ErrorKind::BadRequest, "exceeded max depth");
    switch (type.shape) {
      case Shape::Struct:
        return structure(value, type, depth);
      case Shape::Map:
        return map(value, type, depth);
      case Shape::List:
        return list(value, type, depth);
      case Shape::RawExtension:
      case Shape::FieldsV1:
      case Shape::Any:
        return untyped(value, type);
      default:
        return scalar(value, type);
    }
  }

 private:
  // Appends to the path while it lives.
  class Step {
   public:
    Step(Decoder& decoder, std::string_view key) : path_(decoder.path_), size_(path_.size()) {
      if (!path_.empty()) path_ += '.';
      path_ += key;
    }
    Step(Decoder& decoder, std::size_t index) : path_(decoder.path_), size_(path_.size()) {
      path_ += cat("[", index, "]");
    }
    ~Step() { path_.resize(size_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    std::string& path_;
    std::size_t size_;
  };

  std::unexpected<Error> wrong(const Value& value, const Type& type) {
    std::string kind(json_kind(value));
    if (value.is_number()) kind += " " + codec::to_json(value);
    const std::string where =
        path_.empty() ? std::string("Go value") : cat("Go struct field .", path_);
    return fail(ErrorKind::BadRequest,
                cat("json: cannot unmarshal ", kind, " into ", where, " of type ", go_type(type)));
  }

  Result<Value> structure(const Value& value, const Type& type, int depth) {
    if (!value.is_object()) return wrong(value, type);
    std::vector<Value> slots(type.fields.size());
    std::vector<bool> present(type.fields.size(), false);
    std::vector<Member> unknown;
    std::size_t hint = 0;
    for (const Member& member : value.members()) {
      const Field* field = find_field(type, member.key, hint);
      if (field == nullptr) {
        if (type.preserve_unknown) {
          unknown.push_back(member);
        } else if (strict_ != nullptr) {
          const Step step(*this, member.key);
          strict_->unknown_field(path_);
        }
        continue;
      }
      const auto index = static_cast<std::size_t>(field - type.fields.data());
      const Type& field_type = *field->type;
      if (member.value.is_null()) {
        // Go leaves the field alone; only raw JSON keeps a null of its own.
        continue;
      }
      const Step step(*this, member.key);
      THOLE_TRY(slots[index], decode(member.value, field_type, depth + 1));
      present[index] = !slots[index].is_null();
    }
    std::vector<Member> members;
    members.reserve(value.size());
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (present[i]) members.push_back({type.fields[i].name, slots[i]});
    }
    members.insert(members.end(), unknown.begin(), unknown.end());
    return Value::object(arena_, members);
  }

  Result<Value> map(const Value& value, const Type& type, int depth) {
    if (!value.is_object()) return wrong(value, type);
    std::vector<Member> members;
    members.reserve(value.size());
    for (const Member& member : value.members()) {
      const Step step(*this, member.key);
      THOLE_TRY(const Value element, this->element(member.value, type, depth));
      members.push_back({member.key, element});
    }
    std::sort(members.begin(), members.end(),
              [](const Member& a, const Member& b) { return a.key < b.key; });
    return Value::object(arena_, members);
  }

  Result<Value> list(const Value& value, const Type& type, int depth) {
    if (!value.is_array()) return wrong(value, type);
    std::vector<Value> elements;
    elements.reserve(value.size());
    for (std::size_t i = 0; i < value.elements().size(); ++i) {
      const Step step(*this, i);
      THOLE_TRY(const Value element, this->element(value.elements()[i], type, depth));
      elements.push_back(element);
    }
    return Value::array(arena_, elements);
  }

  // In a list or map a null is a zero value of its own.
  Result<Value> element(const Value& value, const Type& type, int depth) {
    if (!value.is_null()) return decode(value, *type.element, depth + 1);
    if (type.element_pointer) return Value();
    switch (type.element->shape) {
      case Shape::Struct:
        return Value::object(arena_);
      case Shape::String:
      case Shape::Duration:
        return Value::string("");
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
        return Value();
    }
  }

  Result<Value> untyped(const Value& value, const Type& type) {
    if (type.shape == Shape::FieldsV1 && !value.is_object()) return wrong(value, type);
    const Value copy = value.clone(arena_);
    if (type.shape == Shape::FieldsV1 || type.shape == Shape::Any) codec::sort_keys(copy);
    return copy;
  }

  Result<Value> scalar(const Value& value, const Type& type) {
    switch (type.shape) {
      case Shape::String:
        if (value.is_string()) return value;
        break;
      case Shape::Bool:
        if (value.is_bool()) return value;
        break;
      case Shape::Int32:
        if (value.is_int() && is_int32(value.as_int())) return value;
        break;
      case Shape::Int64:
        if (value.is_int()) return value;
        break;
      case Shape::Float:
        if (value.is_number()) return value;
        break;
      case Shape::IntOrString:
        if (value.is_string() || (value.is_int() && is_int32(value.as_int()))) return value;
        break;
      case Shape::Bytes:
        return bytes(value, type);
      case Shape::Quantity:
        return quantity(value, type);
      case Shape::Time:
      case Shape::MicroTime:
        return time(value, type);
      case Shape::Duration:
        return duration(value, type);
      default:
        break;
    }
    return wrong(value, type);
  }

  static bool is_int32(std::int64_t number) {
    return number >= std::numeric_limits<std::int32_t>::min() &&
           number <= std::numeric_limits<std::int32_t>::max();
  }

  Result<Value> text(const Value& before, std::string after) {
    if (before.is_string() && before.as_string() == after) return before;
    return Value::string(arena_, after);
  }

  Result<Value> bytes(const Value& value, const Type& type) {
    if (!value.is_string()) return wrong(value, type);
    THOLE_TRY(const std::string decoded, codec::decode_base64(value.as_string()));
    return text(value, codec::encode_base64(decoded));
  }

  Result<Value> quantity(const Value& value, const Type& type) {
    if (!value.is_string() && !value.is_number()) return wrong(value, type);
    const std::string written =
        value.is_string() ? std::string(value.as_string()) : codec::to_json(value);
    THOLE_TRY(const codec::Quantity parsed, codec::Quantity::parse(written));
    return text(value, parsed.text());
  }

  Result<Value> time(const Value& value, const Type& type) {
    if (!value.is_string()) return wrong(value, type);
    const bool micro = type.shape == Shape::MicroTime;
    THOLE_TRY(const codec::Timestamp parsed, micro ? codec::parse_micro_time(value.as_string())
                                                   : codec::parse_time(value.as_string()));
    if (parsed == codec::zero_time) return Value();
    return text(value, micro ? codec::format_micro_time(parsed) : codec::format_time(parsed));
  }

  Result<Value> duration(const Value& value, const Type& type) {
    if (!value.is_string()) return wrong(value, type);
    THOLE_TRY(const auto parsed, codec::parse_duration(value.as_string()));
    return text(value, codec::format_duration(parsed));
  }

  Arena& arena_;
  StrictErrors* strict_;
  std::string path_;
};

bool is_inside(std::string_view path, std::string_view outer) {
  return path.starts_with(outer) &&
         (path.size() == outer.size() || path[outer.size()] == '.' || path[outer.size()] == '[');
}

}  // namespace

void StrictErrors::other(std::string message) {
  if (messages_.size() >= strict_errors_max) return;
  if (std::find(messages_.begin(), messages_.end(), message) != messages_.end()) return;
  messages_.push_back(std::move(message));
}

void StrictErrors::unknown_field(std::string_view path) {
  if (unknown_paths_.size() < strict_errors_max) unknown_paths_.emplace_back(path);
  other(cat("unknown field ", codec::go_quote(path)));
}

void StrictErrors::duplicate_field(std::string_view path) {
  other(cat("duplicate field ", codec::go_quote(path)));
}

void StrictErrors::duplicate_fields(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    const bool hidden =
        std::any_of(unknown_paths_.begin(), unknown_paths_.end(),
                    [&](const std::string& outer) { return is_inside(path, outer); });
    if (!hidden) duplicate_field(path);
  }
}

std::string StrictErrors::error_text() const {
  std::string text = "strict decoding error: ";
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    text += cat(i == 0 ? "" : ", ", messages_[i]);
  }
  return text;
}

Result<Value> decode(const Value& value, const Type& type, Arena& arena, StrictErrors* strict,
                     std::string_view path) {
  return Decoder(arena, strict, path).decode(value, type, 0);
}

}  // namespace thole::schema
