#pragma once
// The client's side of one connection, as a state machine: exchanges go in, bytes come out, and
// the other way about. It performs no I/O. Threads: the connection's executor.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "thole/base/result.hpp"
#include "thole/base/signal.hpp"
#include "thole/message/message.hpp"

namespace thole::http {

// One request and its response.
struct Exchange {
  explicit Exchange(Executor& executor) : answered(executor) {}

  message::Request request;
  std::size_t sent = 0;  // Of the request's body.
  std::int32_t stream = 0;

  Signal answered;  // The head is there, or the exchange failed.
  bool has_head = false;
  int status = 0;
  message::Headers headers;
  std::string body;  // What came and wasn't read yet begins at `read`.
  std::size_t read = 0;
  bool ended = false;
  std::optional<Error> error;
  std::function<void()> on_body;  // There is more to read, or the end.

  void fail_with(Error failure) {
    if (ended || error) return;
    error = std::move(failure);
    tell();
  }
  void tell() {
    answered.notify();
    if (on_body) on_body();
  }
};

class ClientSession {
 public:
  virtual ~ClientSession() = default;
  virtual void submit(std::shared_ptr<Exchange> exchange) = 0;
  virtual Result<void> receive(std::span<const std::byte> bytes) = 0;
  virtual bool wants_input() const = 0;
  virtual void produce(std::string& output, std::size_t size) = 0;
  virtual void on_read(Exchange& exchange, std::size_t size) = 0;  // The reader took that much.
  virtual void cancel(Exchange& exchange) = 0;
  virtual void end(const Error& error) = 0;  // The connection is lost: everything open fails.
  virtual void on_input_end() {}
  virtual bool usable() const = 0;
};

std::unique_ptr<ClientSession> make_http1_client(std::size_t header_bytes_max);
std::unique_ptr<ClientSession> make_http2_client(std::size_t header_bytes_max, bool tls);

}  // namespace thole::http
