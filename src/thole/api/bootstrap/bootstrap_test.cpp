#include "thole/api/bootstrap/bootstrap.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "thole/codec/json.hpp"

namespace thole::api {
namespace {

class CountingRandom : public Random {
 public:
  std::uint64_t next() override { return ++count_; }
  void fill(std::span<std::byte> bytes) override {
    for (std::byte& b : bytes) b = static_cast<std::byte>(++count_ * 2654435761u >> 24);
  }
  std::unique_ptr<Random> fork(std::string_view) override {
    return std::make_unique<CountingRandom>();
  }

 private:
  std::uint64_t count_ = 0;
};

std::vector<BootstrapObject> made(const BootstrapOptions& options = {}) {
  CountingRandom random;
  return bootstrap_objects(options, WallTime(std::chrono::seconds(1'700'000'000)), random);
}

TEST(Bootstrap, MakesAsManyObjectsOfEachKindAsUpstream) {
  std::map<std::string, int> counts;
  for (const BootstrapObject& object : made()) ++counts[object.kind];

  const std::map<std::string, int> expected = {{"APIService", 22},
                                               {"ClusterRole", 73},
                                               {"ClusterRoleBinding", 54},
                                               {"ConfigMap", 2},
                                               {"EndpointSlice", 1},
                                               {"Endpoints", 1},
                                               {"FlowSchema", 11},
                                               {"IPAddress", 1},
                                               {"Namespace", 4},
                                               {"PriorityClass", 2},
                                               {"PriorityLevelConfiguration", 8},
                                               {"Role", 7},
                                               {"RoleBinding", 7},
                                               {"Service", 1},
                                               {"ServiceCIDR", 1}};
  EXPECT_EQ(counts, expected);
}

TEST(Bootstrap, EveryTextIsTheObjectThatItsHeadSays) {
  std::set<std::string> uids;
  for (const BootstrapObject& object : made({.client_ca_pem = "line\nline\n"})) {
    const Result<codec::Document> document = codec::parse_json(object.json);
    ASSERT_TRUE(document) << object.json;
    const codec::Value root = document->root;
    EXPECT_EQ(root.string_or("kind"), object.kind);
    EXPECT_EQ(root.string_or("apiVersion"),
              object.group.empty() ? object.version : object.group + "/" + object.version);
    EXPECT_EQ(root.get("metadata").string_or("name"), object.name);
    EXPECT_EQ(root.get("metadata").string_or("namespace"), object.namespace_);
    EXPECT_EQ(root.get("metadata").string_or("creationTimestamp"), "2023-11-14T22:13:20Z");
    EXPECT_TRUE(uids.emplace(root.get("metadata").string_or("uid")).second) << object.json;
    EXPECT_EQ(object.json.find('$'), std::string::npos) << object.json;
  }
}

TEST(Bootstrap, TheServiceLeadsToTheServer) {
  for (const BootstrapObject& object : made({.advertise_address = "192.0.2.7", .port = 7443})) {
    if (object.kind != "EndpointSlice") continue;
    EXPECT_NE(object.json.find("\"addresses\":[\"192.0.2.7\"]"), std::string::npos);
    EXPECT_NE(object.json.find("\"port\":7443"), std::string::npos);
  }
}

}  // namespace
}  // namespace thole::api
