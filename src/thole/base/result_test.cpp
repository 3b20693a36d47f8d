#include "thole/base/result.hpp"

#include <gtest/gtest.h>

#include "thole/base/random.hpp"
#include "thole/base/text.hpp"

namespace thole {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorKind::BadRequest, cat(number, " is odd"));
  return number / 2;
}

Result<void> even(int number) {
  THOLE_TRY(const int ignored, half(number));
  static_cast<void>(ignored);
  return {};
}

Result<int> quarter(int number) {
  THOLE_CHECK(even(number));
  THOLE_TRY(const int twice, half(number));
  return half(twice);
}

TEST(Result, PassesTheFirstErrorOn) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().message, "3 is odd");
  EXPECT_EQ(quarter(5).error().message, "5 is odd");
  EXPECT_EQ(quarter(5).error().kind, ErrorKind::BadRequest);
}

TEST(Result, KindsHaveTheReasonsAndCodesOfAStatus) {
  EXPECT_EQ(reason_of(ErrorKind::AlreadyExists), "AlreadyExists");
  EXPECT_EQ(http_code_of(ErrorKind::AlreadyExists), 409);
  EXPECT_EQ(reason_of(ErrorKind::Invalid), "Invalid");
  EXPECT_EQ(http_code_of(ErrorKind::Invalid), 422);
  EXPECT_EQ(reason_of(ErrorKind::Timeout), "Timeout");
  EXPECT_EQ(http_code_of(ErrorKind::Timeout), 504);
  EXPECT_EQ((Error{.kind = ErrorKind::Invalid, .code = 400}.http_code()), 400);
}

TEST(Cat, JoinsTextsAndNumbers) {
  EXPECT_EQ(cat(), "");
  EXPECT_EQ(cat("a", 1, 'x', std::string("yz"), -5, 18446744073709551615u),
            "a1xyz-518446744073709551615");
}

// Counts up, so that what `below` does with its words can be worked out by hand.
class Script : public Random {
 public:
  explicit Script(std::vector<std::uint64_t> words) : words_(std::move(words)) {}
  std::uint64_t next() override { return words_.at(used_++); }
  void fill(std::span<std::byte>) override { FAIL(); }
  std::unique_ptr<Random> fork(std::string_view) override { return nullptr; }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t used_ = 0;
};

TEST(Random, BelowScalesAndRejectsWhatWouldBeUneven) {
  const std::uint64_t top = ~0ull;
  EXPECT_EQ(Script({0x8000000000000000}).below(16), 8u);
  EXPECT_EQ(Script({top}).below(10), 9u);
  EXPECT_EQ(Script({top}).below(1), 0u);
  EXPECT_EQ(Script({12345}).below(1ull << 63), 6172u);
  // 2^64 mod 3 is 1, so of the words that give 0 exactly one is one too many: 0 itself.
  EXPECT_EQ(Script({0, top}).below(3), 2u);
}

}  // namespace
}  // namespace thole
