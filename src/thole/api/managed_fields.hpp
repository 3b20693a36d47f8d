#pragma once
// metadata.managedFields: which manager set which fields, kept on every create, update and patch.
// Source: k8s.io/apimachinery/pkg/util/managedfields, sigs.k8s.io/structured-merge-diff.

#include <string>
#include <string_view>

#include "thole/codec/value.hpp"
#include "thole/schema/type.hpp"

namespace thole::api {

struct FieldWriter {
  std::string manager;
  std::string api_version;
  std::string subresource;
  std::string time;  // RFC 3339
};

// Writes object.metadata.managedFields; `old` is null on create. Keeps what `old` says of other
// managers, less what this write changed or removed.
void track_fields(codec::Arena& arena, const schema::Type* type, codec::Value object,
                  codec::Value old, const FieldWriter& writer);

}  // namespace thole::api
