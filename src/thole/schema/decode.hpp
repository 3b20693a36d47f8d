#pragma once
// What Go's typed decoding and encoding do to an object, over the schema graph.
//
// `decode` checks a client's value against a type and takes away what the type doesn't know; what
// is absent stays absent, so that defaults can be applied next. `complete` then gives the object
// the shape Go's encoder would give it: fields in Go's order, zero values where a field has no
// `omitempty`, nothing where it has.
//
// Recursion is bounded at `typed_depth_max` levels of typed nesting; untyped parts (RawExtension,
// JSON) are walked without recursion. Threads: any.

#include <string>
#include <string_view>
#include <vector>

#include "thole/schema/type.hpp"

namespace thole::schema {

constexpr int typed_depth_max = 1'000;

// `unknown field "spec.foo"` and `duplicate field "spec.bar"`, for fieldValidation; without
// repetition, at most 100, as upstream.
class StrictErrors {
 public:
  void unknown_field(std::string_view path);
  void duplicate_field(std::string_view path);
  void other(std::string message);
  // Takes the paths that codec::parse_json found, leaving out those inside unknown fields.
  void duplicate_fields(const std::vector<std::string>& paths);

  const std::vector<std::string>& messages() const { return messages_; }
  bool empty() const { return messages_.empty(); }
  // `strict decoding error: unknown field "a", duplicate field "b"`
  std::string error_text() const;

 private:
  std::vector<std::string> messages_;
  std::vector<std::string> unknown_paths_;
};

// Fails with BadRequest: `json: cannot unmarshal string into Go struct field .spec.replicas of type
// int32`. Quantities, times and base64 come out in canonical form, maps with sorted keys. The
// result shares strings with `value`, and its objects and arrays are new. `path` is where `value`
// stands in the whole object ("metadata"), for the paths in errors.
Result<codec::Value> decode(const codec::Value& value, const Type& type, codec::Arena& arena,
                            StrictErrors* strict = nullptr, std::string_view path = {});

// The value must have come from `decode`, with defaults at most. Complete objects stay as they are.
codec::Value complete(const codec::Value& value, const Type& type, codec::Arena& arena);

// Whether Go would call this the zero value of the type: what `omitzero` leaves out.
bool is_zero(const codec::Value& value, const Type& type);

}  // namespace thole::schema
