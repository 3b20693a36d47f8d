#include "thole/schema/field_error.hpp"

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/yaml_scalar.hpp"

namespace thole::schema {

using codec::Value;

namespace {

std::string with_detail(std::string text, std::string_view detail) {
  if (!detail.empty()) text += cat(": ", detail);
  return text;
}

std::string shown(const Value& value) {
  if (value.is_string()) return codec::go_quote(value.as_string());
  return codec::to_json(value);
}

ErrorCause bad_value(std::string_view reason, std::string_view what, std::string_view path,
                     const Value& value, std::string_view detail) {
  return {std::string(reason), with_detail(cat(what, ": ", shown(value)), detail),
          std::string(path)};
}

}  // namespace

ErrorCause required(std::string_view path, std::string_view detail) {
  return {"FieldValueRequired", with_detail("Required value", detail), std::string(path)};
}

ErrorCause invalid(std::string_view path, const Value& value, std::string_view detail) {
  return bad_value("FieldValueInvalid", "Invalid value", path, value, detail);
}

ErrorCause type_invalid(std::string_view path, const Value& value, std::string_view detail) {
  return bad_value("FieldValueTypeInvalid", "Invalid value", path, value, detail);
}

ErrorCause forbidden(std::string_view path, std::string_view detail) {
  return {"FieldValueForbidden", with_detail("Forbidden", detail), std::string(path)};
}

ErrorCause duplicate(std::string_view path, const Value& value) {
  return bad_value("FieldValueDuplicate", "Duplicate value", path, value, {});
}

ErrorCause not_supported(std::string_view path, const Value& value,
                         std::span<const std::string> supported) {
  std::string detail;
  for (const std::string& text : supported) {
    detail += cat(detail.empty() ? "supported values: " : ", ", codec::go_quote(text));
  }
  return bad_value("FieldValueNotSupported", "Unsupported value", path, value, detail);
}

ErrorCause too_long(std::string_view path, std::int64_t bytes_max) {
  return {"FieldValueTooLong",
          cat("Too long: may not be more than ", bytes_max, bytes_max == 1 ? " byte" : " bytes"),
          std::string(path)};
}

ErrorCause too_many(std::string_view path, std::int64_t count, std::int64_t most) {
  return {"FieldValueTooMany",
          cat("Too many: ", count, ": must have at most ", most, most == 1 ? " item" : " items"),
          std::string(path)};
}

}  // namespace thole::schema
