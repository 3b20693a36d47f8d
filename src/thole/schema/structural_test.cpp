#include "thole/schema/structural.hpp"

#include <gtest/gtest.h>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/schema/decode.hpp"
#include "thole/schema/formats.hpp"

namespace thole::schema {
namespace {

std::string show(const std::vector<ErrorCause>& causes) {
  std::string all;
  for (const ErrorCause& cause : causes) all += cat(cause.field, ": ", cause.message, "\n");
  return all;
}

std::string problems(std::string_view schema) {
  std::vector<ErrorCause> causes;
  const auto structural = Structural::make(codec::parse_json(schema)->root, "s", causes);
  EXPECT_EQ(structural == nullptr, !causes.empty());
  return show(causes);
}

// A schema whose root is an object with these properties.
class Schema {
 public:
  explicit Schema(std::string_view properties) {
    const auto document =
        codec::parse_json(cat(R"({"type":"object","properties":)", properties, "}"));
    std::vector<ErrorCause> causes;
    schema_ = Structural::make(document->root, "s", causes);
    EXPECT_NE(schema_, nullptr) << show(causes);
  }

  std::string validated(std::string_view object) {
    std::vector<ErrorCause> causes;
    validate(codec::parse_json(object)->root, *schema_, causes);
    return show(causes);
  }
  std::string pruned(std::string_view object) {
    const auto document = codec::parse_json(object);
    strict_ = {};
    prune(document->root, schema_->root(), &strict_);
    return codec::to_json(document->root);
  }
  std::string defaulted(std::string_view object) {
    const auto document = codec::parse_json(object);
    apply_defaults(document->root, schema_->root(), *document->arena);
    return codec::to_json(document->root);
  }
  const StrictErrors& strict() const { return strict_; }
  const Structural& structural() const { return *schema_; }

