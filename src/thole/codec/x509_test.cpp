#include "thole/codec/x509.hpp"

#include <gtest/gtest.h>

namespace thole::codec {
namespace {

using namespace std::chrono_literals;

const WallTime noon = WallTime(std::chrono::sys_days(std::chrono::year(2030) / 6 / 1)) + 12h;
const Validity one_day = {noon - 1h, noon + 23h};

std::string der_of(const KeyPair& pair) {
  return certificates_of_pem(pair.certificate_pem).value().front();
}

KeyPair client(const KeyPair& authority) {
  return make_leaf(
             authority,
             {.subject = {"jane", {"dev", "ops"}, "u-1"}, .validity = one_day, .for_client = true})
      .value();
}

TEST(X509, TellsWhoAVerifiedClientIs) {
  const KeyPair authority = make_authority("test-ca", one_day).value();
  const CaBundle bundle = CaBundle::parse(authority.certificate_pem).value();
  const std::string chain[] = {der_of(client(authority))};

  const CertificateInfo info = bundle.verify_client(chain, noon).value();
  EXPECT_EQ(info.subject.common_name, "jane");
  EXPECT_EQ(info.subject.organizations, (std::vector<std::string>{"dev", "ops"}));
  EXPECT_EQ(info.subject.uid, "u-1");
  EXPECT_EQ(info.issuer_common_name, "test-ca");
  EXPECT_EQ(info.validity.not_after, one_day.not_after);
  EXPECT_EQ(info.sha256_hex.size(), 64u);
}

TEST(X509, AcceptsFromTheFirstToTheLastSecondOnly) {
  const KeyPair authority = make_authority("test-ca", {noon - 48h, noon + 48h}).value();
  const CaBundle bundle = CaBundle::parse(authority.certificate_pem).value();
  const std::string chain[] = {der_of(client(authority))};

  EXPECT_FALSE(bundle.verify_client(chain, one_day.not_before - 1s));
  EXPECT_TRUE(bundle.verify_client(chain, one_day.not_before));
  EXPECT_TRUE(bundle.verify_client(chain, one_day.not_after - 1s));
  EXPECT_FALSE(bundle.verify_client(chain, one_day.not_after + 1s));
}

TEST(X509, RefusesAnotherAuthorityOfTheSameName) {
  const KeyPair ours = make_authority("test-ca", one_day).value();
  const KeyPair theirs = make_authority("test-ca", one_day).value();
  const CaBundle bundle = CaBundle::parse(ours.certificate_pem).value();
  const std::string chain[] = {der_of(client(theirs)), der_of(theirs)};
  EXPECT_EQ(bundle.verify_client(chain, noon).error().kind, ErrorKind::Unauthorized);
}

TEST(X509, RefusesAServerCertificateAsAClient) {
  const KeyPair authority = make_authority("test-ca", one_day).value();
  const CaBundle bundle = CaBundle::parse(authority.certificate_pem).value();
  const KeyPair server =
      make_leaf(authority, {.subject = {"server", {}, {}},
                            .names = {"localhost", "127.0.0.1", "::1", "a,DNS:b"},
                            .validity = one_day,
                            .for_server = true})
          .value();
  const std::string chain[] = {der_of(server)};
  EXPECT_FALSE(bundle.verify_client(chain, noon));
  EXPECT_EQ(read_certificate(chain[0]).value().names,
            (std::vector<std::string>{"localhost", "127.0.0.1",
                                      "0000:0000:0000:0000:0000:0000:0000:0001", "a,DNS:b"}));
}

TEST(X509, RefusesALeafThatSignsOthers) {
  const KeyPair authority = make_authority("test-ca", one_day).value();
  const KeyPair middle = client(authority);
  const CaBundle bundle = CaBundle::parse(authority.certificate_pem).value();
  const std::string chain[] = {der_of(client(middle)), der_of(middle)};
  EXPECT_FALSE(bundle.verify_client(chain, noon));
}

TEST(X509, ChecksThatAKeyBelongsToItsCertificate) {
  const KeyPair one = make_authority("one", one_day).value();
  const KeyPair two = make_authority("two", one_day).value();
  EXPECT_TRUE(check_key_pair(one));
  EXPECT_EQ(check_key_pair({one.certificate_pem, two.key_pem}).error().kind, ErrorKind::Invalid);
  EXPECT_EQ(check_key_pair({one.certificate_pem, "nonsense"}).error().kind, ErrorKind::Invalid);
}

TEST(X509, ReadsABundleInOrderAndSkipsOtherBlocks) {
  const KeyPair one = make_authority("one", one_day).value();
  const KeyPair two = make_authority("two", one_day).value();
  const auto ders = certificates_of_pem(one.certificate_pem + one.key_pem + two.certificate_pem);
  ASSERT_EQ(ders.value().size(), 2u);
  EXPECT_EQ(read_certificate((*ders)[1]).value().subject.common_name, "two");
  EXPECT_FALSE(certificates_of_pem(""));
  EXPECT_FALSE(certificates_of_pem(one.key_pem));
  std::string cut = one.certificate_pem;
  cut.resize(cut.size() / 2);
  EXPECT_FALSE(certificates_of_pem(cut));
}

TEST(X509, SurvivesEveryCutAndChangeOfACertificate) {
  const KeyPair authority = make_authority("test-ca", one_day).value();
  const CaBundle bundle = CaBundle::parse(authority.certificate_pem).value();
  const std::string der = der_of(client(authority));
  for (std::size_t i = 0; i < der.size(); ++i) {
    const std::string cut[] = {der.substr(0, i)};
    EXPECT_FALSE(bundle.verify_client(cut, noon)) << i;
    std::string changed[] = {der};
    changed[0][i] = static_cast<char>(changed[0][i] ^ 0x20);
    EXPECT_FALSE(bundle.verify_client(changed, noon)) << i;
  }
}

}  // namespace
}  // namespace thole::codec
