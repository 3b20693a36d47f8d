#include "thole/cli/duration.hpp"

#include <gtest/gtest.h>

namespace thole::cli {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, ReadsWhatGoWrites) {
  EXPECT_EQ(parse_duration("5m"), Duration(5min));
  EXPECT_EQ(parse_duration("1h30m"), Duration(90min));
  EXPECT_EQ(parse_duration("1m0s"), Duration(1min));
  EXPECT_EQ(parse_duration("250ms"), Duration(250ms));
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (auto text : {"", "5", "m", "-5m", "5 m", "5x", "99999999999999999999s", "9999999h"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
}  // namespace thole::cli
