#include "thole/codec/regex.hpp"

#include <gtest/gtest.h>

#include <random>
#include <regex>

namespace thole::codec {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
  const auto regex = Regex::compile(pattern);
  EXPECT_TRUE(regex) << regex.error().message;
  return regex && regex->matches(text);
}

TEST(RegexTest, PatternsThatSchemasUseMatchAsInGo) {
  const std::string_view dns = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
  EXPECT_TRUE(matches(dns, "a-b.example.com"));
  EXPECT_FALSE(matches(dns, "-a"));
  EXPECT_FALSE(matches(dns, "a..b"));
  EXPECT_TRUE(matches("^\\d{3}-\\w+$", "123-ab_c"));
  EXPECT_FALSE(matches("^\\d{3}-\\w+$", "12-ab"));
  EXPECT_TRUE(matches("b+", "aabbb"));
  EXPECT_TRUE(matches("^(foo|bar)?$", ""));
  EXPECT_TRUE(matches("(?i)^HELLO$", "hellO"));
  EXPECT_TRUE(matches("^[[:alpha:]_][^[:space:]]{1,3}$", "a1ü-"));
  EXPECT_FALSE(matches("^.$", "\n"));
  EXPECT_TRUE(matches("(?s)^.$", "\n"));
  EXPECT_TRUE(matches("^ü$", "ü"));
  EXPECT_TRUE(matches("\\bfoo\\b", "a foo b"));
  EXPECT_FALSE(matches("\\bfoo\\b", "afoo"));
  EXPECT_TRUE(matches("^\\Qa.b\\E$", "a.b"));
  EXPECT_TRUE(matches("^[\\]a-]+$", "]a-"));
  EXPECT_TRUE(matches("a{,2}", "a{,2}"));
  EXPECT_TRUE(matches("^\\x41\\x{42}\\pL$", "ABc"));
  EXPECT_TRUE(matches("", "anything"));
}

TEST(RegexTest, ErrorsHaveGosWords) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"[a", "error parsing regexp: missing closing ]: `[a`"},
      {"(a", "error parsing regexp: missing closing ): `(a`"},
      {"a)", "error parsing regexp: unexpected ): `a)`"},
      {"*a", "error parsing regexp: missing argument to repetition operator: `*`"},
      {"a**", "error parsing regexp: invalid nested repetition operator: `*`"},
      {"a{2,1}", "error parsing regexp: invalid repeat count: `{2,1}`"},
      {"[b-a]", "error parsing regexp: invalid character class range: `b-a`"},
      {"(?=a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?=`"},
      {"\\y", "error parsing regexp: invalid escape sequence: `\\y`"},
  };
  for (const auto& [pattern, message] : cases) {
    const auto regex = Regex::compile(pattern);
    ASSERT_FALSE(regex) << pattern;
    EXPECT_EQ(regex.error().message, message);
  }
  EXPECT_FALSE(Regex::compile("((a{1000}){1000}){1000}"));
  EXPECT_FALSE(Regex::compile(std::string(1'000, '(') + std::string(1'000, ')')));
}

TEST(RegexTest, PatternsThatBacktrackElsewhereTakeLinearTime) {
  EXPECT_FALSE(matches("^(a|a)*$", std::string(50'000, 'a') + "b"));
  EXPECT_FALSE(matches("^(a*)*$", std::string(50'000, 'a') + "b"));
}

TEST(RegexTest, RandomPatternsAgreeWithTheStandardLibrarys) {
  std::mt19937 random(7);
  const auto text = [&](std::string_view alphabet, std::size_t size) {
    std::string all;
    for (std::size_t i = 0; i < size; ++i) all += alphabet[random() % alphabet.size()];
    return all;
  };
  int compared = 0;
  for (int i = 0; i < 4'000; ++i) {
    const std::string pattern = text("aab.|()*+?[^]", 1 + random() % 8);
    const auto ours = Regex::compile(pattern);
    std::regex theirs;
    try {
      theirs = std::regex(pattern);
    } catch (const std::regex_error&) {
      continue;
    }
    // An empty class is an error here; there an empty alternative or ^* is read differently.
    if (!ours || pattern.find('[') != std::string::npos ||
        pattern.find("^*") != std::string::npos || pattern.find("^+") != std::string::npos ||
        pattern.find("^?") != std::string::npos) {
      continue;
    }
    for (int k = 0; k < 5; ++k) {
      const std::string subject = text("ab", random() % 6);
      EXPECT_EQ(ours->matches(subject), std::regex_search(subject, theirs))
          << pattern << " on " << subject;
      ++compared;
    }
  }
  EXPECT_GT(compared, 1'000);
}

}  // namespace
}  // namespace thole::codec
