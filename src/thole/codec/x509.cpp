#include "thole/codec/x509.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdint>
#include <ctime>

#include "thole/base/text.hpp"

namespace thole::codec {
namespace {

constexpr std::size_t certificates_max = 1'000;
constexpr std::size_t chain_max = 10;
constexpr const char* uid_oid = "1.3.6.1.4.1.57683.2";

template <typename T, void (*destroy)(T*)>
struct Deleter {
  void operator()(T* object) const { destroy(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509, X509_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX, X509_STORE_CTX_free>>;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

// OpenSSL keeps its errors in a queue of the thread; leaving them there would confuse TLS later.
std::unexpected<Error> openssl_failure(ErrorKind kind, std::string_view what) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  std::array<char, 256> text{};
  if (code != 0) ERR_error_string_n(code, text.data(), text.size());
  return fail(kind, cat(what, code != 0 ? ": " : "", text.data()));
}

Bio bio_over(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string take_text(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

Result<std::string> pem_of_key(EVP_PKEY* key) {
  Bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return openssl_failure(ErrorKind::InternalError, "writing a private key");
  }
  return take_text(bio.get());
}

// A null password would make OpenSSL ask on the terminal.
int no_password(char*, int, int, void*) { return 0; }

Result<Key> key_of_pem(std::string_view pem) {
  const Bio bio = bio_over(pem);
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!key) return openssl_failure(ErrorKind::Invalid, "the private key does not parse");
  return key;
}

std::string der_of(X509* certificate) {
  std::uint8_t* data = nullptr;
  const int size = i2d_X509(certificate, &data);
  THOLE_ASSERT(size > 0);
  std::string der(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  OPENSSL_free(data);
  return der;
}

Result<Certificate> certificate_of_der(std::string_view der) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(der.data());
  const std::uint8_t* const end = data + der.size();
  Certificate certificate(d2i_X509(nullptr, &data, static_cast<long>(der.size())));
  if (!certificate || data != end) {
    return openssl_failure(ErrorKind::Invalid, "the certificate does not parse");
  }
  return certificate;
}

Result<Certificate> first_certificate_of(const KeyPair& pair) {
  THOLE_TRY(const std::vector<std::string> chain, certificates_of_pem(pair.certificate_pem));
  return certificate_of_der(chain.front());
}

std::time_t seconds_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// All values of one attribute of a name, as UTF-8, in order.
std::vector<std::string> attributes(const X509_NAME* name, const ASN1_OBJECT* type) {
  std::vector<std::string> values;
  for (int i = -1; (i = X509_NAME_get_index_by_OBJ(name, type, i)) >= 0;) {
    std::uint8_t* text = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
    if (size < 0) {
      ERR_clear_error();
      continue;
    }
    values.emplace_back(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
  }
  return values;
}

std::string last_common_name(const X509_NAME* name) {
  std::vector<std::string> names = attributes(name, OBJ_nid2obj(NID_commonName));
  return names.empty() ? std::string() : std::move(names.back());
}

Result<CertificateSubject> subject_of(const X509_NAME* name) {
  CertificateSubject subject;
  subject.common_name = last_common_name(name);
  subject.organizations = attributes(name, OBJ_nid2obj(NID_organizationName));
  const std::unique_ptr<ASN1_OBJECT, Deleter<ASN1_OBJECT, ASN1_OBJECT_free>> type(
      OBJ_txt2obj(uid_oid, 1));
  std::vector<std::string> uids = attributes(name, type.get());
  if (uids.size() > 1) return fail(ErrorKind::Invalid, "the certificate has more than one uid");
  if (!uids.empty()) {
    if (uids[0].empty()) return fail(ErrorKind::Invalid, "the certificate's uid is empty");
    subject.uid = std::move(uids[0]);
  }
  return subject;
}

bool add_attribute(X509_NAME* name, const ASN1_OBJECT* type, std::string_view value) {
  return X509_NAME_add_entry_by_OBJ(name, type, MBSTRING_UTF8,
                                    reinterpret_cast<const std::uint8_t*>(value.data()),
                                    static_cast<int>(value.size()), -1, 0) == 1;
}

bool write_subject(X509_NAME* name, const CertificateSubject& subject) {
  for (const std::string& organization : subject.organizations) {
    if (!add_attribute(name, OBJ_nid2obj(NID_organizationName), organization)) return false;
  }
  if (!subject.uid.empty()) {
    const std::unique_ptr<ASN1_OBJECT, Deleter<ASN1_OBJECT, ASN1_OBJECT_free>> type(
        OBJ_txt2obj(uid_oid, 1));
    if (!add_attribute(name, type.get(), subject.uid)) return false;
  }
  return subject.common_name.empty() ||
         add_attribute(name, OBJ_nid2obj(NID_commonName), subject.common_name);
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION, X509_EXTENSION_free>> extension(
      X509V3_EXT_nconf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

void free_names(GENERAL_NAMES* names) { GENERAL_NAMES_free(names); }

// Built name by name: in OpenSSL's text form a comma in a name would start another one.
bool add_names(X509* certificate, const std::vector<std::string>& names) {
  const std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES, free_names>> all(
      sk_GENERAL_NAME_new_null());
  for (const std::string& name : names) {
    std::unique_ptr<GENERAL_NAME, Deleter<GENERAL_NAME, GENERAL_NAME_free>> one(GENERAL_NAME_new());
    if (ASN1_OCTET_STRING* address = a2i_IPADDRESS(name.c_str())) {
      GENERAL_NAME_set0_value(one.get(), GEN_IPADD, address);
    } else {
      ERR_clear_error();
      ASN1_IA5STRING* dns = ASN1_IA5STRING_new();
      if (ASN1_STRING_set(dns, name.data(), static_cast<int>(name.size())) != 1) return false;
      GENERAL_NAME_set0_value(one.get(), GEN_DNS, dns);
    }
    sk_GENERAL_NAME_push(all.get(), one.release());
  }
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, all.get(), 0, X509V3_ADD_DEFAULT) ==
         1;
}

// Everything that an authority and a leaf have in common, up to the extensions.
Result<Certificate> unsigned_certificate(EVP_PKEY* key, const CertificateSubject& subject,
                                         const Validity& validity) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  std::array<std::uint8_t, 16> serial{};
  if (RAND_bytes(serial.data(), serial.size()) != 1) {
    return openssl_failure(ErrorKind::InternalError, "no randomness for a serial number");
  }
  serial[0] = (serial[0] & 0x7f) | 0x40;  // Positive, and always 16 bytes long.
  BIGNUM* number = BN_bin2bn(serial.data(), serial.size(), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
  BN_free(number);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), seconds_of(validity.not_before));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), seconds_of(validity.not_after));
  if (!write_subject(X509_get_subject_name(certificate.get()), subject) ||
      X509_set_pubkey(certificate.get(), key) != 1) {
    return openssl_failure(ErrorKind::Invalid, "the certificate's subject can't be encoded");
  }
  return certificate;
}

Result<KeyPair> signed_pair(X509* certificate, EVP_PKEY* key, EVP_PKEY* issuer_key) {
  if (X509_sign(certificate, issuer_key, EVP_sha256()) == 0) {
    return openssl_failure(ErrorKind::InternalError, "signing a certificate");
  }
  THOLE_TRY(std::string key_pem, pem_of_key(key));
  return KeyPair{pem_of_certificate(der_of(certificate)), std::move(key_pem)};
}

Result<Key> make_key() {
  Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (!key) return openssl_failure(ErrorKind::InternalError, "making a P-256 key");
  return key;
}

std::string text_of_address(const ASN1_OCTET_STRING* address) {
  const std::uint8_t* bytes = ASN1_STRING_get0_data(address);
  if (ASN1_STRING_length(address) == 4) {
    return cat(int{bytes[0]}, '.', int{bytes[1]}, '.', int{bytes[2]}, '.', int{bytes[3]});
  }
  if (ASN1_STRING_length(address) != 16) return "invalid";
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i != 0 && i % 2 == 0) text += ':';
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> texts;
  const std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES, free_names>> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) {
      const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
      texts.emplace_back(text, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      texts.push_back(text_of_address(name->d.iPAddress));
    }
  }
  ERR_clear_error();
  return texts;
}

