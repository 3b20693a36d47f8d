#include "thole/http/tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "thole/base/text.hpp"

namespace thole::http {
namespace {

constexpr std::string_view alpn_both{"\x02h2\x08http/1.1", 12};
constexpr std::string_view alpn_http1{"\x08http/1.1", 9};

std::unexpected<Error> tls_failure(ErrorKind kind, std::string_view what) {
  const unsigned long code = ERR_get_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return fail(kind, cat(what, reason != nullptr ? ": " : "", reason != nullptr ? reason : ""));
}

template <typename T, void (*destroy)(T*)>
struct Deleter {
  void operator()(T* object) const { destroy(object); }
};
using Certificate = std::unique_ptr<X509, Deleter<X509, X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY, EVP_PKEY_free>>;
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

int no_password(char*, int, int, void*) { return 0; }

Bio bio_over(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Our side of the BIO that OpenSSL reads and writes: two plain buffers, without the copies and
// the shifting of OpenSSL's own memory BIO.
struct Pipe {
  std::string in;
  std::size_t in_at = 0;
  std::string out;
};

int pipe_write(BIO* bio, const char* data, int size) {
  static_cast<Pipe*>(BIO_get_data(bio))->out.append(data, static_cast<std::size_t>(size));
  return size;
}

int pipe_read(BIO* bio, char* data, int size) {
  Pipe& pipe = *static_cast<Pipe*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const std::size_t count = std::min(static_cast<std::size_t>(size), pipe.in.size() - pipe.in_at);
  if (count == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  std::memcpy(data, pipe.in.data() + pipe.in_at, count);
  pipe.in_at += count;
  if (pipe.in_at == pipe.in.size()) {
    pipe.in.clear();
    pipe.in_at = 0;
  }
  return static_cast<int>(count);
}

long pipe_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

int pipe_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

// Takes any client certificate. Tickets keep only the leaf, so a client whose chain is longer
// gets none: a resumed session would hand over half of its chain.
int accept_any_certificate(X509_STORE_CTX* context, void*) {
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_untrusted(context);
  SSL* const ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (chain != nullptr && sk_X509_num(chain) > 1) {
    SSL_set_num_tickets(ssl, 0);
    SSL_set_options(ssl, SSL_OP_NO_TICKET);
  }
  return 1;
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void* argument) {
  const std::string_view ours = *static_cast<const std::string_view*>(argument);
  unsigned char* choice = nullptr;
  if (SSL_select_next_proto(
          &choice, chosen_size, reinterpret_cast<const unsigned char*>(ours.data()),
          static_cast<unsigned>(ours.size()), offered, offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *chosen = choice;
  return SSL_TLSEXT_ERR_OK;
}

Result<void> use_key_pair(SSL_CTX* context, const std::string& certificate_pem,
                          const std::string& key_pem) {
  const Bio certificates = bio_over(certificate_pem);
  const Certificate leaf(PEM_read_bio_X509(certificates.get(), nullptr, no_password, nullptr));
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) {
    return tls_failure(ErrorKind::Invalid, "the certificate can't be used");
  }
  while (X509* next = PEM_read_bio_X509(certificates.get(), nullptr, no_password, nullptr)) {
    SSL_CTX_add0_chain_cert(context, next);
  }
  ERR_clear_error();  // The end of the text counts as one.
  const Bio key_text = bio_over(key_pem);
  const Key key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, no_password, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return tls_failure(ErrorKind::Invalid, "the private key can't be used with the certificate");
  }
  return {};
}

Result<void> trust(SSL_CTX* context, const std::string& authorities_pem) {
  const Bio text = bio_over(authorities_pem);
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  int count = 0;
  for (;; ++count) {
    const Certificate authority(PEM_read_bio_X509(text.get(), nullptr, no_password, nullptr));
    if (!authority) break;
    X509_STORE_add_cert(store, authority.get());
  }
  ERR_clear_error();
  if (count == 0) return fail(ErrorKind::Invalid, "the authorities hold no certificate");
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

}  // namespace

struct TlsContext::Parts {
  SSL_CTX* context = nullptr;
  BIO_METHOD* pipe = nullptr;
  std::string_view alpn;
  bool server = false;
  bool verify_server = false;

  Parts() = default;
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  ~Parts() {
    SSL_CTX_free(context);
    BIO_meth_free(pipe);
  }

  Result<void> open(const SSL_METHOD* method, bool http2) {
    // No configuration file: what the program does must not depend on the machine it is on.
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    context = SSL_CTX_new(method);
    if (context == nullptr) return tls_failure(ErrorKind::InternalError, "SSL_CTX_new");
    alpn = http2 ? alpn_both : alpn_http1;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
    // AES-128 first, as Go's servers have it: a third cheaper than AES-256 on large answers.
    SSL_CTX_set_ciphersuites(context,
                             "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                             "TLS_CHACHA20_POLY1305_SHA256");
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
    pipe = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "thole");
    BIO_meth_set_write(pipe, pipe_write);
    BIO_meth_set_read(pipe, pipe_read);
    BIO_meth_set_ctrl(pipe, pipe_control);
    BIO_meth_set_create(pipe, pipe_create);
    return {};
  }
};

TlsContext::TlsContext(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<const TlsContext>> TlsContext::for_server(const ServerOptions& options) {
  auto parts = std::make_unique<Parts>();
  parts->server = true;
  THOLE_CHECK(parts->open(TLS_server_method(), options.http2));
  SSL_CTX* const context = parts->context;
  THOLE_CHECK(use_key_pair(context, options.certificate_pem, options.key_pem));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, accept_any_certificate, nullptr);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, &parts->alpn);
  SSL_CTX_set_num_tickets(context, 1);
  constexpr std::string_view name = "thole";
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(name.data()),
                                 static_cast<unsigned>(name.size()));
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(parts)));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::for_client(const ClientOptions& options) {
  auto parts = std::make_unique<Parts>();
  parts->verify_server = options.verify_server;
  THOLE_CHECK(parts->open(TLS_client_method(), options.http2));
  SSL_CTX* const context = parts->context;
  if (!options.certificate_pem.empty()) {
    THOLE_CHECK(use_key_pair(context, options.certificate_pem, options.key_pem));
  }
  if (options.verify_server) {
    THOLE_CHECK(trust(context, options.authorities_pem));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(parts->alpn.data()),
                          static_cast<unsigned>(parts->alpn.size()));
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(parts)));
}

