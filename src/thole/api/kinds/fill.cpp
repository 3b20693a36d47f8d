#include "thole/api/kinds/fill.hpp"

#include <algorithm>

#include "thole/api/names.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api::kinds {

using codec::Value;

void Fill::value(Value object, std::string_view key, Value value) const {
  if (object.is_object() && object.get(key).is_null()) object.set(arena_, key, value);
}

void Fill::boolean(Value object, std::string_view key, bool b) const {
  value(object, key, Value::boolean(b));
}

void Fill::integer(Value object, std::string_view key, std::int64_t i) const {
  value(object, key, Value::integer(i));
}

void Fill::text(Value object, std::string_view key, std::string_view text) const {
  value(object, key, Value::string(arena_, text));
}

void Fill::nonzero(Value object, std::string_view key, std::int64_t i) const {
  if (!object.is_object()) return;
  const Value now = object.get(key);
  if (now.is_null() || (now.is_int() && now.as_int() == 0)) {
    object.set(arena_, key, Value::integer(i));
  }
}

void Fill::nonempty(Value object, std::string_view key, std::string_view text) const {
  if (!object.is_object()) return;
  const Value now = object.get(key);
  if (now.is_null() || (now.is_string() && now.as_string().empty())) {
    object.set(arena_, key, Value::string(arena_, text));
  }
}

Value Fill::object(Value object, std::string_view key) const {
  if (!object.is_object()) return {};
  value(object, key, Value::object(arena_));
  return object.get(key);
}

void Fill::missing(Value to, Value from) const {
  for (const codec::Member& member : from.members()) {
    if (!to.find(member.key)) to.set(arena_, member.key, copy(member.value));
  }
}

Path Path::operator/(std::string_view field) const {
  return text_.empty() ? Path(field) : Path(cat(text_, ".", field));
}
Path Path::operator[](std::size_t index) const { return Path(cat(text_, "[", index, "]")); }
Path Path::key(std::string_view key) const { return Path(cat(text_, "[", key, "]")); }

namespace {

std::string shown(Value value) {
  if (value.is_string()) return codec::go_quote(value.as_string());
  return codec::to_json(value);
}

}  // namespace

void required(Causes& causes, const Path& path, std::string_view detail) {
  std::string message = "Required value";
  if (!detail.empty()) message += cat(": ", detail);
  causes.push_back({"FieldValueRequired", std::move(message), path.text()});
}

void invalid(Causes& causes, const Path& path, Value value, std::string_view detail) {
  std::string message = cat("Invalid value: ", shown(value));
  if (!detail.empty()) message += cat(": ", detail);
  causes.push_back({"FieldValueInvalid", std::move(message), path.text()});
}

void forbidden(Causes& causes, const Path& path, std::string_view detail) {
  causes.push_back({"FieldValueForbidden", cat("Forbidden: ", detail), path.text()});
}

void duplicate(Causes& causes, const Path& path, Value value) {
  causes.push_back({"FieldValueDuplicate", cat("Duplicate value: ", shown(value)), path.text()});
}

void not_supported(Causes& causes, const Path& path, Value value,
                   const std::vector<std::string_view>& supported) {
  std::string message = cat("Unsupported value: ", shown(value), ": supported values: ");
  for (std::size_t i = 0; i < supported.size(); ++i) {
    if (i > 0) message += ", ";
    message += codec::go_quote(supported[i]);
  }
  causes.push_back({"FieldValueNotSupported", std::move(message), path.text()});
}

void too_long(Causes& causes, const Path& path, std::size_t bytes_max) {
  causes.push_back({"FieldValueTooLong",
                    cat("Too long: may not be more than ", bytes_max, " bytes"), path.text()});
}

void immutable(Causes& causes, const Path& path, Value value, Value old) {
  if (!(value == old)) invalid(causes, path, value, "field is immutable");
}

void non_negative(Causes& causes, const Path& path, Value value) {
  if (value.is_int() && value.as_int() < 0) {
    invalid(causes, path, value, "must be greater than or equal to 0");
  }
}

void check_labels(Causes& causes, const Path& path, Value labels) {
  for (const codec::Member& label : labels.members()) {
    for (const std::string& reason : check_label_key(label.key)) {
      invalid(causes, path, Value::string(label.key), reason);
    }
    if (!label.value.is_string()) continue;
    for (const std::string& reason : check_label_value(label.value.as_string())) {
      invalid(causes, path, label.value, reason);
    }
  }
}

void check_selector(Causes& causes, const Path& path, Value selector) {
  check_labels(causes, path / "matchLabels", selector.get("matchLabels"));
  const Path expressions = path / "matchExpressions";
  std::size_t index = 0;
  for (const Value& expression : selector.get("matchExpressions").elements()) {
    const Path at = expressions[index++];
    const std::string_view op = expression.string_or("operator");
    const std::size_t values = expression.get("values").size();
    if (op == "In" || op == "NotIn") {
      if (values == 0) {
        required(causes, at / "values", "must be specified when `operator` is 'In' or 'NotIn'");
      }
    } else if (op == "Exists" || op == "DoesNotExist") {
      if (values > 0) {
        forbidden(causes, at / "values",
                  "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
    } else {
      invalid(causes, at / "operator", expression.get("operator"), "not a valid selector operator");
    }
    const std::string_view key = expression.string_or("key");
    for (const std::string& reason : check_label_key(key)) {
      invalid(causes, at / "key", Value::string(key), reason);
    }
  }
}

bool selector_is_empty(Value selector) {
  return selector.get("matchLabels").size() == 0 && selector.get("matchExpressions").size() == 0;
}

bool selector_matches(Value selector, Value labels) {
  for (const codec::Member& wanted : selector.get("matchLabels").members()) {
    const Value* have = labels.find(wanted.key);
    if (!have || !(*have == wanted.value)) return false;
  }
  for (const Value& expression : selector.get("matchExpressions").elements()) {
    const std::string_view op = expression.string_or("operator");
    const Value* have = labels.find(expression.string_or("key"));
    const auto values = expression.get("values").elements();
    const bool among = have && std::any_of(values.begin(), values.end(),
                                           [&](const Value& value) { return value == *have; });
    const bool holds = op == "In"             ? among
                       : op == "NotIn"        ? !among
                       : op == "Exists"       ? have != nullptr
                       : op == "DoesNotExist" ? have == nullptr
                                              : false;
    if (!holds) return false;
  }
  return true;
}

}  // namespace thole::api::kinds
