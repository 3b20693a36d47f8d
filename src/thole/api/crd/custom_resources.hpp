#pragma once
// The custom resources that are served: one entry a CustomResourceDefinition, made when it is
// established and made again only when that object changes. Together with the built-in ones they
// are what the server serves.
//
// An entry holds what its versions need (names, columns, types) and lives as long as someone uses
// it, also after its CRD has gone. Identical schemas of different CRDs are compiled once.
// Threads: any.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "thole/api/resource_rules.hpp"
#include "thole/api/resources.hpp"
#include "thole/schema/catalog.hpp"
#include "thole/store/derived.hpp"
#include "thole/store/store.hpp"

namespace thole::api {

// The type a structural schema describes, and what keeps it alive.
struct CompiledSchema {
  std::shared_ptr<const void> owner;
  const schema::Type* type = nullptr;
};
// Gets spec.versions[*].schema.openAPIV3Schema of a CRD that was validated.
using SchemaCompiler = std::function<CompiledSchema(const codec::Value& schema)>;

class CustomResource {
 public:
  // Null when no version is served (not established, or not valid).
  static std::shared_ptr<const CustomResource> make(const codec::Value& crd,
                                                    const SchemaCompiler& compile);
  struct Version {
    schema::Resource resource;
    std::string deprecation_warning;
    ResourceRules rules;
  };

  const std::vector<std::unique_ptr<Version>>& versions() const { return versions_; }
  bool terminating() const { return terminating_; }
  const std::string& group() const { return group_; }
  const std::string& plural() const { return plural_; }

 private:
  std::string_view keep(std::string_view text);
  std::span<const std::string_view> keep_list(std::vector<std::string_view> list);
  void add_version(const codec::Value& crd, const codec::Value& version,
                   const SchemaCompiler& compile);

  std::string group_, plural_;
  bool terminating_ = false;
  codec::Arena arena_;  // Texts.
  std::vector<std::unique_ptr<std::vector<std::string_view>>> lists_;
  std::vector<std::unique_ptr<std::vector<schema::Column>>> columns_;
  std::vector<std::unique_ptr<std::vector<schema::Subresource>>> subresources_;
  std::vector<std::shared_ptr<const void>> types_;
  std::vector<std::unique_ptr<Version>> versions_;
};

class ServedResources : public Resources {
 public:
  // `store` outlives this.
  ServedResources(std::shared_ptr<const schema::Catalog> catalog, const store::Store& store,
                  SchemaCompiler compile);

  Served find(std::string_view group, std::string_view version,
              std::string_view plural) const override;
  std::vector<Served> all() const override;

  // The version of a custom resource; null for others.
  std::shared_ptr<const CustomResource> custom(std::string_view group,
                                               std::string_view plural) const;

 private:
  struct Registry {
    // In the order of discovery: by group and plural.
    std::map<std::pair<std::string, std::string>, std::shared_ptr<const CustomResource>,
             std::less<>>
        entries;
  };
  struct Cache;  // Entries of the last time, by the value they were made from.

  std::shared_ptr<const Registry> registry() const;
  static Served served(const std::shared_ptr<const CustomResource>& owner,
                       const CustomResource::Version& version);

  std::shared_ptr<const schema::Catalog> catalog_;
  const store::Store& store_;
  std::shared_ptr<Cache> cache_;
  mutable store::Derived<Registry> registry_;
};

}  // namespace thole::api
