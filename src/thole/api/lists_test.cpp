#include "thole/api/continue_token.hpp"
#include "thole/api/testing.hpp"

namespace thole::api {
namespace {

const std::string kMaps = "/api/v1/namespaces/default/configmaps";

std::string names(const std::string& list) {
  const auto parsed = codec::parse_json(list);
  EXPECT_TRUE(parsed.has_value()) << list;
  std::string out;
  for (const codec::Value& item : parsed->root.get("items").elements()) {
    out += cat(item.get("metadata").string_or("name"), " ");
  }
  return out;
}

TEST(Lists, SelectByLabelsAndFields) {
  TestApi api;
  api.post(kMaps, config_map("a", R"(,"labels":{"app":"web","n":"5"})"));
  api.post(kMaps, config_map("b", R"(,"labels":{"app":"db"})"));
  api.post("/api/v1/namespaces/other/configmaps", config_map("c"));
  EXPECT_EQ(names(api.list(kMaps)), "a b ");
  EXPECT_EQ(names(api.list("/api/v1/configmaps")), "a b c ");
  EXPECT_EQ(names(api.list("/api/v1/configmaps?labelSelector=app%20in%20(web,db)")), "a b ");
  EXPECT_EQ(names(api.list("/api/v1/configmaps?labelSelector=app!=web")), "b c ");
  EXPECT_EQ(names(api.list("/api/v1/configmaps?labelSelector=n%3E4")), "a ");
  EXPECT_EQ(names(api.list("/api/v1/configmaps?labelSelector=!app")), "c ");
  EXPECT_EQ(names(api.list("/api/v1/configmaps?fieldSelector=metadata.name=b")), "b ");
  EXPECT_EQ(names(api.list("/api/v1/configmaps?fieldSelector=metadata.namespace!=other")), "a b ");
  EXPECT_EQ(api.get(kMaps + "?labelSelector=a=b=c").status, 400);
  EXPECT_EQ(api.get(kMaps + "?fieldSelector=data.a=1").status, 400);
}

TEST(Lists, GoInPagesThatShareARevision) {
  TestApi api;
  for (const char* name : {"a", "b", "c", "d", "e"}) api.post(kMaps, config_map(name));
  Answer first = api.get(kMaps + "?limit=2");
  EXPECT_EQ(names(first.body), "a b ");
  EXPECT_EQ(first.text({"metadata", "remainingItemCount"}), "3");
  const std::string revision = first.text({"metadata", "resourceVersion"});
  const std::string token = first.text({"metadata", "continue"});
  api.send("DELETE", kMaps + "/d");
  Answer second = api.get(cat(kMaps, "?limit=2&continue=", token));
  EXPECT_EQ(names(second.body), "c d ");
  EXPECT_EQ(second.text({"metadata", "resourceVersion"}), revision);
  Answer third = api.get(cat(kMaps, "?limit=2&continue=", second.text({"metadata", "continue"})));
  EXPECT_EQ(names(third.body), "e ");
  EXPECT_EQ(third.text({"metadata", "continue"}), "null");
  EXPECT_EQ(names(api.list(cat(kMaps, "?resourceVersionMatch=Exact&resourceVersion=", revision))),
            "a b c d e ");
  EXPECT_EQ(names(api.list(kMaps + "?resourceVersion=0&limit=1")), "a b c e ");
  EXPECT_EQ(api.get(kMaps + "?limit=2&continue=xx").status, 400);
}

TEST(Lists, RefuseImpossibleVersions) {
  TestApi api;
  EXPECT_EQ(api.get(kMaps + "?resourceVersionMatch=Exact&resourceVersion=0").status, 422);
  EXPECT_EQ(api.get(kMaps + "?resourceVersionMatch=Exact").status, 422);
  EXPECT_EQ(api.get(kMaps + "?resourceVersion=1&resourceVersionMatch=Exact").status, 410);
  Answer future = api.get(kMaps + "?resourceVersion=99999999999999999");
  EXPECT_EQ(future.status, 504);
  EXPECT_EQ(future.text({"details", "retryAfterSeconds"}), "1");
  EXPECT_EQ(api.get(cat(kMaps, "?limit=1&continue=", encode_continue({1, "default/a"}))).status,
            410);
}

TEST(Lists, TakeTheFormThatIsAskedFor) {
  TestApi api;
  api.post(kMaps, config_map("a"));
  Answer table = api.get(kMaps, "application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
  EXPECT_EQ(table.text({"kind"}), "Table");
  EXPECT_EQ(table.json().get("rows").size(), 1u);
  Answer metadata =
      api.get(kMaps + "/a", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io");
  EXPECT_EQ(metadata.text({"kind"}), "PartialObjectMetadata");
  EXPECT_EQ(metadata.text({"data"}), "null");
  EXPECT_EQ(api.get(kMaps + "/a", "application/vnd.kubernetes.protobuf").status, 406);
  EXPECT_EQ(api.get(kMaps + "/a", "application/vnd.kubernetes.protobuf, */*").status, 200);
  EXPECT_TRUE(api.get(kMaps + "/a", "application/yaml").body.starts_with("apiVersion: v1\n"));
}

}  // namespace
}  // namespace thole::api
