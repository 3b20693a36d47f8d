#pragma once
// One HTTP connection as a client: HTTP/2 where ALPN (or prior knowledge) chooses it, else
// HTTP/1.1. It is a message::Handler: what can be asked of a server in the same process can be
// asked through it. Many requests may be under way at once; on HTTP/1.1 they wait for each other.
//
// A response's body is always a Source; destroying it early cancels the request. A client takes
// at most 1 MiB of a body ahead of its reader (HTTP/2's window; HTTP/1.1 stops reading).
//
// Threads: the executor it was made on.

#include <cstddef>
#include <memory>
#include <string>

#include "thole/base/executor.hpp"
#include "thole/base/network.hpp"
#include "thole/http/tls.hpp"
#include "thole/message/message.hpp"

namespace thole::http {

class Client final : public message::Handler {
 public:
  struct Options {
    std::shared_ptr<const TlsContext> tls;  // Null: clear text.
    std::string server_name;                // Whom the certificate must name; the Host as well.
    bool http2_prior_knowledge = false;     // In clear text.
    std::size_t header_bytes_max = 64 * 1024;
  };

  // Shakes hands over `stream`, which belongs to `executor`. Fails with ServiceUnavailable.
  static Async<std::shared_ptr<Client>> over(Options options, std::unique_ptr<ByteStream> stream,
                                             Executor& executor);
  ~Client() override;  // Closes the connection; requests under way fail with ServiceUnavailable.

  // Ends with the head of the response. Fails with ServiceUnavailable when the connection is lost
  // or the server resets the stream, and with Canceled when the request's cancellation fires.
  Async<message::Response> handle(message::Request request) override;

  // Whether new requests can be made: not after a GOAWAY or a lost connection.
  bool usable() const;
  bool http2() const;

 private:
  class Core;
  explicit Client(std::shared_ptr<Core> core);
  std::shared_ptr<Core> core_;
};

// Reads a body to its end. Fails with RequestEntityTooLarge past `size_max` bytes, and with
// ServiceUnavailable when the body is aborted. A body that is a string is taken as it is.
Async<std::string> read_body(Executor& executor, message::Response& response, std::size_t size_max);

}  // namespace thole::http
