#include "thole/schema/openapi.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <set>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::schema {
namespace {

using codec::Value;

class OpenApiTest : public testing::Test {
 protected:
  OpenApiTest() {
    for (const Resource& resource : catalog_->resources()) {
      if (resource.served_by_default) served_.push_back(&resource);
    }
  }
  OpenApi api(std::span<const CustomSchema> customs = {}) {
    return OpenApi({*catalog_, prose_, served_, customs});
  }

  std::shared_ptr<const Catalog> catalog_ = Catalog::builtin();
  Prose prose_{embedded_prose()};
  std::vector<const Resource*> served_;
  codec::Arena arena_;
};

// Every $ref in `value` that names no definition, and every one twice used is counted once.
void find_missing(const Value& value, const Value& definitions, std::string_view prefix,
                  std::set<std::string>& missing) {
  for (const codec::Member& member : value.members()) {
    if (member.key == "$ref" && member.value.is_string()) {
      const std::string_view target = member.value.as_string();
      if (!target.starts_with(prefix) ||
          definitions.find(target.substr(prefix.size())) == nullptr) {
        missing.insert(std::string(target));
      }
    } else {
      find_missing(member.value, definitions, prefix, missing);
    }
  }
  for (const Value& item : value.elements()) find_missing(item, definitions, prefix, missing);
}

TEST_F(OpenApiTest, RefersOnlyToWhatItDefines) {
  std::set<std::string> missing;
  for (const std::string& path : api().v3_paths()) {
    const Value root = api().document(OpenApiVersion::V3, path, arena_);
    find_missing(root, root.at_path("components", "schemas"), "#/components/schemas/", missing);
  }
  const Value root = api().document(OpenApiVersion::V2, {}, arena_);
  find_missing(root, root.get("definitions"), "#/definitions/", missing);
  EXPECT_EQ(missing, std::set<std::string>());
  EXPECT_GT(root.get("definitions").size(), 500U);
}

TEST_F(OpenApiTest, SaysHowDeploymentsAreReached) {
  const Value root = api().document(OpenApiVersion::V3, "apis/apps/v1", arena_);
  const Value create =
      root.at_path("paths", "/apis/apps/v1/namespaces/{namespace}/deployments", "post");
  EXPECT_EQ(create.string_or("operationId"), "createAppsV1NamespacedDeployment");
  EXPECT_EQ(create.string_or("x-kubernetes-action"), "post");
  EXPECT_EQ(create.get("x-kubernetes-group-version-kind").string_or("kind"), "Deployment");
  EXPECT_EQ(root.at_path("paths", "/apis/apps/v1/deployments", "get").string_or("operationId"),
            "listAppsV1DeploymentForAllNamespaces");
}

TEST_F(OpenApiTest, WritesASchemaAsUpstreamDoes) {
  const Value root = api().document(OpenApiVersion::V3, "api/v1", arena_);
  const Value ports =
      root.at_path("components", "schemas", "io.k8s.api.core.v1.Container", "properties", "ports");
  EXPECT_EQ(ports.string_or("x-kubernetes-list-type"), "map");
  EXPECT_EQ(ports.string_or("x-kubernetes-patch-merge-key"), "containerPort");
  EXPECT_EQ(ports.get("items").string_or("$ref"),
            "#/components/schemas/io.k8s.api.core.v1.ContainerPort");
}

TEST_F(OpenApiTest, NamesEachOperationOnce) {
  const Value root = api().document(OpenApiVersion::V2, {}, arena_);
  std::set<std::string_view> ids;
  for (const codec::Member& path : root.get("paths").members()) {
    for (const codec::Member& method : path.value.members()) {
      if (!method.value.is_object()) continue;
      const std::string_view id = method.value.string_or("operationId");
      EXPECT_TRUE(ids.insert(id).second) << path.key << " " << id;
    }
  }
  EXPECT_GT(ids.size(), 800U);
}

TEST_F(OpenApiTest, PublishesCustomKinds) {
  Resource resource;
  resource.group = "stable.example.com";
  resource.version = "v1";
  resource.plural = "crontabs";
  resource.kind = "CronTab";
  resource.list_kind = "CronTabList";
  const std::string_view verbs[] = {"create", "get", "list", "patch", "update"};
  resource.verbs = verbs;
  const auto schema = codec::parse_json(
      R"({"type":"object","properties":{"spec":{"type":"object","properties":{
          "port":{"x-kubernetes-int-or-string":true,"anyOf":[{"type":"integer"},{"type":"string"}]},
          "size":{"type":"integer","default":3}}}}})");
  ASSERT_TRUE(schema.has_value());
  const CustomSchema customs[] = {{&resource, schema->root}};
  const OpenApi with = api(customs);

  const Value v3 = with.document(OpenApiVersion::V3, "apis/stable.example.com/v1", arena_);
  const Value kind = v3.at_path("components", "schemas", "com.example.stable.v1.CronTab");
  EXPECT_EQ(kind.at_path("properties", "spec", "properties", "size").int_or("default", 0), 3);
  EXPECT_EQ(kind.at_path("properties", "metadata").string_or("$ref"),
            "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
  EXPECT_EQ(
      v3.at_path("paths", "/apis/stable.example.com/v1/namespaces/{namespace}/crontabs/{name}",
                 "patch")
          .string_or("operationId"),
      "patchStableExampleComV1NamespacedCronTab");

  const Value v2 = with.document(OpenApiVersion::V2, {}, arena_);
  const Value spec = v2.at_path("definitions", "com.example.stable.v1.CronTab", "properties",
                                "spec", "properties");
  EXPECT_EQ(spec.at_path("size", "default").type(), codec::ValueType::Null);
  EXPECT_EQ(spec.at_path("port", "anyOf").type(), codec::ValueType::Null);
  std::set<std::string> missing;
  find_missing(v3, v3.at_path("components", "schemas"), "#/components/schemas/", missing);
  find_missing(v2, v2.get("definitions"), "#/definitions/", missing);
  EXPECT_EQ(missing, std::set<std::string>());
}

