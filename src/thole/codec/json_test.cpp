#include "thole/codec/json.hpp"

#include <gtest/gtest.h>

#include <random>

#include "thole/base/text.hpp"

namespace thole::codec {
namespace {

std::string round_trip(std::string_view text) {
  const auto document = parse_json(text);
  return document ? to_json(document->root) : "error: " + document.error().message;
}

TEST(JsonTest, NumbersAreExactInt64OrElseFloat64AsGoWritesThem) {
  EXPECT_EQ(round_trip("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(round_trip("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(round_trip("9223372036854775808"), "9223372036854776000");
  EXPECT_EQ(round_trip("99999999999999999999"), "100000000000000000000");
  EXPECT_EQ(round_trip("1e21"), "1e+21");
  EXPECT_EQ(round_trip("1e3"), "1000");
  EXPECT_EQ(round_trip("1.0"), "1");
  EXPECT_EQ(round_trip("0.000001"), "0.000001");
  EXPECT_EQ(round_trip("0.0000001"), "1e-7");
  EXPECT_EQ(round_trip("1.5e-10"), "1.5e-10");
  EXPECT_EQ(round_trip("-0"), "0");
  EXPECT_EQ(round_trip("-0.0"), "-0");
  EXPECT_EQ(round_trip("1e-999"), "0");
  EXPECT_EQ(round_trip("1e999"),
            "error: json: cannot unmarshal number 1e999 into Go value of type float64");
}

TEST(JsonTest, StringsAreEscapedAsEncodingJsonDoes) {
  EXPECT_EQ(round_trip(R"("<a>&\u2028\u0001\n\t\/\"\\")"),
            R"("\u003ca\u003e\u0026\u2028\u0001\n\t/\"\\")");
  EXPECT_EQ(round_trip(R"("\ud83d\ude00 \ud83d x \udc00")"), "\"😀 \uFFFD x \uFFFD\"");
  EXPECT_EQ(round_trip("\"a\xFF"
                       "b\xC3\""),
            "\"a\uFFFDb\uFFFD\"");
  EXPECT_EQ(
      round_trip("\"" + std::string(100, '\xFF') + "\""), "\"" + [] {
        std::string all;
        for (int i = 0; i < 100; ++i) all += "\uFFFD";
        return all;
      }() + "\"");
  EXPECT_EQ(round_trip("\"\x7f\""), "\"\x7f\"");
}

TEST(JsonTest, ErrorsAreWordedAsGoScannerDoes) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "unexpected end of JSON input"},
      {"{", "unexpected end of JSON input"},
      {"[1", "unexpected end of JSON input"},
      {"\"abc", "unexpected end of JSON input"},
      {"tru", "unexpected end of JSON input"},
      {"x", "invalid character 'x' looking for beginning of value"},
      {"{,", "invalid character ',' looking for beginning of object key string"},
      {"{\"a\":1,}", "invalid character '}' looking for beginning of object key string"},
      {"{\"a\" 1}", "invalid character '1' after object key"},
      {"{\"a\":1 2}", "invalid character '2' after object key:value pair"},
      {"[1 2]", "invalid character '2' after array element"},
      {"[1,]", "invalid character ']' looking for beginning of value"},
      {"1 2", "invalid character '2' after top-level value"},
      {"\"a\nb\"", "invalid character '\\n' in string literal"},
      {"\"\\x\"", "invalid character 'x' in string escape code"},
      {"\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape"},
      {"-a", "invalid character 'a' in numeric literal"},
      {"01", "invalid character '1' after top-level value"},
      {"1.a", "invalid character 'a' after decimal point in numeric literal"},
      {"1ea", "invalid character 'a' in exponent of numeric literal"},
      {"trye", "invalid character 'y' in literal true (expecting 'u')"},
      {"nul ", "invalid character ' ' in literal null (expecting 'l')"},
      {"\xE4", "invalid character 'ä' looking for beginning of value"},
      {"'a'", "invalid character '\\'' looking for beginning of value"},
      {"[\"a\"\"b\"]", "invalid character '\"' after array element"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_EQ(round_trip(text), cat("error: ", message)) << text;
  }
}

TEST(JsonTest, TenThousandLevelsAreReadAndOneMoreIsNot) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  const auto document = parse_json(nested(10'000));
  ASSERT_TRUE(document);
  EXPECT_EQ(to_json(document->root), nested(10'000));
  EXPECT_EQ(document->root.clone(*document->arena), document->root);
  EXPECT_EQ(round_trip(nested(10'001)), "error: exceeded max depth");
}

TEST(JsonTest, TheLastOfEqualKeysWinsAndThePathsAreReported) {
  DuplicateFields duplicates;
  const auto document =
      parse_json(R"({"a":1,"b":[{"x":1},{"x":1,"y":{"z":1,"z":2,"z":3},"x":2}],"a":{"k":1}})", {},
                 &duplicates);
  ASSERT_TRUE(document);
  EXPECT_EQ(to_json(document->root), R"({"a":{"k":1},"b":[{"x":1},{"x":2,"y":{"z":3}}]})");
  EXPECT_EQ(duplicates, (DuplicateFields{"b[1].y.z", "b[1].x", "a"}));
}

TEST(JsonTest, ManyDuplicatesAreFoundInTimeAndReportedUpToOneHundred) {
  std::string text = "{";
  for (int i = 0; i < 20'000; ++i) text += cat("\"k", i % 10'000, "\":", i, ",");
  text += "\"end\":0}";
  DuplicateFields duplicates;
  const auto document = parse_json(text, {}, &duplicates);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root.size(), 10'001u);
  EXPECT_EQ(document->root.get("k7").as_int(), 10'007);
  EXPECT_EQ(duplicates.size(), 100u);
}

TEST(JsonTest, PrettyPrintingIsThatOfMarshalIndent) {
  const auto document = parse_json(R"({"a":[1,{"b":{}}],"c":[],"d":"x"})");
  ASSERT_TRUE(document);
  std::string out;
  write_pretty_json(document->root, out);
  EXPECT_EQ(out,
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": {}\n    }\n  ],\n"
            "  \"c\": [],\n  \"d\": \"x\"\n}");
}

TEST(JsonTest, QuotingIsThatOfGo) {
  EXPECT_EQ(go_quote("a\"b\\\n\x01\xFF\u00e4\u2028"), "\"a\\\"b\\\\\\n\\x01\\xff\u00e4\\u2028\"");
}

// Random trees, against the text that a plain recursive writer gives for them.
class RandomTree {
 public:
  explicit RandomTree(std::uint32_t seed) : random_(seed) {}

  Value make(Arena& arena, int depth, std::string& text) {
    switch (random_() % (depth > 0 ? 7 : 5)) {
      case 0:
        text += "null";
        return {};
      case 1:
        text += "true";
        return Value::boolean(true);
      case 2: {
        const auto number = static_cast<std::int64_t>(random_()) - (std::int64_t{1} << 31);
        text += std::to_string(number);
        return Value::integer(number);
      }
      case 3:
        text += "0.5";
        return Value::number(0.5);
      case 4: {
        const std::string word = make_word();
        text += "\"" + word + "\"";
        return Value::string(arena, word);
      }
      case 5: {
        const Value array = Value::array(arena);
        text += "[";
        for (std::uint32_t i = 0, n = random_() % 5; i < n; ++i) {
          if (i != 0) text += ",";
          array.push_back(arena, make(arena, depth - 1, text));
        }
        text += "]";
        return array;
      }
      default: {
        const Value object = Value::object(arena);
        text += "{";
        for (std::uint32_t i = 0, n = random_() % 40; i < n; ++i) {
          if (i != 0) text += ",";
          const std::string key = cat("k", i, make_word());
          text += "\"" + key + "\":";
          object.set(arena, key, make(arena, depth - 1, text));
        }
        text += "}";
        return object;
      }
    }
  }

 private:
  std::string make_word() {
    std::string word;
    for (std::uint32_t i = 0, n = random_() % 30; i < n; ++i) {
      word += random_() % 10 == 0 ? "ü" : std::string(1, static_cast<char>('a' + random_() % 26));
    }
    return word;
  }

  std::mt19937 random_;
};

TEST(JsonTest, RandomTreesComeBackEqual) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    Arena arena;
    std::string text;
    const Value made = RandomTree(seed).make(arena, 4, text);
    const auto read = parse_json(text);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->root, made) << text;
    EXPECT_EQ(to_json(made), text);
    EXPECT_EQ(to_json(read->root), text);
    EXPECT_EQ(made.clone(arena), read->root);
  }
}

TEST(JsonTest, EveryPrefixAndEveryBrokenByteOfADocumentEndsCleanly) {
  const std::string text =
      R"({"a":[1,-2.5e3,"x\u00e4\n",true,false,null,{"b":{"c":[[]]}}],"ü":"\ud83d\ude00"})";
  ASSERT_TRUE(parse_json(text));
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(parse_json(text.substr(0, i)));
    for (int b = 0; b < 256; ++b) {
      std::string broken = text;
      broken[i] = static_cast<char>(b);
      if (const auto document = parse_json(broken)) {
        const std::string again = to_json(document->root);
        EXPECT_EQ(round_trip(again), again);
      }
    }
  }
}

TEST(ValueTest, MembersAndElementsAreSetErasedAndInsertedInPlace) {
  Arena arena;
  const Value object = Value::object(arena);
  for (int i = 0; i < 20; ++i) object.set(arena, cat("k", i), Value::integer(i));
  object.set(arena, "k3", Value::boolean(true));
  EXPECT_TRUE(object.erase("k0"));
  EXPECT_FALSE(object.erase("k0"));
  EXPECT_EQ(object.size(), 19u);
  EXPECT_TRUE(object.bool_or("k3", false));
  EXPECT_EQ(object.int_or("k19", 0), 19);
  const Value array = Value::array(arena);
  for (int i = 0; i < 5; ++i) array.insert(arena, 0, Value::integer(i));
  array.erase_at(1);
  EXPECT_EQ(to_json(array), "[4,2,1,0]");
  array.truncate(2);
  EXPECT_EQ(to_json(array), "[4,2]");
}

TEST(ValueTest, EqualityIgnoresMemberOrderAndTellsNumbersByValue) {
  const auto equal = [](std::string_view a, std::string_view b) {
    return parse_json(a)->root == parse_json(b)->root;
  };
  EXPECT_TRUE(equal(R"({"a":1,"b":[2]})", R"({"b":[2.0],"a":1})"));
  EXPECT_FALSE(equal(R"({"a":1})", R"({"b":1})"));
  EXPECT_FALSE(equal("9007199254740993", "9007199254740992.0"));
  EXPECT_FALSE(equal("null", "{}"));
}

}  // namespace
}  // namespace thole::codec