Result<WallTime> wall_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    return openssl_failure(ErrorKind::Invalid, "the certificate's validity does not parse");
  }
  const std::chrono::year_month_day day(std::chrono::year(parts.tm_year + 1900),
                                        std::chrono::month(static_cast<unsigned>(parts.tm_mon) + 1),
                                        std::chrono::day(static_cast<unsigned>(parts.tm_mday)));
  // Nanoseconds of 64 bits end in 2262; certificates may say 9999.
  if (day.year() > std::chrono::year(2261)) return WallTime::max();
  if (day.year() < std::chrono::year(1700)) return WallTime::min();
  return std::chrono::sys_days(day) + std::chrono::hours(parts.tm_hour) +
         std::chrono::minutes(parts.tm_min) + std::chrono::seconds(parts.tm_sec);
}

Result<CertificateInfo> info_of(X509* certificate) {
  CertificateInfo info;
  THOLE_TRY(info.subject, subject_of(X509_get_subject_name(certificate)));
  info.issuer_common_name = last_common_name(X509_get_issuer_name(certificate));
  info.names = names_of(certificate);
  THOLE_TRY(info.validity.not_before, wall_of(X509_get0_notBefore(certificate)));
  THOLE_TRY(info.validity.not_after, wall_of(X509_get0_notAfter(certificate)));
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  for (unsigned i = 0; i < size; ++i) {
    info.sha256_hex += "0123456789abcdef"[digest[i] >> 4];
    info.sha256_hex += "0123456789abcdef"[digest[i] & 15];
  }
  return info;
}

