#pragma once
// A set of field paths, as FieldsV1 writes it: {"f:spec":{"f:replicas":{}}}. Lists that merge by
// key have elements `k:{"name":"a"}`, sets `v:"a"`; everything else is a leaf where its list or map
// is atomic. Source: sigs.k8s.io/structured-merge-diff/fieldpath. Plain values; any thread.

#include <string>
#include <vector>

#include "thole/codec/value.hpp"
#include "thole/schema/type.hpp"

namespace thole::api {

class FieldSet {
 public:
  FieldSet() = default;

  static FieldSet from_value(const codec::Value& fields_v1);
  codec::Value to_value(codec::Arena& arena) const;

  bool empty() const { return !member_ && children_.empty(); }
  FieldSet with(const FieldSet& other) const;
  FieldSet without(const FieldSet& other) const;
  bool operator==(const FieldSet& other) const = default;

  // The child at this path element ("f:spec"), made when new.
  FieldSet& child(std::string_view element);
  void set_member() { member_ = true; }

 private:
  bool member_ = false;                // The path itself is in the set.
  std::vector<std::string> elements_;  // Sorted; parallel to children_.
  std::vector<FieldSet> children_;
};

// All fields of an object, less what no manager owns (apiVersion, kind, metadata's own).
FieldSet fields_of(const schema::Type* type, const codec::Value& object);
// The fields of `now` that are new, or whose value differs from the one in `before`.
FieldSet changed_fields(const schema::Type* type, const codec::Value& before,
                        const codec::Value& now);

}  // namespace thole::api
