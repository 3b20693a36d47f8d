#include "thole/schema/decode.hpp"

#include <gtest/gtest.h>

#include "thole/codec/json.hpp"
#include "thole/schema/catalog.hpp"

namespace thole::schema {
namespace {

class DecodeTest : public testing::Test {
 protected:
  std::string decoded(std::string_view json, std::string_view kind = "Pod") {
    codec::DuplicateFields duplicates;
    document_ = *codec::parse_json(json, {}, &duplicates);
    const std::string_view group = kind == "Deployment" ? "apps" : "";
    const Type* type = catalog_->type_of_kind(group, "v1", kind);
    strict_ = {};
    const auto result = decode(document_.root, *type, *document_.arena, &strict_);
    strict_.duplicate_fields(duplicates);
    if (!result) return result.error().message;
    return codec::to_json(complete(*result, *type, *document_.arena));
  }

  std::shared_ptr<const Catalog> catalog_ = Catalog::builtin();
  codec::Document document_;
  StrictErrors strict_;
};

TEST_F(DecodeTest, FieldsComeInGosOrderWithZeroValuesWhereGoWritesThem) {
  EXPECT_EQ(decoded(R"({"spec":{"containers":[{"name":"a","image":null}]},"kind":"Pod",)"
                    R"("metadata":{"labels":{"b":"2","a":"1"},"annotations":{}}})"),
            R"({"kind":"Pod","metadata":{"labels":{"a":"1","b":"2"}},)"
            R"("spec":{"containers":[{"name":"a","resources":{}}]},"status":{}})");
}

TEST_F(DecodeTest, AbsentAndZeroStayApartForPointers) {
  EXPECT_EQ(decoded(R"({"spec":{"containers":null,"securityContext":{"runAsGroup":0,)"
                    R"("runAsNonRoot":false},"hostNetwork":false}})"),
            R"({"metadata":{},"spec":{"containers":null,"securityContext":{"runAsGroup":0,)"
            R"("runAsNonRoot":false}},"status":{}})");
}

TEST_F(DecodeTest, QuantitiesTimesAndBytesAreCanonical) {
  EXPECT_EQ(decoded(R"({"metadata":{"creationTimestamp":"2026-01-01T02:00:00.5+02:00"},)"
                    R"("spec":{"containers":[{"name":"a","resources":{"limits":)"
                    R"({"memory":"1.5Gi","cpu":0.5}}}]}})"),
            R"({"metadata":{"creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{"containers":)"
            R"([{"name":"a","resources":{"limits":{"cpu":"500m","memory":"1536Mi"}}}]},)"
            R"("status":{}})");
  EXPECT_EQ(decoded(R"({"data":{"k":"aG\nk="}})", "Secret"),
            R"({"metadata":{},"data":{"k":"aGk="}})");
}

TEST_F(DecodeTest, UnknownAndDuplicateFieldsAreNamedByPath) {
  decoded(R"({"spec":{"foo":{"x":1,"x":2},"containers":[{"name":"a","bar":1,"name":"b"}]}})");
  EXPECT_EQ(strict_.error_text(), R"(strict decoding error: unknown field "spec.foo", )"
                                  R"(unknown field "spec.containers[0].bar", )"
                                  R"(duplicate field "spec.containers[0].name")");
}

TEST_F(DecodeTest, WrongKindsOfValuesAreRefused) {
  EXPECT_EQ(decoded(R"({"spec":{"replicas":"3"}})", "Deployment"),
            "json: cannot unmarshal string into Go struct field .spec.replicas of type int32");
  EXPECT_EQ(decoded(R"({"spec":{"replicas":3000000000}})", "Deployment"),
            "json: cannot unmarshal number 3000000000 into Go struct field .spec.replicas of type "
            "int32");
  EXPECT_EQ(decoded(R"({"spec":{"replicas":1.5}})", "Deployment"),
            "json: cannot unmarshal number 1.5 into Go struct field .spec.replicas of type int32");
  EXPECT_EQ(decoded(R"({"spec":[]})", "Deployment"),
            "json: cannot unmarshal array into Go struct field .spec of type DeploymentSpec");
  EXPECT_EQ(decoded(R"({"metadata":{"labels":{"a":1}}})"),
            "json: cannot unmarshal number 1 into Go struct field .metadata.labels.a of type "
            "string");
}

TEST_F(DecodeTest, RecursiveTypesAreBounded) {
  std::string text = R"({"type":"object"})";
  for (int i = 0; i < 2'000; ++i) text = R"({"not":)" + text + "}";
  document_ = *codec::parse_json(text);
  const Type* type =
      catalog_->type("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps");
  ASSERT_NE(type, nullptr);
  EXPECT_EQ(decode(document_.root, *type, *document_.arena).error().message, "exceeded max depth");
}

}  // namespace
}  // namespace thole::schema