void free_stack(STACK_OF(X509) * stack) { sk_X509_free(stack); }

}  // namespace

struct CaBundle::Store {
  X509_STORE* store = X509_STORE_new();
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store() { X509_STORE_free(store); }
};

Result<std::string> make_key_pem() {
  THOLE_TRY(const Key key, make_key());
  return pem_of_key(key.get());
}

Result<KeyPair> make_authority(std::string_view common_name, Validity validity) {
  THOLE_TRY(const Key key, make_key());
  THOLE_TRY(const Certificate certificate,
            unsigned_certificate(key.get(), {std::string(common_name), {}, {}}, validity));
  X509* const self = certificate.get();
  if (X509_set_issuer_name(self, X509_get_subject_name(self)) != 1 ||
      !add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE") ||
      !add_extension(self, self, NID_key_usage, "critical,digitalSignature,keyCertSign") ||
      !add_extension(self, self, NID_subject_key_identifier, "hash")) {
    return openssl_failure(ErrorKind::InternalError, "making an authority");
  }
  return signed_pair(self, key.get(), key.get());
}

Result<KeyPair> make_leaf(const KeyPair& authority, const LeafOptions& options) {
  THOLE_TRY(const Certificate issuer, first_certificate_of(authority));
  THOLE_TRY(const Key issuer_key, key_of_pem(authority.key_pem));
  THOLE_TRY(const Key key, make_key());
  THOLE_TRY(const Certificate certificate,
            unsigned_certificate(key.get(), options.subject, options.validity));
  X509* const leaf = certificate.get();
  std::string uses = options.for_server ? "serverAuth" : "";
  if (options.for_client) uses += uses.empty() ? "clientAuth" : ",clientAuth";
  if (X509_set_issuer_name(leaf, X509_get_subject_name(issuer.get())) != 1 ||
      !add_extension(leaf, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(leaf, issuer.get(), NID_key_usage, "critical,digitalSignature") ||
      (!uses.empty() && !add_extension(leaf, issuer.get(), NID_ext_key_usage, uses)) ||
      !add_extension(leaf, issuer.get(), NID_subject_key_identifier, "hash") ||
      !add_extension(leaf, issuer.get(), NID_authority_key_identifier, "keyid") ||
      (!options.names.empty() && !add_names(leaf, options.names))) {
    return openssl_failure(ErrorKind::InternalError, "making a certificate");
  }
  return signed_pair(leaf, key.get(), issuer_key.get());
}

Result<CertificateInfo> read_certificate(std::string_view der) {
  THOLE_TRY(const Certificate certificate, certificate_of_der(der));
  return info_of(certificate.get());
}

Result<std::vector<std::string>> certificates_of_pem(std::string_view pem) {
  std::vector<std::string> chain;
  const Bio bio = bio_over(pem);
  for (;;) {
    char* name = nullptr;
    char* header = nullptr;
    std::uint8_t* data = nullptr;
    long size = 0;
    if (PEM_read_bio(bio.get(), &name, &header, &data, &size) != 1) break;
    const std::string_view label = name;
    const bool wanted = label == "CERTIFICATE" || label == "X509 CERTIFICATE";
    std::string der(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
    if (!wanted) continue;
    if (chain.size() == certificates_max) {
      return fail(ErrorKind::Invalid, cat("more than ", certificates_max, " certificates"));
    }
    THOLE_TRY(const Certificate certificate, certificate_of_der(der));
    chain.push_back(std::move(der));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end) return openssl_failure(ErrorKind::Invalid, "the PEM text does not parse");
  ERR_clear_error();
  if (chain.empty()) return fail(ErrorKind::Invalid, "the PEM text holds no certificate");
  return chain;
}

std::string pem_of_certificate(std::string_view der) {
  Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio(bio.get(), "CERTIFICATE", "", reinterpret_cast<const std::uint8_t*>(der.data()),
                static_cast<long>(der.size()));
  return take_text(bio.get());
}

Result<void> check_key_pair(const KeyPair& pair) {
  THOLE_TRY(const Certificate certificate, first_certificate_of(pair));
  THOLE_TRY(const Key key, key_of_pem(pair.key_pem));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return fail(ErrorKind::Invalid, "the private key does not belong to the certificate");
  }
  return {};
}

Result<CaBundle> CaBundle::parse(std::string_view pem) {
  THOLE_TRY(const std::vector<std::string> authorities, certificates_of_pem(pem));
  auto store = std::make_shared<Store>();
  for (const std::string& der : authorities) {
    THOLE_TRY(const Certificate certificate, certificate_of_der(der));
    if (X509_STORE_add_cert(store->store, certificate.get()) != 1) {
      return openssl_failure(ErrorKind::Invalid, "an authority of the bundle can't be used");
    }
  }
  CaBundle bundle;
  bundle.store_ = std::move(store);
  return bundle;
}

Result<CertificateInfo> CaBundle::verify_client(std::span<const std::string> chain_der,
                                                WallTime at) const {
  if (chain_der.empty()) return fail(ErrorKind::Unauthorized, "no certificate was presented");
  if (chain_der.size() > chain_max) {
    return fail(ErrorKind::Unauthorized, cat("more than ", chain_max, " certificates presented"));
  }
  THOLE_TRY(const Certificate leaf, certificate_of_der(chain_der[0]));
  std::vector<Certificate> owned;
  const std::unique_ptr<STACK_OF(X509), Deleter<STACK_OF(X509), free_stack>> others(
      sk_X509_new_null());
  for (const std::string& der : chain_der.subspan(1)) {
    THOLE_TRY(Certificate certificate, certificate_of_der(der));
    sk_X509_push(others.get(), certificate.get());
    owned.push_back(std::move(certificate));
  }
  const StoreContext context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store_->store, leaf.get(), others.get()) != 1) {
    return openssl_failure(ErrorKind::InternalError, "preparing to verify a certificate");
  }
  X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, seconds_of(at));
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_USE_CHECK_TIME);
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_CLIENT);
  X509_VERIFY_PARAM_set_depth(parameters, static_cast<int>(chain_max));
  const int verified = X509_verify_cert(context.get());
  const int problem = X509_STORE_CTX_get_error(context.get());
  ERR_clear_error();
  if (verified != 1) {
    return fail(ErrorKind::Unauthorized, cat("the client certificate is not accepted: ",
                                             X509_verify_cert_error_string(problem)));
  }
  Result<CertificateInfo> info = info_of(leaf.get());
  if (!info) return fail(ErrorKind::Unauthorized, info.error().message);
  return info;
}

}  // namespace thole::codec
