// Version 2 documents in gnostic's protobuf form (gnostic-models, openapiv2/OpenAPIv2.proto). The
// tables say which member of a JSON object is which field of which message; one function walks
// them. Documents are ours, so their depth is that of the schemas in them, which is bounded.

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "thole/codec/json.hpp"
#include "thole/schema/openapi.hpp"

namespace thole::schema {
namespace {

using codec::Value;

enum class Form {
  Text,
  Bool,
  Int,
  Double,
  Texts,       // Repeated string.
  Message,     // One message.
  Named,       // An object as repeated NamedX {name = 1, value = 2} inside a wrapper message.
  AnyYaml,     // Any {yaml = 2}.
  Anys,        // Repeated Any.
  Type,        // TypeItem {repeated string value = 1} of a string or a list of them.
  Items,       // ItemsItem {repeated Schema schema = 1}
  Additional,  // AdditionalPropertiesItem {Schema schema = 1 | bool boolean = 2}
  SchemaItem,  // SchemaItem {Schema schema = 1}
  Parameters,  // Repeated ParametersItem.
  Paths,       // Paths {repeated NamedPathItem path = 2}
  Responses,   // Responses {repeated NamedResponseValue response_code = 1}
  Security,    // Repeated SecurityRequirement.
  Definitions  // SecurityDefinitions.
};

struct Message;

struct Entry {
  std::string_view name;
  std::uint32_t number;
  Form form;
  const Message* message = nullptr;
};

struct Message {
  std::span<const Entry> entries;
  std::uint32_t extension = 0;  // The number of vendor_extension.
};

extern const Message schema_message;

constexpr Entry schema_entries[] = {
    {"$ref", 1, Form::Text},
    {"format", 2, Form::Text},
    {"title", 3, Form::Text},
    {"description", 4, Form::Text},
    {"default", 5, Form::AnyYaml},
    {"multipleOf", 6, Form::Double},
    {"maximum", 7, Form::Double},
    {"exclusiveMaximum", 8, Form::Bool},
    {"minimum", 9, Form::Double},
    {"exclusiveMinimum", 10, Form::Bool},
    {"maxLength", 11, Form::Int},
    {"minLength", 12, Form::Int},
    {"pattern", 13, Form::Text},
    {"maxItems", 14, Form::Int},
    {"minItems", 15, Form::Int},
    {"uniqueItems", 16, Form::Bool},
    {"maxProperties", 17, Form::Int},
    {"minProperties", 18, Form::Int},
    {"required", 19, Form::Texts},
    {"enum", 20, Form::Anys},
    {"additionalProperties", 21, Form::Additional},
    {"type", 22, Form::Type},
    {"items", 23, Form::Items},
    {"properties", 25, Form::Named, &schema_message},
    {"example", 30, Form::AnyYaml},
};
const Message schema_message = {schema_entries, 31};

constexpr Entry body_entries[] = {
    {"description", 1, Form::Text},
    {"name", 2, Form::Text},
    {"in", 3, Form::Text},
    {"required", 4, Form::Bool},
    {"schema", 5, Form::Message, &schema_message},
};
constexpr Message body_message = {body_entries, 6};

constexpr Entry query_entries[] = {
    {"required", 1, Form::Bool},     {"in", 2, Form::Text},   {"description", 3, Form::Text},
    {"name", 4, Form::Text},         {"type", 6, Form::Text}, {"format", 7, Form::Text},
    {"uniqueItems", 20, Form::Bool},
};
constexpr Message query_message = {query_entries, 23};

constexpr Entry path_parameter_entries[] = {
    {"required", 1, Form::Bool},     {"in", 2, Form::Text},   {"description", 3, Form::Text},
    {"name", 4, Form::Text},         {"type", 5, Form::Text}, {"format", 6, Form::Text},
    {"uniqueItems", 19, Form::Bool},
};
constexpr Message path_parameter_message = {path_parameter_entries, 22};

constexpr Entry response_entries[] = {
    {"description", 1, Form::Text},
    {"schema", 2, Form::SchemaItem},
};
constexpr Message response_message = {response_entries, 5};

constexpr Entry operation_entries[] = {
    {"tags", 1, Form::Texts},
    {"summary", 2, Form::Text},
    {"description", 3, Form::Text},
    {"operationId", 5, Form::Text},
    {"produces", 6, Form::Texts},
    {"consumes", 7, Form::Texts},
    {"parameters", 8, Form::Parameters},
    {"responses", 9, Form::Responses},
    {"schemes", 10, Form::Texts},
    {"deprecated", 11, Form::Bool},
};
constexpr Message operation_message = {operation_entries, 13};

constexpr Entry path_entries[] = {
    {"get", 2, Form::Message, &operation_message},
    {"put", 3, Form::Message, &operation_message},
    {"post", 4, Form::Message, &operation_message},
    {"delete", 5, Form::Message, &operation_message},
    {"options", 6, Form::Message, &operation_message},
    {"head", 7, Form::Message, &operation_message},
    {"patch", 8, Form::Message, &operation_message},
    {"parameters", 9, Form::Parameters},
};
constexpr Message path_message = {path_entries, 10};

constexpr Entry info_entries[] = {{"title", 1, Form::Text}, {"version", 2, Form::Text}};
constexpr Message info_message = {info_entries, 7};

constexpr Entry key_entries[] = {
    {"type", 1, Form::Text},
    {"name", 2, Form::Text},
    {"in", 3, Form::Text},
    {"description", 4, Form::Text},
};
constexpr Message key_message = {key_entries, 5};

constexpr Entry document_entries[] = {
    {"swagger", 1, Form::Text},       {"info", 2, Form::Message, &info_message},
    {"paths", 8, Form::Paths},        {"definitions", 9, Form::Named, &schema_message},
    {"security", 12, Form::Security}, {"securityDefinitions", 13, Form::Definitions},
};
constexpr Message document_message = {document_entries, 16};

void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void put_bytes(std::string& out, std::uint32_t number, std::string_view bytes) {
  put_varint(out, (std::uint64_t{number} << 3) | 2);
  put_varint(out, bytes.size());
  out += bytes;
}

void put_number(std::string& out, std::uint32_t number, std::uint64_t value) {
  put_varint(out, std::uint64_t{number} << 3);
  put_varint(out, value);
}

void put_double(std::string& out, std::uint32_t number, double value) {
  put_varint(out, (std::uint64_t{number} << 3) | 1);
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(bits >> shift);
}

void put_texts(std::string& out, std::uint32_t number, const Value& list) {
  for (const Value& item : list.elements()) {
    if (item.is_string()) put_bytes(out, number, item.as_string());
  }
}

std::string any_of(const Value& value) {  // JSON is YAML.
  std::string out;
  put_bytes(out, 2, codec::to_json(value));
  return out;
}

std::string named(std::string_view name, std::string_view value) {
  std::string out;
  put_bytes(out, 1, name);
  put_bytes(out, 2, value);
  return out;
}

std::string wrap(std::uint32_t number, std::string_view bytes) {
  std::string out;
  put_bytes(out, number, bytes);
  return out;
}

std::string encode(const Value& value, const Message& message);

// Parameter {BodyParameter = 1 | NonBodyParameter = 2} inside ParametersItem {Parameter = 1}.
std::string parameter_item(const Value& parameter) {
  const std::string_view in = parameter.string_or("in");
  std::string inner;
  if (in == "body") {
    put_bytes(inner, 1, encode(parameter, body_message));
  } else if (in == "path") {
    put_bytes(inner, 2, wrap(4, encode(parameter, path_parameter_message)));
  } else {
    put_bytes(inner, 2, wrap(3, encode(parameter, query_message)));
  }
  return wrap(1, inner);
}

std::string named_all(const Value& object, std::uint32_t number, const Message& message,
                      std::uint32_t wrapped_in) {
  std::string out;
  for (const codec::Member& member : object.members()) {
    std::string value = encode(member.value, message);
    if (wrapped_in != 0) value = wrap(wrapped_in, value);
    put_bytes(out, number, named(member.key, value));
  }
  return out;
}

void encode_member(std::string& out, const Value& value, const Entry& entry) {
  const std::uint32_t number = entry.number;
  switch (entry.form) {
    case Form::Text:
      if (value.is_string()) put_bytes(out, number, value.as_string());
      break;
    case Form::Bool:
      if (value.is_bool() && value.as_bool()) put_number(out, number, 1);
      break;
    case Form::Int:
      if (value.is_int()) put_number(out, number, static_cast<std::uint64_t>(value.as_int()));
      break;
    case Form::Double:
      if (value.is_number()) put_double(out, number, value.as_double());
      break;
    case Form::Texts:
      put_texts(out, number, value);
      break;
    case Form::Message:
      put_bytes(out, number, encode(value, *entry.message));
      break;
    case Form::Named:
      put_bytes(out, number, named_all(value, 1, *entry.message, 0));
      break;
    case Form::AnyYaml:
      put_bytes(out, number, any_of(value));
      break;
    case Form::Anys:
      for (const Value& item : value.elements()) put_bytes(out, number, any_of(item));
      break;
    case Form::Type: {
      std::string types;
      if (value.is_string()) put_bytes(types, 1, value.as_string());
      put_texts(types, 1, value);
      put_bytes(out, number, types);
      break;
    }
    case Form::Items:
    case Form::SchemaItem:
      put_bytes(out, number, wrap(1, encode(value, schema_message)));
      break;
    case Form::Additional: {
      std::string inner;
      if (value.is_bool()) {
        put_number(inner, 2, value.as_bool() ? 1 : 0);
      } else {
        put_bytes(inner, 1, encode(value, schema_message));
      }
      put_bytes(out, number, inner);
      break;
    }
    case Form::Parameters:
      for (const Value& item : value.elements()) put_bytes(out, number, parameter_item(item));
      break;
    case Form::Paths:
      put_bytes(out, number, named_all(value, 2, path_message, 0));
      break;
    case Form::Responses:
      put_bytes(out, number, named_all(value, 1, response_message, 1));
      break;
    case Form::Definitions:
      put_bytes(out, number, named_all(value, 1, key_message, 2));
      break;
    case Form::Security:
      for (const Value& requirement : value.elements()) {
        std::string inner;
        for (const codec::Member& member : requirement.members()) {
          std::string scopes;
          put_texts(scopes, 1, member.value);
          put_bytes(inner, 1, named(member.key, scopes));
        }
        put_bytes(out, number, inner);
      }
      break;
  }
}

std::string encode(const Value& value, const Message& message) {
  std::string out;
  for (const Entry& entry : message.entries) {
    if (const Value* member = value.find(entry.name)) encode_member(out, *member, entry);
  }
  for (const codec::Member& member : value.members()) {
    if (member.key.starts_with("x-")) {
      put_bytes(out, message.extension, named(member.key, any_of(member.value)));
    }
  }
  return out;
}

}  // namespace

std::string openapi_v2_to_protobuf(const Value& document) {
  return encode(document, document_message);
}

}  // namespace thole::schema