 private:
  std::shared_ptr<const Structural> schema_;
  StrictErrors strict_;
};

TEST(StructuralTest, WhatIsNotStructuralIsRefusedInUpstreamsWords) {
  EXPECT_EQ(
      problems(R"({"properties":{"a":{}}})"),
      "s.type: Required value: must not be empty at the root\n"
      "s.properties[a].type: Required value: must not be empty for specified object fields\n");
  EXPECT_EQ(problems(R"({"type":"string"})"),
            "s.type: Invalid value: \"string\": must be object at the root\n");
  EXPECT_EQ(problems(R"({"type":"object","properties":{"l":{"type":"array"}}})"),
            "s.properties[l].items: Required value: must be specified\n");
  EXPECT_EQ(problems(R"({"type":"object","properties":{"l":{"type":"array","items":{}}}})"),
            "s.properties[l].items.type: Required value: must not be empty for specified array "
            "items\n");
  EXPECT_EQ(problems(R"({"type":"object","properties":{"a":{"type":"string","anyOf":)"
                     R"([{"type":"string","pattern":"["}]}}})"),
            "s.properties[a].anyOf[0].type: Forbidden: must be empty to be structural\n"
            "s.properties[a].anyOf[0].pattern: Invalid value: \"[\": must be a valid regular "
            "expression, but isn't: error parsing regexp: missing closing ]: `[`\n");
  EXPECT_EQ(problems(R"({"type":"object","properties":{"metadata":{"type":"object",)"
                     R"("properties":{"labels":{"type":"object"}}}}})"),
            "s.properties[metadata]: Forbidden: must not specify anything other than name and "
            "generateName, but metadata is implicitly specified\n");
  EXPECT_EQ(problems(R"({"type":"object","additionalProperties":{"type":"string"}})"),
            "s.additionalProperties: Forbidden: must not be used at the root\n");
  EXPECT_EQ(problems(R"({"type":"object","properties":{"l":{"type":"array","items":)"
                     R"({"type":"object","properties":{"k":{"type":"string"}}},)"
                     R"("x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"]}}})"),
            "s.properties[l].items.properties[k].default: Required value: this property is in "
            "x-kubernetes-list-map-keys, so it must have a default or be a required property\n");
}

TEST(StructuralTest, DeepSchemasAreRefusedNotFollowed) {
  std::string schema = R"({"type":"string"})";
  for (int i = 0; i < 3'000; ++i) {
    schema = R"({"type":"object","properties":{"a":)" + schema + "}}";
  }
  EXPECT_NE(problems(schema).find("nests too deeply"), std::string::npos);
}

TEST(StructuralTest, PruningKeepsWhatIsSpecifiedAndWhatIsPreserved) {
  Schema schema(R"({"spec":{"type":"object","properties":{"a":{"type":"string"},)"
                R"("free":{"type":"object","x-kubernetes-preserve-unknown-fields":true,)"
                R"("properties":{"known":{"type":"object"}}},)"
                R"("map":{"type":"object","additionalProperties":{"type":"object",)"
                R"("properties":{"x":{"type":"integer"}}}},)"
                R"("list":{"type":"array","items":{"type":"object"}},)"
                R"("pod":{"type":"object","x-kubernetes-embedded-resource":true,)"
                R"("x-kubernetes-preserve-unknown-fields":true}}}})");
  EXPECT_EQ(schema.pruned(R"({"kind":"K","apiVersion":"v","metadata":{"name":"n"},"other":1,)"
                          R"("spec":{"a":"1","b":2,"free":{"z":{"y":1},"known":{"gone":1}},)"
                          R"("map":{"k":{"x":1,"y":2}},"list":[{"gone":1}],)"
                          R"("pod":{"kind":"P","any":1}}})"),
            R"({"kind":"K","apiVersion":"v","metadata":{"name":"n"},)"
            R"("spec":{"a":"1","free":{"z":{"y":1},"known":{}},"map":{"k":{"x":1}},"list":[{}],)"
            R"("pod":{"kind":"P","any":1}}})");
  EXPECT_EQ(schema.strict().error_text(),
            R"(strict decoding error: unknown field "other", unknown field "spec.b", )"
            R"(unknown field "spec.free.known.gone", unknown field "spec.map.k.y", )"
            R"(unknown field "spec.list[0].gone")");
}

TEST(StructuralTest, DefaultsFillWhatIsAbsentAndNullsThatMayNotBe) {
  Schema schema(R"({"spec":{"type":"object","default":{},"properties":)"
                R"({"n":{"type":"integer","default":3},)"
                R"("s":{"type":"string","nullable":true,"default":"x"},)"
                R"("plain":{"type":"string"},)"
                R"("list":{"type":"array","items":{"type":"object","properties":)"
                R"({"p":{"type":"string","default":"TCP"}}}}}}})");
  EXPECT_EQ(schema.defaulted("{}"), R"({"spec":{"n":3,"s":"x"}})");
  EXPECT_EQ(schema.defaulted(R"({"spec":{"n":0,"s":"","list":[{},{"p":"UDP"}]}})"),
            R"({"spec":{"n":0,"s":"","list":[{"p":"TCP"},{"p":"UDP"}]}})");
  EXPECT_EQ(schema.defaulted(R"({"spec":{"n":null,"s":null,"plain":null}})"),
            R"({"spec":{"s":null,"n":3}})");
}

TEST(StructuralTest, ValidationSpeaksAsUpstream) {
  Schema schema(
      R"({"spec":{"type":"object","required":["name"],"maxProperties":8,"properties":{)"
      R"("name":{"type":"string","minLength":2,"maxLength":4,"pattern":"^[a-z]+$"},)"
      R"("n":{"type":"integer","minimum":1,"maximum":10},)"
      R"("f":{"type":"number","exclusiveMaximum":true,"maximum":1.5,"multipleOf":0.5},)"
      R"("e":{"type":"string","enum":["A","B"]},)"
      R"("ios":{"x-kubernetes-int-or-string":true,"anyOf":[{"type":"integer"},{"type":"string"}]},)"
      R"("t":{"type":"string","format":"date-time"},)"
      R"("l":{"type":"array","minItems":1,"maxItems":2,"items":{"type":"integer"}},)"
      R"("null":{"type":"string","nullable":true}}}})");
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"({"spec":{"name":"abc","n":1.0,"f":1,"e":"A","ios":"x","l":[1],"null":null}})", ""},
      {R"({"spec":{}})", "spec.name: Required value\n"},
      {R"({"spec":{"name":"a"}})",
       "spec.name: Invalid value: \"a\": spec.name in body should be at least 2 chars long\n"},
      {R"({"spec":{"name":"abcde"}})", "spec.name: Too long: may not be more than 4 bytes\n"},
      {R"({"spec":{"name":"AB"}})",
       "spec.name: Invalid value: \"AB\": spec.name in body should match '^[a-z]+$'\n"},
      {R"({"spec":{"name":"ab","n":11}})",
       "spec.n: Invalid value: 11: spec.n in body should be less than or equal to 10\n"},
      {R"({"spec":{"name":"ab","n":0}})",
       "spec.n: Invalid value: 0: spec.n in body should be greater than or equal to 1\n"},
      {R"({"spec":{"name":"ab","n":"1"}})",
       "spec.n: Invalid value: \"string\": spec.n in body must be of type integer: \"string\"\n"},
      {R"({"spec":{"name":"ab","f":1.5}})",
       "spec.f: Invalid value: 1.5: spec.f in body should be less than 1.5\n"},
      {R"({"spec":{"name":"ab","f":0.3}})",
       "spec.f: Invalid value: 0.3: spec.f in body should be a multiple of 0.5\n"},
      {R"({"spec":{"name":"ab","e":"C"}})",
       "spec.e: Unsupported value: \"C\": supported values: \"A\", \"B\"\n"},
      {R"({"spec":{"name":"ab","ios":true}})",
       "spec.ios: Invalid value: \"boolean\": spec.ios in body must be of type integer,string: "
       "\"boolean\"\n"},
      {R"({"spec":{"name":"ab","t":"now"}})",
       "spec.t: Invalid value: \"now\": spec.t in body must be of type date-time: \"now\"\n"},
      {R"({"spec":{"name":"ab","l":[]}})",
       "spec.l: Invalid value: 0: spec.l in body should have at least 1 items\n"},
      {R"({"spec":{"name":"ab","l":[1,2,3]}})", "spec.l: Too many: 3: must have at most 2 items\n"},
      {R"({"spec":{"name":"ab","l":["x"]}})",
       "spec.l[0]: Invalid value: \"string\": spec.l[0] in body must be of type integer: "
       "\"string\"\n"},
      {R"({"spec":{"name":null}})",
       "spec.name: Invalid value: \"null\": spec.name in body must be of type string: \"null\"\n"},
  };
  for (const auto& [object, expected] : cases) {
    EXPECT_EQ(schema.validated(object), expected) << object;
  }
}

TEST(StructuralTest, CombinationsOfSchemasHold) {
  Schema schema(R"({"spec":{"type":"object","properties":{"a":{"type":"integer"},)"
                R"("b":{"type":"integer"}},"oneOf":[{"required":["a"]},{"required":["b"]}],)"
                R"("not":{"properties":{"a":{"minimum":100}},"required":["a"]}}})");
  EXPECT_EQ(schema.validated(R"({"spec":{"a":1}})"), "");
  EXPECT_EQ(schema.validated(R"({"spec":{"a":1,"b":2}})"),
            "<nil>: Invalid value: \"\": \"spec\" must validate one and only one schema (oneOf). "
            "Found 2 valid alternatives\n");
  EXPECT_EQ(schema.validated(R"({"spec":{}})"),
            "<nil>: Invalid value: \"\": \"spec\" must validate one and only one schema (oneOf). "
            "Found none valid\nspec.a: Required value\n");
  EXPECT_EQ(schema.validated(R"({"spec":{"a":100}})"),
            "<nil>: Invalid value: \"\": \"spec\" must not validate the schema (not)\n");
}

TEST(StructuralTest, SetsAndMapsHaveNoDuplicates) {
  Schema schema(R"({"s":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}},)"
                R"("m":{"type":"array","x-kubernetes-list-type":"map",)"
                R"("x-kubernetes-list-map-keys":["k"],"items":{"type":"object","required":["k"],)"
                R"("properties":{"k":{"type":"string"},"v":{"type":"integer"}}}}})");
  EXPECT_EQ(schema.validated(R"({"s":["a","b","a","a"],"m":[{"k":"x"},{"k":"y"}]})"),
            "s[2]: Duplicate value: \"a\"\n");
  EXPECT_EQ(schema.validated(R"({"m":[{"k":"x","v":1},{"k":"x","v":2}]})"),
            "m[1]: Duplicate value: {\"k\":\"x\"}\n");
}

TEST(StructuralTest, ASchemaTakesLittleMemory) {
  std::string properties = "{";
  for (int i = 0; i < 200; ++i) {
    properties += cat(i == 0 ? "" : ",", "\"field", i, R"(":{"type":"string","maxLength":64})");
  }
  EXPECT_LT(Schema(properties + "}").structural().bytes(), 200'000u);
}

TEST(FormatsTest, KnownFormatsAreChecked) {
  const std::tuple<std::string_view, std::string_view, bool> cases[] = {
      {"ipv4", "10.0.0.1", true},
      {"ipv4", "10.0.0.256", false},
      {"ipv4", "1.2.3", false},
      {"ipv6", "::1", true},
      {"ipv6", "fe80::1:2", true},
      {"ipv6", "::ffff:1.2.3.4", true},
      {"ipv6", "1:2", false},
      {"ipv6", ":::", false},
      {"cidr", "10.0.0.0/8", true},
      {"cidr", "10.0.0.0/33", false},
      {"uuid", "123e4567-e89b-12d3-a456-426614174000", true},
      {"uuid", "123", false},
      {"date", "2026-02-28", true},
      {"date", "2026-02-30", false},
      {"hostname", "a.b-c", true},
      {"hostname", "-a", false},
      {"byte", "aGk=", true},
      {"byte", "a", false},
      {"uri", "https://x/y", true},
      {"uri", "x", false},
      {"mac", "00:11:22:33:44:55", true},
      {"email", "a@b", true},
      {"email", "a", false},
      {"duration", "5m", true},
      {"unheard-of", "x", true},
  };
  for (const auto& [format, text, fits] : cases) {
    EXPECT_EQ(fits_format(text, format), fits) << format << " " << text;
  }
}

}  // namespace
}  // namespace thole::schema
