#include "thole/codec/yaml.hpp"

#include <gtest/gtest.h>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::codec {
namespace {

std::string as_json(std::string_view yaml) {
  const auto document = parse_yaml(yaml);
  return document ? to_json(document->root) : "error: " + document.error().message;
}

std::string as_yaml(std::string_view json) {
  std::string out;
  write_yaml(parse_json(json)->root, out);
  return out;
}

TEST(YamlTest, PlainScalarsMeanWhatYaml11Says) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"yes", "true"},
      {"Off", "false"},
      {"y", "true"},
      {"~", "null"},
      {"", "null"},
      {"0644", "420"},
      {"0o17", "15"},
      {"0x1F", "31"},
      {"0b101", "5"},
      {"-0b11", "-3"},
      {"1_000", "1000"},
      {"+12", "12"},
      {"08", "8"},
      {"1e3", "1000"},
      {"1.0", "1"},
      {"1.5", "1.5"},
      {".5", "0.5"},
      {"+", "\"+\""},
      {"1.2.3", "\"1.2.3\""},
      {"12e03", "12000"},
      {"190:20:30", "\"190:20:30\""},
      {"2001-12-14", "\"2001-12-14\""},
      {"2001-12-14T21:59:43Z", "\"2001-12-14T21:59:43Z\""},
      {"18446744073709551615", "18446744073709552000"},
      {"99999999999999999999", "100000000000000000000"},
      {"'yes'", "\"yes\""},
      {"\"12\"", "\"12\""},
      {"!!str 12", "\"12\""},
      {"!!float 3", "3"},
      {"!!binary aGk=", "\"hi\""},
      {"nUll", "\"nUll\""},
      {"<a", "\"\\u003ca\""},
  };
  for (const auto& [yaml, json] : cases) EXPECT_EQ(as_json(yaml), json) << yaml;
}

TEST(YamlTest, KeysBecomeStrings) {
  EXPECT_EQ(as_json("1: a\ntrue: b\n1.5: c\non: d\n"), R"({"1":"a","true":"d","1.5":"c"})");
  EXPECT_EQ(as_json("? [a]\n: b\n"), "error: yaml: invalid map key: []interface {}{}");
}

TEST(YamlTest, MergesAreWrittenInTheOrderOfTheDocument) {
  EXPECT_EQ(as_json("a: &a {x: 1, z: 2}\nb:\n  <<: *a\n  z: 3\n"),
            R"({"a":{"x":1,"z":2},"b":{"x":1,"z":3}})");
  EXPECT_EQ(as_json("a: &a {x: 1}\nb: &b {x: 2, z: 2}\nc:\n  <<: [*a, *b]\n"),
            R"({"a":{"x":1},"b":{"x":2,"z":2},"c":{"x":1,"z":2}})");
  EXPECT_EQ(as_json("<<: 3\n"),
            "error: yaml: map merge requires map or sequence of maps as the value");
}

TEST(YamlTest, AliasesAreCopiesAndBounded) {
  EXPECT_EQ(as_json("a: &a [1]\nb: *a\n"), R"({"a":[1],"b":[1]})");
  EXPECT_EQ(as_json("a: &a [*a]\n"), "error: yaml: anchor 'a' value contains itself");
  EXPECT_EQ(as_json("a: *b\n"), "error: yaml: unknown anchor 'b' referenced");
  std::string laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 20; ++i) {
    laughs += cat("a", i, ": &a", i, " [");
    for (int k = 0; k < 10; ++k) laughs += cat(k == 0 ? "" : ",", "*a", i - 1);
    laughs += "]\n";
  }
  EXPECT_EQ(as_json(laughs), "error: yaml: document contains excessive aliasing");
}

TEST(YamlTest, EqualKeysAreReportedWithTheirLine) {
  std::vector<std::string> duplicates;
  const auto document = parse_yaml("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n", {}, &duplicates);
  ASSERT_TRUE(document);
  EXPECT_EQ(to_json(document->root), R"({"a":3,"b":{"c":2}})");
  EXPECT_EQ(duplicates, (std::vector<std::string>{"line 4: key \"c\" already set in map",
                                                  "line 5: key \"a\" already set in map"}));
}

TEST(YamlTest, SyntaxErrorsNameTheirLine) {
  EXPECT_EQ(as_json("a: b\nc: d: e\n"),
            "error: yaml: line 2: mapping values are not allowed in this context");
  EXPECT_TRUE(as_json("a: [1, 2\n").starts_with("error: yaml: "));
  EXPECT_EQ(as_json("a: .nan\n"), "error: yaml: unsupported value: NaN");
}

TEST(YamlTest, DeepNestingIsRefusedNotFollowed) {
  EXPECT_TRUE(parse_yaml(std::string(5'000, '[') + std::string(5'000, ']')));
  EXPECT_EQ(as_json(std::string(10'001, '[')), "error: yaml: exceeded max depth");
}

TEST(YamlTest, StreamsAreSplitAtTheirSeparators) {
  EXPECT_EQ(split_yaml_documents("---\na: 1\n---\nb: 2\n--- # c\n\n---\n"),
            (std::vector<std::string_view>{"a: 1\n", "b: 2\n"}));
  EXPECT_EQ(split_yaml_documents("a: 1"), (std::vector<std::string_view>{"a: 1"}));
}

TEST(YamlTest, WritingSortsKeysAndQuotesWhatWouldBeReadAsSomethingElse) {
  EXPECT_EQ(as_yaml(R"({"b":{"z":[1,{"k":"v"}],"x":{}},"a10":1,"a9":"yes","s":"2001-01-01",)"
                    R"("t":"1:30","n":null,"f":1e-7,"e":[],"m":"a\nb\n","z":"x: y","q":""})"),
            "a9: \"yes\"\n"
            "a10: 1\n"
            "b:\n"
            "  x: {}\n"
            "  z:\n"
            "  - 1\n"
            "  - k: v\n"
            "e: []\n"
            "f: 1e-07\n"
            "m: |\n"
            "  a\n"
            "  b\n"
            "\"n\": null\n"
            "q: \"\"\n"
            "s: \"2001-01-01\"\n"
            "t: \"1:30\"\n"
            "z: 'x: y'\n");
}

TEST(YamlTest, WhatIsWrittenReadsBackAsTheSame) {
  for (
      const std::string_view json :
      {R"({"a":[[],[[1]],{}],"":"x","#c":"# d","- e":"-","k":"a: b","l":" x ","t":"\t","u":"ü"})",
       R"(["", " ", "\n", "a\n\nb", "null", "0x1", "1_0", "~", "*a", "&a", "!x", "|", ">"])",
       R"({"long":"word word word word word word word word word word word word word word word word"})"}) {
    EXPECT_EQ(parse_yaml(as_yaml(json))->root, parse_json(json)->root) << as_yaml(json);
  }
}

}  // namespace
}  // namespace thole::codec
