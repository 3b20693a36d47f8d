#include "thole/api/auth/verified_chains.hpp"

#include <gtest/gtest.h>

namespace thole::api {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNow{WallTime(24h * 365 * 50)};

std::vector<std::string> chain_of(const codec::KeyPair& authority, std::string name,
                                  Duration life) {
  codec::LeafOptions leaf;
  leaf.subject.common_name = std::move(name);
  leaf.validity = {kNow - 1h, kNow + life};
  leaf.for_client = true;
  return *codec::certificates_of_pem(codec::make_leaf(authority, leaf)->certificate_pem);
}

TEST(VerifiedChains, AnswersAsVerifyingDoes) {
  const codec::KeyPair authority = *codec::make_authority("ca", {kNow - 1h, kNow + 48h});
  const codec::KeyPair stranger = *codec::make_authority("other", {kNow - 1h, kNow + 48h});
  const auto bundle = *codec::CaBundle::parse(authority.certificate_pem);
  const VerifiedChains chains;
  const auto jane = chain_of(authority, "jane", 24h);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(chains.verify(bundle, jane, kNow)->subject.common_name, "jane");
    EXPECT_FALSE(chains.verify(bundle, chain_of(stranger, "jane", 24h), kNow));
    EXPECT_FALSE(chains.verify(bundle, {}, kNow));
  }
}

TEST(VerifiedChains, ForgetsACertificateThatHasEnded) {
  const codec::KeyPair authority = *codec::make_authority("ca", {kNow - 1h, kNow + 48h});
  const auto bundle = *codec::CaBundle::parse(authority.certificate_pem);
  const VerifiedChains chains;
  const auto shortly = chain_of(authority, "jane", 10s);
  EXPECT_TRUE(chains.verify(bundle, shortly, kNow));
  EXPECT_FALSE(chains.verify(bundle, shortly, kNow + 20s));
}

TEST(VerifiedChains, NoticesWithinAMinuteThatTheAuthorityHasEnded) {
  const codec::KeyPair authority = *codec::make_authority("ca", {kNow - 1h, kNow + 30s});
  const auto bundle = *codec::CaBundle::parse(authority.certificate_pem);
  const VerifiedChains chains;
  const auto jane = chain_of(authority, "jane", 24h);
  EXPECT_TRUE(chains.verify(bundle, jane, kNow));
  EXPECT_FALSE(chains.verify(bundle, jane, kNow + 61s));
}

}  // namespace
}  // namespace thole::api
