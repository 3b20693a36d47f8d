#include "thole/api/openapi.hpp"

#include "thole/api/testing.hpp"

namespace thole::api {
namespace {

std::string url_of(TestApi& api, std::string_view path) {
  return api.get("/openapi/v3").text({"paths", path, "serverRelativeURL"});
}

TEST(OpenApiDocuments, StandWhereTheIndexSaysAndMayBeKept) {
  TestApi api;
  const std::string url = url_of(api, "apis/apps/v1");
  ASSERT_TRUE(url.starts_with("/openapi/v3/apis/apps/v1?hash=")) << url;
  const std::string hash = url.substr(url.find('=') + 1);
  EXPECT_EQ(hash.size(), 128U);
  EXPECT_EQ(hash.find_first_not_of("0123456789ABCDEF"), hash.npos);
  Answer document = api.get(url);
  EXPECT_EQ(document.status, 200);
  EXPECT_EQ(document.text({"openapi"}), "3.0.0");
  EXPECT_EQ(document.headers.get("etag"), cat("\"", hash, "\""));
  EXPECT_EQ(document.headers.get("cache-control"), "public, immutable");
  EXPECT_TRUE(document.headers.get("expires").ends_with(" GMT"));
  EXPECT_EQ(api.get("/openapi/v3/apis/apps/v1").headers.get("cache-control"), "no-cache, private");
}

TEST(OpenApiDocuments, AWrongHashLeadsToTheRightOne) {
  TestApi api;
  const Answer moved = api.get("/openapi/v3/api/v1?hash=1");
  EXPECT_EQ(moved.status, 301);
  EXPECT_EQ(moved.headers.get("location"), url_of(api, "api/v1"));
}

TEST(OpenApiDocuments, AreNotSentTwice) {
  TestApi api;
  for (const std::string path : {"/openapi/v2", "/openapi/v3", "/openapi/v3/version"}) {
    const std::string etag(api.get(path).headers.get("etag"));
    const Answer again = api.send("GET", path, {}, {{"If-None-Match", etag}});
    EXPECT_EQ(again.status, 304) << path;
    EXPECT_EQ(again.body, "");
    EXPECT_EQ(api.send("GET", path, {}, {{"If-None-Match", "\"1\""}}).status, 200);
  }
}

TEST(OpenApiDocuments, HaveTheFormThatIsAskedFor) {
  TestApi api;
  const std::string protobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
  const Answer binary = api.get("/openapi/v2", protobuf);
  EXPECT_EQ(binary.headers.get("content-type"), protobuf);
  EXPECT_TRUE(
      binary.body.starts_with("\n\x03"
                              "2.0"))
      << "field 1 is the version of the format";
  Answer text = api.get("/openapi/v2", "application/json, */*");
  EXPECT_EQ(text.text({"swagger"}), "2.0");
  EXPECT_EQ(text.headers.get("etag"), binary.headers.get("etag"));
  EXPECT_EQ(api.get("/openapi/v2", "text/html").status, 406);
  EXPECT_EQ(api.get("/openapi/v3/api/v1", protobuf).status, 406);
  EXPECT_EQ(api.get("/openapi/v3/apis/none").status, 404);
}

}  // namespace
}  // namespace thole::api
