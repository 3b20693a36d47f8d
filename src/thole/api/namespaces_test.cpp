#include "thole/api/kinds/kinds.hpp"
#include "thole/api/testing.hpp"

namespace thole::api {
namespace {

const std::string kNamespace = "/api/v1/namespaces/n";

TEST(Namespaces, GoWhenTheLastFinalizerGoes) {
  TestApi api;
  EXPECT_EQ(api.post("/api/v1/namespaces",
                     R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"}})")
                .status,
            201);
  // Only /finalize writes them.
  Answer answer = api.patch(kNamespace, "merge-patch+json", R"({"spec":{"finalizers":["a/b"]}})");
  EXPECT_EQ(codec::to_json(answer.json().at_path("spec", "finalizers")), "[\"kubernetes\"]");

  EXPECT_EQ(api.send("DELETE", kNamespace).status, 200);
  answer = api.get(kNamespace);
  ASSERT_EQ(answer.status, 200) << "the finalizer holds it";
  EXPECT_FALSE(answer.text({"metadata", "deletionTimestamp"}).empty());

  const std::string_view freed =
      R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"},"spec":{"finalizers":[]}})";
  EXPECT_EQ(api.put(kNamespace + "/finalize", std::string(freed)).status, 200);
  EXPECT_EQ(api.get(kNamespace).status, 404);
}

TEST(Namespaces, StayWhenTheyAreFinalizedAndNotDeleted) {
  TestApi api;
  api.post("/api/v1/namespaces",
           R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"}})");
  Answer answer = api.put(
      kNamespace + "/finalize",
      R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"},"spec":{"finalizers":[]}})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(api.get(kNamespace).status, 200);
}

}  // namespace
}  // namespace thole::api
