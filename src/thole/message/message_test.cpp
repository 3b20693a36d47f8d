#include "thole/message/message.hpp"

#include <gtest/gtest.h>

#include "thole/base/text.hpp"

namespace thole::message {
namespace {

std::string show(const Headers& headers) {
  std::string out;
  for (const Headers::Field& field : headers) out += cat(field.name, "=", field.value, ";");
  return out;
}

TEST(Headers, FindNamesWithoutCaseAndKeepTheirOrder) {
  Headers headers;
  headers.add("Accept", "a");
  headers.add("X-Remote-Group", "one");
  headers.add("x-remote-group", "two");
  EXPECT_EQ(headers.get("ACCEPT"), "a");
  EXPECT_EQ(headers.get("X-REMOTE-GROUP"), "one");
  EXPECT_EQ(headers.all("X-Remote-Group"), (std::vector<std::string_view>{"one", "two"}));
  EXPECT_EQ(headers.get("X-Remote"), "");
  EXPECT_FALSE(headers.has("X-Remote-Group2"));
  EXPECT_EQ(show(headers), "Accept=a;X-Remote-Group=one;x-remote-group=two;");
}

TEST(Headers, SetReplacesEveryFieldOfTheName) {
  Headers headers;
  headers.add("a", "1");
  headers.add("A", "2");
  headers.add("b", "3");
  headers.set("A", "4");
  EXPECT_EQ(show(headers), "b=3;A=4;");
}

TEST(Cancellation, FiresOnceAndAtOnceWhenItIsLate) {
  Cancellation cancellation;
  int calls = 0;
  cancellation.on_fire([&] { ++calls; });
  cancellation.fire();
  cancellation.fire();
  EXPECT_TRUE(cancellation.fired());
  EXPECT_EQ(calls, 1);
  cancellation.on_fire([&] { calls += 10; });
  EXPECT_EQ(calls, 11);
  cancellation.on_fire(nullptr);
}

TEST(Cancellation, ForgetsATaskThatWasRemoved) {
  Cancellation cancellation;
  cancellation.on_fire([] { FAIL(); });
  cancellation.on_fire(nullptr);
  cancellation.fire();
}

}  // namespace
}  // namespace thole::message
