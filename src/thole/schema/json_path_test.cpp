#include "thole/schema/json_path.hpp"

#include <gtest/gtest.h>

#include "thole/codec/json.hpp"

namespace thole::schema {
namespace {

std::string found(std::string_view path) {
  const auto document = codec::parse_json(
      R"({"spec":{"replicas":3,"a.b":"dot","list":[{"n":"x","v":1},{"n":"y","v":2},{"n":"z"}]},)"
      R"("status":{"conditions":[{"type":"Ready","status":"True"},{"type":"B","status":"False"}]}})");
  const auto parsed = JsonPath::parse(path);
  if (!parsed) return "error";
  std::string all;
  for (const codec::Value& value : parsed->find(document->root)) {
    all += (all.empty() ? "" : " ") + json_path_text(value);
  }
  return all;
}

TEST(JsonPathTest, FindsWhatPrinterColumnsAskFor) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {".spec.replicas", "3"},
      {"{.spec.replicas}", "3"},
      {"$.spec.replicas", "3"},
      {"spec.replicas", "3"},
      {".spec['a.b']", "dot"},
      {".spec.a\\.b", "dot"},
      {".spec.list[0].n", "x"},
      {".spec.list[-1].n", "z"},
      {".spec.list[0:2].n", "x y"},
      {".spec.list[::2].n", "x z"},
      {".spec.list[*].v", "1 2"},
      {".status.conditions[?(@.type==\"Ready\")].status", "True"},
      {".status.conditions[?(@.type=='B')].status", "False"},
      {".spec.list[?(@.v>1)].n", "y"},
      {".spec.list[?(@.v)].n", "x y"},
      {"..type", "Ready B"},
      {".spec.list[0]", R"({"n":"x","v":1})"},
      {".missing.deeper", ""},
      {".spec.list[9]", ""},
      {".spec.list[", "error"},
      {".spec.list[x]", "error"},
      {".spec.list[?(@.v==nope)]", "error"},
  };
  for (const auto& [path, expected] : cases) EXPECT_EQ(found(path), expected) << path;
}

TEST(JsonPathTest, PlainPathsGiveTheirFields) {
  EXPECT_EQ(JsonPath::parse(".spec.replicas")->fields(),
            (std::vector<std::string_view>{"spec", "replicas"}));
  EXPECT_TRUE(JsonPath::parse(".spec.list[0]")->fields().empty());
}

}  // namespace
}  // namespace thole::schema
