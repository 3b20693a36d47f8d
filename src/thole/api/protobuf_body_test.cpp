// Bodies in Kubernetes' protobuf form, as kubectl sends them.

#include "thole/api/testing.hpp"

namespace thole::api {
namespace {

using namespace std::string_literals;

const std::string kMaps = "/api/v1/namespaces/default/configmaps";

// A field whose content has fewer than 128 bytes.
std::string sub(int number, const std::string& content) {
  return cat(static_cast<char>(number << 3 | 2), static_cast<char>(content.size())) + content;
}

// A ConfigMap named "one" with a=1, said to be of `kind`.
std::string map_body(const std::string& kind) {
  const std::string object = sub(1, sub(1, "one") + sub(2, "")) + sub(2, sub(1, "a") + sub(2, "1"));
  return "k8s\0"s + sub(1, sub(1, "v1") + sub(2, kind)) + sub(2, object);
}

Answer post(TestApi& api, std::string target, std::string body) {
  return api.send("POST", std::move(target), std::move(body),
                  {{"Content-Type", "application/vnd.kubernetes.protobuf"}});
}

TEST(ProtobufBody, CreatesWhatJsonWouldCreate) {
  TestApi api;
  Answer made = post(api, kMaps, map_body("ConfigMap"));
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.text({"metadata", "name"}), "one");
  EXPECT_EQ(made.text({"data"}), R"({"a":"1"})");
}

TEST(ProtobufBody, AnotherKindAndBrokenBytesAreRefused) {
  TestApi api;
  EXPECT_EQ(post(api, kMaps, map_body("Secret")).status, 400);
  EXPECT_EQ(post(api, kMaps, map_body("ConfigMap") + "\x12\x7f").status, 400);
  EXPECT_EQ(post(api, kMaps, "{}").status, 400);
}

}  // namespace
}  // namespace thole::api
