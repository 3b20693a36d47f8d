#include "thole/api/body.hpp"

#include <algorithm>

#include "thole/api/errors.hpp"
#include "thole/api/object_meta.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/yaml.hpp"
#include "thole/schema/protobuf.hpp"

namespace thole::api {

namespace {

using codec::Value;

Result<void> check_type(const Call& call, const Value& object) {
  const schema::Resource& resource = call.resource();
  const std::string_view kind = object.string_or("kind");
  const std::string_view version = object.string_or("apiVersion");
  const std::string wanted = api_version_of(resource);
  if (!kind.empty() && kind != resource.kind) {
    return fail(bad_request(cat(version.empty() ? wanted : std::string(version), ", Kind=", kind,
                                " does not match the expected kind ", resource.kind)));
  }
  if (!version.empty() && version != wanted) {
    return fail(bad_request(cat("the API version in the data (", version,
                                ") does not match the expected API version (", wanted, ")")));
  }
  return {};
}

}  // namespace

std::string api_version_of(const schema::Resource& resource) {
  return resource.group.empty() ? std::string(resource.version)
                                : cat(resource.group, "/", resource.version);
}

Result<Value> parse_body(Call& call, codec::DuplicateFields* duplicates,
                         const schema::Type* schema_type) {
  if (call.request.body.empty()) return Value();
  const std::string type = media_type_of(call.request.headers.get("content-type"));
  if (type.empty() || type == "application/json") {
    return codec::parse_json(call.request.body, call.arena, {}, duplicates);
  }
  if (type == "application/yaml") {
    THOLE_TRY(const codec::Document document, codec::parse_yaml(call.request.body));
    return document.root.clone(call.arena);
  }
  if (type == "application/vnd.kubernetes.protobuf" && schema_type != nullptr) {
    THOLE_TRY(const schema::ProtobufEnvelope envelope,
              schema::read_protobuf_envelope(call.request.body));
    // Read as another kind, its numbers would say something else: then only the kind is told.
    const auto is_named = [&](const schema::KindRef& ref) { return ref.kind == envelope.kind; };
    const bool matches = envelope.kind.empty() || std::any_of(schema_type->kinds.begin(),
                                                              schema_type->kinds.end(), is_named);
    return schema::decode_protobuf(
        matches ? envelope : schema::ProtobufEnvelope{envelope.api_version, envelope.kind, {}},
        *schema_type, call.arena);
  }
  return fail(ErrorKind::UnsupportedMediaType,
              cat("the body of the request was in an unknown format - accepted media types "
                  "include: application/json, application/yaml",
                  schema_type != nullptr ? ", application/vnd.kubernetes.protobuf" : ""));
}

Result<Value> shape_object(const Environment& environment, Call& call, Value object,
                           FieldValidation validation, std::vector<std::string> problems) {
  THOLE_CHECK(check_type(call, object));
  std::vector<std::string> unknown;
  THOLE_TRY(Value shaped, environment.walks.shape(call.resource(), object, call.arena, unknown));
  for (std::string& text : unknown) problems.push_back(std::move(text));
  if (!problems.empty() && validation == FieldValidation::Strict) {
    std::string all;
    for (const std::string& problem : problems) all += (all.empty() ? "" : ", ") + problem;
    return fail(bad_request(
        cat(call.resource().kind, " in version ", codec::go_quote(call.resource().version),
            " cannot be handled as a ", call.resource().kind, ": strict decoding error: ", all)));
  }
  if (validation == FieldValidation::Warn) {
    for (std::string& problem : problems) call.warnings.push_back(std::move(problem));
  }
  shaped.set(call.arena, "kind", Value::string(call.arena, call.resource().kind));
  shaped.set(call.arena, "apiVersion", Value::string(call.arena, api_version_of(call.resource())));
  return normalize_object(call.arena, shaped);
}

Result<Value> decode_object(const Environment& environment, Call& call,
                            FieldValidation validation) {
  codec::DuplicateFields duplicates;
  auto parsed = parse_body(call, &duplicates, call.served.custom ? nullptr : call.resource().type);
  if (!parsed) {
    Error error = parsed.error();
    if (error.kind == ErrorKind::BadRequest) {
      error.message = cat("error decoding: ", error.message);
    }
    return fail(std::move(error));
  }
  if (!parsed->is_object()) {
    return fail(bad_request(parsed->is_null()
                                ? "EOF"
                                : cat("couldn't get version/kind; json parse error: json: cannot "
                                      "unmarshal into Go value of type struct")));
  }
  std::vector<std::string> problems;
  for (const std::string& path : duplicates) {
    problems.push_back(cat("duplicate field ", codec::go_quote(path)));
  }
  return shape_object(environment, call, *parsed, validation, std::move(problems));
}

}  // namespace thole::api
