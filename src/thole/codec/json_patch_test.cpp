#include "thole/codec/json_patch.hpp"

#include <gtest/gtest.h>

#include <random>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::codec {
namespace {

std::string patched(std::string_view document, std::string_view patch) {
  Arena arena;
  const auto result =
      apply_json_patch(*parse_json(document, arena), *parse_json(patch, arena), arena);
  return result ? to_json(*result) : std::string(reason_of(result.error().kind));
}

std::string merged(std::string_view document, std::string_view patch) {
  Arena arena;
  return to_json(apply_merge_patch(*parse_json(document, arena), *parse_json(patch, arena), arena));
}

TEST(JsonPatchTest, OperationsDoWhatUpstreamsLibraryDoes) {
  const std::string_view document = R"({"a":[1,2],"b":{"c~/d":1},"n":null})";
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"([{"op":"add","path":"/a/-","value":3}])", R"({"a":[1,2,3],"b":{"c~/d":1},"n":null})"},
      {R"([{"op":"add","path":"/a/0","value":0}])", R"({"a":[0,1,2],"b":{"c~/d":1},"n":null})"},
      {R"([{"op":"add","path":"/a/-1","value":9}])", R"({"a":[1,2,9],"b":{"c~/d":1},"n":null})"},
      {R"([{"op":"add","path":"/a/3","value":9}])", "Invalid"},
      {R"([{"op":"add","path":"","value":9}])", "Invalid"},
      {R"([{"op":"add","path":"/x/y","value":9}])", "Invalid"},
      {R"([{"op":"remove","path":"/b/c~0~1d"}])", R"({"a":[1,2],"b":{},"n":null})"},
      {R"([{"op":"remove","path":"/x"}])", "Invalid"},
      {R"([{"op":"replace","path":"/x","value":1}])",
       R"({"a":[1,2],"b":{"c~/d":1},"n":null,"x":1})"},
      {R"([{"op":"replace","path":"/a/7","value":1}])", "Invalid"},
      {R"([{"op":"replace","path":"","value":{"z":1}}])", R"({"z":1})"},
      {R"([{"op":"move","from":"/a","path":"/b/e"}])", R"({"b":{"c~/d":1,"e":[1,2]},"n":null})"},
      {R"([{"op":"copy","from":"/a","path":"/n"},{"op":"remove","path":"/a/0"}])",
       R"({"a":[2],"b":{"c~/d":1},"n":[1,2]})"},
      {R"([{"op":"test","path":"/a","value":[1,2]}])", R"({"a":[1,2],"b":{"c~/d":1},"n":null})"},
      {R"([{"op":"test","path":"/missing","value":null}])",
       R"({"a":[1,2],"b":{"c~/d":1},"n":null})"},
      {R"([{"op":"test","path":"/a/0","value":2}])", "Invalid"},
      {R"([{"op":"test","path":"/n/x","value":2}])", "Invalid"},
      {R"([{"op":"frob","path":"/a"}])", "Invalid"},
      {R"([{"op":"add","value":1}])", "Invalid"},
      {R"({"op":"add"})", "BadRequest"},
      {R"([1])", "BadRequest"},
      {R"([])", R"({"a":[1,2],"b":{"c~/d":1},"n":null})"},
  };
  for (const auto& [patch, expected] : cases)
    EXPECT_EQ(patched(document, patch), expected) << patch;
}

TEST(JsonPatchTest, TenThousandOperationsAreTakenAndOneMoreIsNot) {
  const auto patch = [](int count) {
    std::string text = "[";
    for (int i = 0; i < count; ++i) {
      text += cat(i == 0 ? "" : ",", R"({"op":"add","path":"/a","value":)", i, "}");
    }
    return text + "]";
  };
  EXPECT_EQ(patched("{}", patch(10'000)), R"({"a":9999})");
  EXPECT_EQ(patched("{}", patch(10'001)), "RequestEntityTooLarge");
}

TEST(JsonPatchTest, CopiesThatDoubleTheDocumentAreStopped) {
  std::string patch = "[";
  for (int i = 0; i < 60; ++i) {
    patch += cat(i == 0 ? "" : ",", R"({"op":"copy","from":"/a","path":"/a/x)", i, "\"}");
  }
  EXPECT_EQ(patched(R"({"a":{"b":"0123456789"}})", patch + "]"), "Invalid");
}

TEST(MergePatchTest, TheExamplesOfTheRfcHold) {
  const std::tuple<std::string_view, std::string_view, std::string_view> cases[] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", R"({})"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
      {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
      {R"({"a":1})", R"({"a":[{"b":null}]})", R"({"a":[{}]})"},
      {R"({"a":{}})", R"({"a":[{"b":null}]})", R"({"a":[{"b":null}]})"},
  };
  for (const auto& [document, patch, expected] : cases) {
    EXPECT_EQ(merged(document, patch), expected) << document << " " << patch;
  }
}

// A recursive reading of RFC 7386, to compare with.
Value model(Value target, const Value& patch, Arena& arena) {
  if (!patch.is_object()) return patch;
  const Value result = target.is_object() ? target.clone(arena) : Value::object(arena);
  for (const Member& member : patch.members()) {
    if (member.value.is_null()) {
      result.erase(member.key);
    } else {
      result.set(arena, member.key, model(result.get(member.key), member.value, arena));
    }
  }
  return result;
}

Value random_object(std::mt19937& random, int depth, Arena& arena) {
  const Value object = Value::object(arena);
  for (std::uint32_t i = 0, n = random() % 60; i < n; ++i) {
    const std::string key = cat("k", random() % 60);
    const std::uint32_t kind = random() % 4;
    object.set(arena, key,
               kind == 0                ? Value()
               : kind == 1 && depth > 0 ? random_object(random, depth - 1, arena)
                                        : Value::integer(random() % 3));
  }
  return object;
}

TEST(MergePatchTest, RandomPatchesGiveWhatTheRfcSaysAndDifferencesComeBack) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    Arena arena;
    const Value document = random_object(random, 2, arena);
    const Value patch = random_object(random, 2, arena);
    const Value expected = model(document, patch, arena);
    EXPECT_EQ(apply_merge_patch(document.clone(arena), patch, arena), expected) << seed;

    // A merge patch cannot say null, so both sides are freed of them first.
    const Value from = apply_merge_patch(Value(), document, arena);
    const Value to = apply_merge_patch(Value(), patch, arena);
    const Value difference = create_merge_patch(from, to, arena);
    EXPECT_EQ(apply_merge_patch(from.clone(arena), difference, arena), to) << seed;
  }
}

}  // namespace
}  // namespace thole::codec
