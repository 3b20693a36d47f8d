#pragma once
// The built-in kinds: every type, kind and resource of one release of Kubernetes, read from the
// facts that tools/schemagen wrote (docs/design/schema.md has the format).
//
// Immutable once made; any thread may read it. What it hands out lives as long as it does, and
// points into the text it was made from, so that text must live as long too.

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "thole/base/result.hpp"
#include "thole/schema/type.hpp"

namespace thole::schema {

class Catalog {
 public:
  // The facts that the program embeds; they are part of the program, so a fault in them stops it.
  static std::shared_ptr<const Catalog> builtin();

  // Fails with Invalid, naming the line.
  static Result<std::shared_ptr<const Catalog>> parse(std::string_view facts);

  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  std::string_view release() const;  // "v1.37.2"

  // Null when there is none. Versions that are off by default are found too.
  const Resource* find(std::string_view group, std::string_view version,
                       std::string_view plural) const;
  const Resource* find_kind(std::string_view group, std::string_view version,
                            std::string_view kind) const;
  const Type* type_of_kind(std::string_view group, std::string_view version,
                           std::string_view kind) const;
  const Type* type(std::string_view name) const;  // "io.k8s.api.core.v1.Pod"

  // In upstream's discovery order: groups by priority, versions by priority, plurals by name.
  std::span<const Resource> resources() const;
  // The named types, in the order of the facts: by package and name.
  std::span<const Type* const> types() const;

 private:
  friend class CatalogReader;
  struct Tables;
  Catalog();
  std::unique_ptr<Tables> tables_;
};

// The facts as they are embedded.
std::string_view embedded_facts();
// The fields' descriptions, gzipped (docs/design/schema.md); empty when built without Go.
std::string_view embedded_prose();

}  // namespace thole::schema
