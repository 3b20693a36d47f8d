#include "thole/codec/gzip.hpp"

#include <gtest/gtest.h>

#include <random>

namespace thole::codec {
namespace {

TEST(Gzip, GivesBackWhatWentIn) {
  std::mt19937_64 random(7);
  for (std::size_t size : {0u, 1u, 100u, 16'383u, 16'384u, 16'385u, 1'000'000u}) {
    std::string plain(size, '\0');
    for (char& c : plain) c = static_cast<char>('a' + random() % 4);
    const std::string packed = gzip(plain);
    EXPECT_EQ(gunzip(packed, size).value(), plain) << size;
  }
}

TEST(Gzip, TakesABodyAtTheBoundAndRefusesOnePastIt) {
  const std::string packed = gzip(std::string(100'000, 'x'));
  EXPECT_EQ(gunzip(packed, 100'000).value().size(), 100'000u);
  EXPECT_EQ(gunzip(packed, 99'999).error().kind, ErrorKind::RequestEntityTooLarge);
}

TEST(Gzip, RefusesABombWithoutUnpackingIt) {
  const std::string packed = gzip(std::string(64 * 1024 * 1024, '\0'), 9);
  EXPECT_LT(packed.size(), 100'000u);
  EXPECT_EQ(gunzip(packed, 1024).error().kind, ErrorKind::RequestEntityTooLarge);
}

TEST(Gzip, JoinsMembers) { EXPECT_EQ(gunzip(gzip("one ") + gzip("two"), 100).value(), "one two"); }

TEST(Gzip, RefusesWhatIsCutOrChanged) {
  const std::string packed = gzip(std::string(5'000, 'x') + "tail");
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_EQ(gunzip(packed.substr(0, size), 10'000).error().kind, ErrorKind::BadRequest) << size;
  }
  std::string changed = packed;
  changed[packed.size() - 6] ^= 1;  // In the checksum.
  EXPECT_EQ(gunzip(changed, 10'000).error().kind, ErrorKind::BadRequest);
  EXPECT_EQ(gunzip("plain text", 10'000).error().kind, ErrorKind::BadRequest);
}

}  // namespace
}  // namespace thole::codec
