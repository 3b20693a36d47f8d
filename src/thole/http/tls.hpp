#pragma once
// TLS as a state machine over bytes: encrypted bytes are fed in and taken out, plain bytes are
// decrypted and encrypted, and whoever owns the session moves them. TLS 1.2 and later, ALPN h2 and
// http/1.1. A server asks for a client certificate, takes any or none, and hands the chain over
// unverified: what an unknown authority means is the handler's to say.
//
// Threads: a TlsContext may be shared by all; a TlsSession belongs to one.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thole/base/clock.hpp"
#include "thole/base/result.hpp"

namespace thole::http {

class TlsContext {
 public:
  struct ServerOptions {
    std::string certificate_pem;  // May hold a chain, leaf first.
    std::string key_pem;
    bool http2 = true;  // Offers h2 before http/1.1.
  };
  struct ClientOptions {
    std::string authorities_pem;  // Whom the server's certificate must come from.
    std::string certificate_pem;  // Ours; empty when there is none.
    std::string key_pem;
    bool http2 = true;
    bool verify_server = true;  // False trusts anybody.
  };
  // Both fail with Invalid when a certificate or key does not parse, or they don't match.
  static Result<std::shared_ptr<const TlsContext>> for_server(const ServerOptions& options);
  static Result<std::shared_ptr<const TlsContext>> for_client(const ClientOptions& options);

  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

 private:
  friend class TlsSession;
  struct Parts;
  explicit TlsContext(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

class TlsSession {
 public:
  // A client checks that the server's certificate is valid at `now` and names `server_name` (a
  // DNS name or an IP address); a server uses neither.
  TlsSession(std::shared_ptr<const TlsContext> context, const std::string& server_name,
             WallTime now);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // Takes encrypted bytes. They are used by the calls below.
  void feed(std::span<const std::byte> encrypted);
  // Encrypted bytes to be sent. The caller sends and clears them.
  std::string& output();

  // Goes on with the handshake as far as the fed bytes allow; true once it is complete. A failure
  // may leave an alert in the output, which is worth sending.
  Result<bool> handshake();

  enum class State { Data, NeedsMore, End };
  struct Read {
    State state;
    std::size_t size = 0;
  };
  Result<Read> decrypt(std::span<std::byte> plain);
  Result<void> encrypt(std::span<const std::byte> plain);
  void close_notify();  // No more will be written.

  bool http2() const;  // Whether ALPN chose h2.
  std::vector<std::string> peer_chain_der() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace thole::http
