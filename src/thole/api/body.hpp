#pragma once
// The object in a request's body: parsed, checked against the path, shaped by its type.
// Threads: any.

#include "thole/api/call.hpp"
#include "thole/api/environment.hpp"
#include "thole/api/options.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {

// Parses JSON or YAML by Content-Type, and protobuf where the type of what is expected is given.
// Null for an empty body. `duplicates` gets the paths of doubled fields. Fails with
// UnsupportedMediaType and BadRequest.
Result<codec::Value> parse_body(Call& call, codec::DuplicateFields* duplicates = nullptr,
                                const schema::Type* type = nullptr);

// The body as an object of the call's resource. Unknown and doubled fields are refused, warned
// about or ignored, as `validation` says.
Result<codec::Value> decode_object(const Environment& environment, Call& call,
                                   FieldValidation validation);

// The same for an object that a patch made.
Result<codec::Value> shape_object(const Environment& environment, Call& call, codec::Value object,
                                  FieldValidation validation, std::vector<std::string> problems);

// apiVersion of a resource: "apps/v1", "v1".
std::string api_version_of(const schema::Resource& resource);

}  // namespace thole::api
