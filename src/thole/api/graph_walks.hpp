#pragma once
// Walks over the schema graph, for the verbs. Threads: any; without state.

#include "thole/api/walks.hpp"

namespace thole::api {

class GraphWalks final : public Walks {
 public:
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
};

}  // namespace thole::api
