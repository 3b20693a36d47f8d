#pragma once
// Kubernetes' protobuf form of built-in kinds: the four bytes "k8s\0", then a runtime.Unknown
// message that names the kind and holds the object. The object is read over the schema graph, with
// the numbers of its fields (docs/design/schema.md), into what JSON with the same content gives.
//
// Zero scalars that Go always sends are left out where Go has no pointer, so that absent stays
// absent. Unknown fields are skipped. Wrong wire types, cut messages, groups and nesting deeper
// than `typed_depth_max` are BadRequest. Threads: any.

#include <string_view>

#include "thole/base/result.hpp"
#include "thole/schema/type.hpp"

namespace thole::schema {

// runtime.Unknown; views into the bytes it was read from.
struct ProtobufEnvelope {
  std::string_view api_version, kind, raw;
};

Result<ProtobufEnvelope> read_protobuf_envelope(std::string_view bytes);

// The message `raw` as an object of `type`. The result does not refer to `raw`.
Result<codec::Value> decode_protobuf(std::string_view raw, const Type& type, codec::Arena& arena);

// The same with `kind` and `apiVersion` of the envelope, where it has them.
Result<codec::Value> decode_protobuf(const ProtobufEnvelope& envelope, const Type& type,
                                     codec::Arena& arena);

}  // namespace thole::schema