struct TlsSession::Parts {
  std::shared_ptr<const TlsContext> context;
  SSL* ssl = nullptr;
  Pipe pipe;

  Parts() = default;
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  ~Parts() { SSL_free(ssl); }
};

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, const std::string& server_name,
                       WallTime now)
    : parts_(std::make_unique<Parts>()) {
  parts_->context = std::move(context);
  const TlsContext::Parts& shared = *parts_->context->parts_;
  SSL* const ssl = parts_->ssl = SSL_new(shared.context);
  THOLE_ASSERT(ssl != nullptr);
  BIO* const bio = BIO_new(shared.pipe);
  BIO_set_data(bio, &parts_->pipe);
  SSL_set_bio(ssl, bio, bio);
  if (shared.server) {
    SSL_set_accept_state(ssl);
    return;
  }
  SSL_set_connect_state(ssl);
  X509_VERIFY_PARAM* const parameters = SSL_get0_param(ssl);
  const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(parameters, server_name.c_str()) == 1;
  if (!is_address) {
    ERR_clear_error();
    SSL_set_tlsext_host_name(ssl, server_name.c_str());
    if (shared.verify_server) SSL_set1_host(ssl, server_name.c_str());
  }
  X509_VERIFY_PARAM_set_time(
      parameters, std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
}

TlsSession::~TlsSession() = default;

void TlsSession::feed(std::span<const std::byte> encrypted) {
  parts_->pipe.in.append(reinterpret_cast<const char*>(encrypted.data()), encrypted.size());
}

std::string& TlsSession::output() { return parts_->pipe.out; }

Result<bool> TlsSession::handshake() {
  ERR_clear_error();
  const int done = SSL_do_handshake(parts_->ssl);
  if (done == 1) return true;
  if (SSL_get_error(parts_->ssl, done) == SSL_ERROR_WANT_READ) return false;
  const long verified = SSL_get_verify_result(parts_->ssl);
  if (!parts_->context->parts_->server && verified != X509_V_OK) {
    ERR_clear_error();
    return fail(ErrorKind::ServiceUnavailable,
                cat("TLS handshake: ", X509_verify_cert_error_string(verified)));
  }
  return tls_failure(ErrorKind::ServiceUnavailable, "TLS handshake");
}

Result<TlsSession::Read> TlsSession::decrypt(std::span<std::byte> plain) {
  ERR_clear_error();
  std::size_t size = 0;
  const int done = SSL_read_ex(parts_->ssl, plain.data(), plain.size(), &size);
  if (done == 1) return Read{State::Data, size};
  switch (SSL_get_error(parts_->ssl, done)) {
    case SSL_ERROR_WANT_READ:
      return Read{State::NeedsMore};
    case SSL_ERROR_ZERO_RETURN:
      return Read{State::End};
    default:
      return tls_failure(ErrorKind::ServiceUnavailable, "TLS");
  }
}

Result<void> TlsSession::encrypt(std::span<const std::byte> plain) {
  ERR_clear_error();
  while (!plain.empty()) {
    std::size_t size = 0;
    if (SSL_write_ex(parts_->ssl, plain.data(), plain.size(), &size) != 1) {
      return tls_failure(ErrorKind::ServiceUnavailable, "TLS");
    }
    plain = plain.subspan(size);
  }
  return {};
}

void TlsSession::close_notify() {
  ERR_clear_error();
  SSL_shutdown(parts_->ssl);
  ERR_clear_error();
}

bool TlsSession::http2() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(parts_->ssl, &name, &size);
  return std::string_view(reinterpret_cast<const char*>(name), size) == "h2";
}

std::vector<std::string> TlsSession::peer_chain_der() const {
  std::vector<std::string> chain;
  const auto add = [&](X509* certificate) {
    unsigned char* data = nullptr;
    const int size = i2d_X509(certificate, &data);
    if (size > 0) {
      chain.emplace_back(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    }
    OPENSSL_free(data);
  };
  X509* const leaf = SSL_get0_peer_certificate(parts_->ssl);
  if (leaf == nullptr) return chain;
  add(leaf);
  // On a server the chain is without the leaf.
  const STACK_OF(X509)* others = SSL_get_peer_cert_chain(parts_->ssl);
  for (int i = 0; others != nullptr && i < sk_X509_num(others); ++i) {
    if (X509_cmp(sk_X509_value(others, i), leaf) != 0) add(sk_X509_value(others, i));
  }
  return chain;
}

}  // namespace thole::http
