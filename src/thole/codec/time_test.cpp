#include "thole/codec/time.hpp"

#include <gtest/gtest.h>

#include "thole/codec/base64.hpp"

namespace thole::codec {
namespace {

std::string as_time(std::string_view text) {
  const auto time = parse_time(text);
  return time ? format_time(*time) : time.error().message;
}

TEST(TimeTest, TimesComeOutInUtcAndWholeSeconds) {
  EXPECT_EQ(as_time("2026-01-31T12:00:00Z"), "2026-01-31T12:00:00Z");
  EXPECT_EQ(as_time("2026-01-31T12:00:00.999+02:30"), "2026-01-31T09:30:00Z");
  EXPECT_EQ(as_time("1969-12-31T23:59:59-00:01"), "1970-01-01T00:00:59Z");
  EXPECT_EQ(as_time("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00Z");
  EXPECT_EQ(*parse_time("0001-01-01T00:00:00Z"), zero_time);
}

TEST(TimeTest, ErrorsHaveGosWords) {
  EXPECT_EQ(as_time("x"),
            "parsing time \"x\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"x\" "
            "as \"2006\"");
  EXPECT_EQ(as_time("2026-13-01T00:00:00Z"),
            "parsing time \"2026-13-01T00:00:00Z\": month out of range");
  EXPECT_EQ(as_time("2026-02-29T00:00:00Z"),
            "parsing time \"2026-02-29T00:00:00Z\": day out of range");
  EXPECT_EQ(as_time("2026-01-01T00:00:00Zx"),
            "parsing time \"2026-01-01T00:00:00Zx\": extra text: \"x\"");
}

TEST(TimeTest, MicroTimesHaveExactlySixDigits) {
  EXPECT_EQ(format_micro_time(*parse_micro_time("2026-01-31T12:00:00.000120Z")),
            "2026-01-31T12:00:00.000120Z");
  EXPECT_FALSE(parse_micro_time("2026-01-31T12:00:00Z"));
  EXPECT_FALSE(parse_micro_time("2026-01-31T12:00:00.1234567Z"));
}

TEST(TimeTest, DurationsAreGos) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"1h", "1h0m0s"}, {"90s", "1m30s"},      {"1.5s", "1.5s"},       {"-1ms", "-1ms"},
      {"0", "0s"},      {"1us1ns", "1.001µs"}, {"100h5m", "100h5m0s"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(format_duration(*parse_duration(text)), expected) << text;
  }
  EXPECT_EQ(parse_duration("1").error().message, "time: missing unit in duration \"1\"");
  EXPECT_EQ(parse_duration("1x").error().message, "time: unknown unit \"x\" in duration \"1x\"");
  EXPECT_FALSE(parse_duration("9999999h"));
  EXPECT_FALSE(parse_duration("."));
}

TEST(Base64Test, EncodesAndDecodesEveryLength) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(*decode_base64(encode_base64(bytes)), bytes);
    EXPECT_EQ(*decode_base64_url(encode_base64_url(bytes)), bytes);
    bytes += static_cast<char>(i * 7);
  }
  EXPECT_EQ(encode_base64("hi"), "aGk=");
  EXPECT_EQ(*decode_base64("aG\nk="), "hi");
  EXPECT_EQ(decode_base64("a$b=").error().message, "illegal base64 data at input byte 1");
  EXPECT_FALSE(decode_base64("aGk"));
  EXPECT_FALSE(decode_base64("aGk=="));
  EXPECT_FALSE(decode_base64("a"));
}

}  // namespace
}  // namespace thole::codec
