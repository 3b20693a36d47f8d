#include "thole/api/testing.hpp"

namespace thole::api {
namespace {

const std::string kMaps = "/api/v1/namespaces/default/configmaps";

// "ADDED a" for each line.
std::string events(const std::string& text) {
  std::string out;
  std::string_view rest = text;
  while (!rest.empty()) {
    if (rest == "END") return out + "END";
    const auto end = rest.find('\n');
    const auto parsed = codec::parse_json(rest.substr(0, end));
    EXPECT_TRUE(parsed.has_value()) << rest;
    if (!parsed) return out;
    out += cat(parsed->root.string_or("type"), " ",
               parsed->root.at_path("object", "metadata", "name").is_string()
                   ? parsed->root.at_path("object", "metadata", "name").as_string()
                   : std::string_view("-"),
               "; ");
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  }
  return out;
}

TEST(Watch, TellsTheStateAndThenTheChanges) {
  TestApi api;
  api.post(kMaps, config_map("a"));
  Answer watch = api.get(kMaps + "?watch=true");
  ASSERT_TRUE(watch.watch);
  EXPECT_EQ(events(watch.watch->read()), "ADDED a; ");
  api.post(kMaps, config_map("b"));
  api.patch(kMaps + "/a", "merge-patch+json", R"({"data":{"x":"1"}})");
  api.send("DELETE", kMaps + "/b");
  api.post("/api/v1/namespaces/other/configmaps", config_map("c"));
  api.settle();
  EXPECT_EQ(events(watch.watch->read()), "ADDED b; MODIFIED a; DELETED b; ");
}

TEST(Watch, ResumesFromARevision) {
  TestApi api;
  Answer made = api.post(kMaps, config_map("a"));
  api.post(kMaps, config_map("b"));
  api.send("DELETE", kMaps + "/a");
  Answer watch = api.get(
      cat(kMaps, "?watch=true&resourceVersion=", made.text({"metadata", "resourceVersion"})));
  EXPECT_EQ(events(watch.watch->read()), "ADDED b; DELETED a; ");
  api.post(kMaps, config_map("c"));
  api.settle();
  EXPECT_EQ(events(watch.watch->read()), "ADDED c; ");
}

TEST(Watch, EntersAndLeavesASelection) {
  TestApi api;
  Answer watch = api.get(kMaps + "?watch=true&labelSelector=on");
  EXPECT_EQ(watch.watch->read(), "");
  api.post(kMaps, config_map("a"));
  api.patch(kMaps + "/a", "merge-patch+json", R"({"metadata":{"labels":{"on":"1"}}})");
  api.patch(kMaps + "/a", "merge-patch+json", R"({"data":{"x":"1"}})");
  Answer left =
      api.patch(kMaps + "/a", "merge-patch+json", R"({"metadata":{"labels":{"on":null}}})");
  api.settle();
  const std::string text = watch.watch->read();
  EXPECT_EQ(events(text), "ADDED a; MODIFIED a; DELETED a; ");
  const std::string last = text.substr(text.rfind("{\"type\""));
  EXPECT_NE(last.find("\"on\":\"1\""), std::string::npos) << "the old labels go with DELETED";
  EXPECT_NE(
      last.find(cat("\"resourceVersion\":\"", left.text({"metadata", "resourceVersion"}), "\"")),
      std::string::npos);
}

TEST(Watch, EndsTheInitialEventsWithABookmark) {
  TestApi api;
  api.post(kMaps, config_map("a"));
  Answer watch = api.get(kMaps +
                         "?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&"
                         "resourceVersionMatch=NotOlderThan");
  const std::string text = watch.watch->read();
  EXPECT_EQ(events(text), "ADDED a; BOOKMARK -; ");
  EXPECT_NE(text.find("\"k8s.io/initial-events-end\":\"true\""), std::string::npos);
  EXPECT_EQ(api.get(kMaps + "?watch=true&sendInitialEvents=true").status, 422);
}

TEST(Watch, AnswersATooOldRevisionWithAnErrorEvent) {
  TestApi api;
  Answer watch = api.get(kMaps + "?watch=true&resourceVersion=1");
  EXPECT_EQ(watch.status, 200);
  const std::string text = watch.watch->read();
  EXPECT_NE(text.find("\"reason\":\"Expired\""), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("END"));
}

TEST(Watch, EndsByItsTimeout) {
  TestApi api;
  Answer watch = api.get(kMaps + "?watch=true&timeoutSeconds=5");
  EXPECT_EQ(watch.watch->read(), "");
  api.world.run_for(std::chrono::seconds(6));
  EXPECT_EQ(watch.watch->read(), "END");
}

TEST(Watch, SendsBookmarksToThoseWhoAsked) {
  TestApi api;
  Answer watch = api.get(kMaps + "?watch=true&allowWatchBookmarks=true");
  Answer silent = api.get(kMaps + "?watch=true");
  EXPECT_EQ(watch.watch->read() + silent.watch->read(), "");
  api.post("/api/v1/namespaces/other/configmaps", config_map("c"));
  api.world.run_for(std::chrono::seconds(70));
  EXPECT_EQ(events(watch.watch->read()), "BOOKMARK -; ");
  EXPECT_EQ(silent.watch->read(), "");
}

TEST(Watch, EndsWhenItsReaderIsTooSlow) {
  TestApi api;
  Answer watch = api.get(kMaps + "?watch=true");
  EXPECT_EQ(watch.watch->read(), "");
  api.post(kMaps, config_map("a"));
  for (int i = 0; i < 1100; ++i) {
    api.patch(kMaps + "/a", "merge-patch+json", cat(R"({"data":{"x":")", i, "\"}}"));
  }
  api.settle();
  EXPECT_TRUE(watch.watch->read().ends_with("END"));
}

TEST(Watch, TablesCarryTheirColumnsOnce) {
  TestApi api;
  api.post(kMaps, config_map("a"));
  api.post(kMaps, config_map("b"));
  Answer watch = api.get(kMaps + "?watch=true", "application/json;as=Table;v=v1;g=meta.k8s.io");
  const std::string text = watch.watch->read();
  EXPECT_NE(text.find("\"columnDefinitions\":[{"), std::string::npos);
  EXPECT_NE(text.find("\"columnDefinitions\":null"), std::string::npos);
}

}  // namespace
}  // namespace thole::api
