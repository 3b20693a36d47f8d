#include "thole/schema/strategic_merge.hpp"

#include <gtest/gtest.h>

#include "thole/codec/json.hpp"
#include "thole/schema/catalog.hpp"

namespace thole::schema {
namespace {

class StrategicMergeTest : public testing::Test {
 protected:
  std::string merged(std::string_view original, std::string_view patch,
                     std::string_view kind = "Pod") {
    codec::Arena arena;
    const Type* type = catalog_->type_of_kind(kind == "Deployment" ? "apps" : "", "v1", kind);
    const auto result = strategic_merge(*codec::parse_json(original, arena),
                                        *codec::parse_json(patch, arena), *type, arena);
    if (!result) return result.error().message;
    codec::sort_keys(*result);
    return codec::to_json(*result);
  }

  std::shared_ptr<const Catalog> catalog_ = Catalog::builtin();
};

TEST_F(StrategicMergeTest, ListsWithAMergeKeyAreMergedAndOthersReplaced) {
  EXPECT_EQ(
      merged(R"({"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","args":["x"]}]}})",
             R"({"spec":{"containers":[{"name":"b","args":["y"]},{"name":"c"}]}})"),
      R"({"spec":{"containers":[{"image":"1","name":"a"},{"args":["y"],"name":"b"},)"
      R"({"name":"c"}]}})");
}

TEST_F(StrategicMergeTest, DirectivesDeleteAndReplace) {
  const std::string_view original =
      R"({"metadata":{"labels":{"a":"1","b":"2"}},"spec":{"containers":[{"name":"a"},{"name":"b"}]}})";
  EXPECT_EQ(merged(original, R"({"spec":{"containers":[{"$patch":"delete","name":"a"}]}})"),
            R"({"metadata":{"labels":{"a":"1","b":"2"}},"spec":{"containers":[{"name":"b"}]}})");
  EXPECT_EQ(merged(original, R"({"spec":{"containers":[{"$patch":"replace"},{"name":"z"}]}})"),
            R"({"metadata":{"labels":{"a":"1","b":"2"}},"spec":{"containers":[{"name":"z"}]}})");
  EXPECT_EQ(
      merged(original, R"({"metadata":{"labels":{"$patch":"replace","z":"9"}}})"),
      R"({"metadata":{"labels":{"z":"9"}},"spec":{"containers":[{"name":"a"},{"name":"b"}]}})");
  EXPECT_EQ(merged(original, R"({"metadata":{"labels":{"a":null,"c":null}},"spec":null})"),
            R"({"metadata":{"labels":{"b":"2"}}})");
  EXPECT_EQ(merged(original, R"({"spec":{"containers":[{"$patch":"nonsense","name":"a"}]}})"),
            "unknown patch type: \"nonsense\"");
}

TEST_F(StrategicMergeTest, PrimitiveListsAreSetsThatCanLoseElements) {
  EXPECT_EQ(merged(R"({"metadata":{"finalizers":["a","b"]}})",
                   R"({"metadata":{"finalizers":["b","c"]}})"),
            R"({"metadata":{"finalizers":["a","b","c"]}})");
  EXPECT_EQ(merged(R"({"metadata":{"finalizers":["a","b","c"]}})",
                   R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["b","x"]}})"),
            R"({"metadata":{"finalizers":["a","c"]}})");
}

TEST_F(StrategicMergeTest, TheStatedOrderHolds) {
  EXPECT_EQ(merged(R"({"spec":{"containers":[{"name":"a"},{"name":"b"},{"name":"s"}]}})",
                   R"({"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"n"},)"
                   R"({"name":"a"}],"containers":[{"name":"n","image":"i"}]}})"),
            R"({"spec":{"containers":[{"name":"b"},{"image":"i","name":"n"},{"name":"a"},)"
            R"({"name":"s"}]}})");
  EXPECT_EQ(merged(R"({"metadata":{"finalizers":["a","b"]}})",
                   R"({"metadata":{"$setElementOrder/finalizers":["b","a"]}})"),
            R"({"metadata":{"finalizers":["b","a"]}})");
}

TEST_F(StrategicMergeTest, RetainKeysClearsTheOthers) {
  EXPECT_EQ(
      merged(R"({"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}})",
             R"({"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}})", "Deployment"),
      R"({"spec":{"strategy":{"type":"Recreate"}}})");
  EXPECT_EQ(
      merged(R"({"spec":{"strategy":{"type":"RollingUpdate"}}})",
             R"({"spec":{"strategy":{"$retainKeys":["type"],"rollingUpdate":{}}}})", "Deployment"),
      "The patch format of $retainKeys is invalid, please check the format");
}

TEST_F(StrategicMergeTest, MissingKeysAndBadOrdersAreRefused) {
  EXPECT_EQ(merged(R"({"spec":{"containers":[{"name":"a"}]}})",
                   R"({"spec":{"containers":[{"image":"x"}]}})"),
            R"(map: {"image":"x"} does not contain declared merge key: name)");
  EXPECT_EQ(
      merged(R"({"spec":{"containers":[{"name":"a"}]}})", R"({"spec":{"$setElementOrder":[]}})"),
      "The patch format of $setElementOrder list is invalid, please check the format");
}

TEST_F(StrategicMergeTest, ThePatchItselfIsNotChanged) {
  codec::Arena arena;
  const codec::Value patch =
      *codec::parse_json(R"({"spec":{"containers":[{"$patch":"delete","name":"a"}]}})", arena);
  const codec::Value before = patch.clone(arena);
  const Type* type = catalog_->type_of_kind("", "v1", "Pod");
  ASSERT_TRUE(strategic_merge(*codec::parse_json(R"({"spec":{"containers":[]}})", arena), patch,
                              *type, arena));
  EXPECT_EQ(patch, before);
}

}  // namespace
}  // namespace thole::schema
