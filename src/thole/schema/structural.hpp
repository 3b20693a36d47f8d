#pragma once
// The structural schema of a CRD version: from apiextensions.k8s.io/v1 JSONSchemaProps, as JSON, to
// the schema graph, with the checks that upstream's apiextensions validation makes.
//
// The graph differs from that of built-in types only in what it uses: fields carry defaults and
// `nullable`, types carry Constraints; an object without properties is a Struct without fields.
// Nesting is bounded at `structural_depth_max`. Immutable once made; any thread may read it.

#include <memory>
#include <string_view>
#include <vector>

#include "thole/base/result.hpp"
#include "thole/codec/regex.hpp"
#include "thole/schema/constraints.hpp"
#include "thole/schema/type.hpp"

namespace thole::schema {

constexpr int structural_depth_max = 200;

class Structural {
 public:
  // `path` is where the schema stands in the CRD ("spec.validation.openAPIV3Schema", or
  // "spec.versions[0].schema.openAPIV3Schema"). What upstream would refuse is appended to `causes`;
  // the result is null when there is any.
  static std::shared_ptr<const Structural> make(const codec::Value& schema, std::string_view path,
                                                std::vector<ErrorCause>& causes);
  ~Structural();
  Structural(const Structural&) = delete;
  Structural& operator=(const Structural&) = delete;

  const Type& root() const { return *root_; }
  // The compiled form of a pattern of this schema; null for any other text.
  const codec::Regex* pattern(std::string_view text) const;
  bool has_rules() const { return has_rules_; }  // Any x-kubernetes-validations.
  std::size_t bytes() const;                     // About how much memory it holds.

 private:
  friend class StructuralBuilder;
  struct Storage;
  Structural();
  std::unique_ptr<Storage> storage_;
  const Type* root_ = nullptr;
  bool has_rules_ = false;
};

// ---- What is done with a custom resource, in this order when it is written; defaults on reads
// too. Every one of them stops at `typed_depth_max` levels.

class StrictErrors;

// Removes fields that the schema doesn't specify, except below
// x-kubernetes-preserve-unknown-fields. kind, apiVersion and metadata of the object and of embedded
// resources stay. What goes is told to `unknown`, as upstream's strict decoding words it.
void prune(codec::Value object, const Type& type, StrictErrors* unknown = nullptr);

// Fills in defaults, for built-in types too; of custom resources it also drops nulls where the
// schema doesn't say nullable, and replaces them where there is a default.
void apply_defaults(codec::Value object, const Type& type, codec::Arena& arena);

// Checks every keyword, with the words and field paths of upstream's kube-openapi, and that lists
// of type set or map have no duplicates.
void validate(const codec::Value& object, const Structural& schema,
              std::vector<ErrorCause>& causes);

}  // namespace thole::schema
