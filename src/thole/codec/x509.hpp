#pragma once
// X.509 certificates: making authorities, server and client certificates (ECDSA P-256), reading
// them back, and verifying a client's chain against a bundle of authorities at a given wall time.
//
// A certificate that a client presents is hostile bytes. Verifying follows what Go's crypto/x509
// does for kube-apiserver's client authentication: any certificate of the bundle is an anchor,
// the leaf must be fit for client authentication, and the subject says who it is: the common name
// is the user, the organizations are the groups, attribute 1.3.6.1.4.1.57683.2 is the uid.
//
// Keys and serial numbers come from OpenSSL's generator, which is the process's; everything else
// is a function of the arguments. Threads: any; a CaBundle may be used by several at once.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thole/base/clock.hpp"
#include "thole/base/result.hpp"

namespace thole::codec {

// A certificate and its private key, each as PEM. `certificate` may hold a chain, leaf first.
struct KeyPair {
  std::string certificate_pem;
  std::string key_pem;
};

struct CertificateSubject {
  std::string common_name;
  std::vector<std::string> organizations;  // In the order of the certificate.
  std::string uid;                         // Empty when there is none.
};

struct Validity {
  WallTime not_before;
  WallTime not_after;
};

// What a leaf certificate is for. The names may be DNS names or IP addresses (v4 or v6).
struct LeafOptions {
  CertificateSubject subject;
  std::vector<std::string> names;
  Validity validity;
  bool for_server = false;
  bool for_client = false;
};

// A self-signed authority.
Result<KeyPair> make_authority(std::string_view common_name, Validity validity);
// A certificate for a fresh key, signed by `authority`.
Result<KeyPair> make_leaf(const KeyPair& authority, const LeafOptions& options);
// A fresh P-256 key as PKCS#8 PEM, for example to sign service account tokens.
Result<std::string> make_key_pem();

// What can be read off one certificate without verifying it.
struct CertificateInfo {
  CertificateSubject subject;
  std::string issuer_common_name;
  std::vector<std::string> names;  // Alternative names: DNS names and IP addresses, as text.
  Validity validity;
  std::string sha256_hex;  // Of the DER bytes, lower case.
};
Result<CertificateInfo> read_certificate(std::string_view der);

// The certificates of a PEM text in order, as DER; at most 1,000. Other PEM blocks are skipped.
// Fails with Invalid when there is none, or one does not parse.
Result<std::vector<std::string>> certificates_of_pem(std::string_view pem);
std::string pem_of_certificate(std::string_view der);

// Fails with Invalid unless `key_pem` is the private key of the first certificate.
Result<void> check_key_pair(const KeyPair& pair);

class CaBundle {
 public:
  // Fails with Invalid as `certificates_of_pem` does.
  static Result<CaBundle> parse(std::string_view pem);

  // Verifies a client's chain (DER, leaf first, at most 10 deep) as of `at`. Fails with
  // Unauthorized, saying why.
  Result<CertificateInfo> verify_client(std::span<const std::string> chain_der, WallTime at) const;

 private:
  struct Store;
  std::shared_ptr<const Store> store_;
};

}  // namespace thole::codec