TEST_F(OpenApiTest, IndexesItsDocumentsWithTheirHashes) {
  const OpenApi::Hash hashes[] = {{"api/v1", "AB"}, {"version", "CD"}};
  EXPECT_EQ(OpenApi::v3_index(hashes),
            R"({"paths":{"api/v1":{"serverRelativeURL":"/openapi/v3/api/v1?hash=AB"},)"
            R"("version":{"serverRelativeURL":"/openapi/v3/version?hash=CD"}}})");
  EXPECT_EQ(api().v3_json("apis/nothing/v1").error().kind, ErrorKind::NotFound);
}

TEST_F(OpenApiTest, EncodesSchemasAsGnosticDoes) {
  const auto document =
      codec::parse_json(R"({"swagger":"2.0","definitions":{"A":{"type":"string","x-a":1}}})");
  ASSERT_TRUE(document.has_value());
  // Document{swagger=1, definitions=9{NamedSchema=1{name=1, value=2{type=22{"string"},
  // vendor_extension=31{name=1, value=2{yaml=2}}}}}}
  const std::string named_any = std::string("\x0a\x03x-a\x12\x03\x12\x01") + "1";
  const std::string schema = std::string("\xb2\x01\x08\x0a\x06string\xfa\x01\x0a", 14) + named_any;
  const std::string named_schema = std::string(
                                       "\x0a\x01"
                                       "A\x12") +
                                   static_cast<char>(schema.size()) + schema;
  const std::string definitions =
      std::string("\x0a") + static_cast<char>(named_schema.size()) + named_schema;
  EXPECT_EQ(openapi_v2_to_protobuf(document->root), std::string("\x0a\x03"
                                                                "2.0\x4a") +
                                                        static_cast<char>(definitions.size()) +
                                                        definitions);
}

TEST(Prose, IsEmptyForWhatIsNoArchive) {
  EXPECT_TRUE(Prose("not gzip").empty());
  EXPECT_EQ(Prose().describe("io.k8s.api.core.v1.Pod"), "");
}

// With THOLE_OPENAPI_OUT naming a folder, the documents go there, for tools/schemagen/compare.py.
TEST_F(OpenApiTest, MakesDocumentsInMilliseconds) {
  const auto start = std::chrono::steady_clock::now();
  const std::string v2 = api().v2_json();
  const auto took = std::chrono::steady_clock::now() - start;
  RecordProperty(
      "v2_milliseconds",
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  EXPECT_GT(v2.size(), 1'000'000U);
  const char* folder = std::getenv("THOLE_OPENAPI_OUT");
  if (folder == nullptr) return;
  std::ofstream(cat(folder, "/v2.json")) << v2;
  std::ofstream(cat(folder, "/v2.pb")) << api().v2_protobuf();
  for (std::string path : api().v3_paths()) {
    const std::string text = *api().v3_json(path);
    for (std::size_t at = 0; (at = path.find('/', at)) != path.npos;) path.replace(at, 1, "__");
    std::ofstream(cat(folder, "/", path, ".json")) << text;
  }
}

}  // namespace
}  // namespace thole::schema
