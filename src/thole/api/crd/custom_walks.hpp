#pragma once
// Walks for every served resource: built-in ones over their types, custom ones over the structural
// schema of their version: prune, default, validate. Threads: any.

#include "thole/api/crd/custom_resources.hpp"
#include "thole/api/graph_walks.hpp"

namespace thole::api {

class CustomWalks final : public Walks {
 public:
  // `resources` outlives this.
  explicit CustomWalks(const ServedResources& resources) : resources_(resources) {}

  Result<codec::Value> shape(const schema::Resource& resource, codec::Value object,
                             codec::Arena& arena, std::vector<std::string>& unknown) override;
  void set_defaults(const schema::Resource& resource, codec::Value object,
                    codec::Arena& arena) override;
  codec::Value complete(const schema::Resource& resource, codec::Value object,
                        codec::Arena& arena) override;
  Result<codec::Value> strategic_merge(const schema::Resource& resource, codec::Value original,
                                       codec::Value patch, codec::Arena& arena) override;
  void validate(const schema::Resource& resource, codec::Value object, codec::Value old,
                std::vector<ErrorCause>& causes) override;

 private:
  const ServedResources& resources_;
  GraphWalks builtin_;
};

}  // namespace thole::api
