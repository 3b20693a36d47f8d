#pragma once
// The custom resources that are served: one entry a CustomResourceDefinition, made when it is
// established and made again only when that object changes. Together with the built-in ones they
// are what the server serves.
//
// An entry holds what its versions need (names, columns, types) and lives as long as someone uses
// it, also after its CRD has gone. Identical schemas of different CRDs are compiled once.
// Threads: any.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "thole/api/resource_rules.hpp"
#include "thole/api/resources.hpp"
#include "thole/schema/catalog.hpp"
#include "thole/schema/structural.hpp"
#include "thole/store/derived.hpp"
#include "thole/store/store.hpp"

namespace thole::api {

// Schemas by their text, so that equal ones are one.
using Schemas = std::map<std::string, std::shared_ptr<const schema::Structural>, std::less<>>;

class CustomResource {
 public:
  // Null when no version is served (not established, or not valid).
  static std::shared_ptr<const CustomResource> make(const codec::Value& crd, Schemas& schemas);
  struct Version {
    schema::Resource resource;
    std::string deprecation_warning;
    ResourceRules rules;
    std::shared_ptr<const schema::Structural> schema;
  };

  const std::vector<std::unique_ptr<Version>>& versions() const { return versions_; }
  bool terminating() const { return terminating_; }
  const std::string& group() const { return group_; }
  const std::string& plural() const { return plural_; }

 private:
  std::string_view keep(std::string_view text);
  std::span<const std::string_view> keep_list(std::vector<std::string_view> list);
  void add_version(const codec::Value& crd, const codec::Value& version, Schemas& schemas);

  std::string group_, plural_;
  bool terminating_ = false;
  codec::Arena arena_;  // Texts.
  std::vector<std::unique_ptr<std::vector<std::string_view>>> lists_;
  std::vector<std::unique_ptr<std::vector<schema::Column>>> columns_;
  std::vector<std::unique_ptr<std::vector<schema::Subresource>>> subresources_;
  std::vector<std::unique_ptr<Version>> versions_;
};

class ServedResources : public Resources {
 public:
  // `store` outlives this.
  ServedResources(std::shared_ptr<const schema::Catalog> catalog, const store::Store& store);

  Served find(std::string_view group, std::string_view version,
              std::string_view plural) const override;
  std::vector<Served> all() const override;

  // Null for built-in ones and what is not served.
  std::shared_ptr<const CustomResource> custom(std::string_view group,
                                               std::string_view plural) const;
  // The schema of a custom resource that is served now; null for all others.
  std::shared_ptr<const schema::Structural> schema_of(const schema::Resource& resource) const;

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
