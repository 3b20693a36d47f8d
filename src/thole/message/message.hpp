#pragma once
// What `http`, `api` and `client` share: a Request goes into a Handler, a Response comes out.
// A Handler neither knows nor cares whether the two travelled over a wire.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "thole/base/async.hpp"
#include "thole/base/clock.hpp"
#include "thole/base/executor.hpp"
#include "thole/base/network.hpp"

namespace thole::message {

// Header fields in order. Names are compared without case; HTTP/2 sends them in lower case.
class Headers {
 public:
  struct Field {
    std::string name;
    std::string value;
  };

  void add(std::string name, std::string value);
  void set(std::string name, std::string value);  // Replaces every field of that name.
  // The first field's value; empty when there is none.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  // All values of the name, in order.
  std::vector<std::string_view> all(std::string_view name) const;

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }

 private:
  std::vector<Field> fields_;
};

// Who is at the other end, as the transport knows it: never taken from a header.
struct Peer {
  Endpoint remote;
  // The certificate chain the client presented, leaf first, DER. Not verified yet: `api` decides
  // what an unknown authority means (401, not a TLS failure).
  std::vector<std::string> certificates_der;
  // Set by in-process transports only: this caller is that user, without further proof.
  struct InProcess {
    std::string user;
    std::vector<std::string> groups;
  };
  std::optional<InProcess> in_process;
  bool tls = false;
};

// Fires once when the caller has gone (RST_STREAM, closed connection). Belongs to the executor
// that runs the handler.
class Cancellation {
 public:
  bool fired() const { return fired_; }
  void fire();
  // Runs `task` when it fires, or at once if it has fired. One task at a time; null removes it.
  void on_fire(Task task);

 private:
  bool fired_ = false;
  Task task_;
};

struct Request {
  std::string method;  // "GET"
  std::string target;  // "/api/v1/pods?limit=500", as sent
  Headers headers;
  std::string body;
  bool body_too_large = false;  // The body passed the transport's bound; it was dropped.
  Peer peer;
  TimePoint received{};
  std::shared_ptr<Cancellation> cancellation;  // Never null when a transport made the request.
  int http_major = 2;
  Executor* executor = nullptr;  // The executor that runs the handler.
};

// A body that is produced while it is sent. Lives on the connection's executor; never blocks.
class Source {
 public:
  virtual ~Source() = default;

  enum class State {
    Data,   // `size` bytes were written, at least one.
    Again,  // Nothing now: `notify` is called when there is more.
    End,    // The body is complete.
    Abort   // It can't be completed: the stream is reset.
  };
  struct Read {
    State state;
    std::size_t size = 0;
  };
  virtual Read read(std::span<std::byte> buffer) = 0;

  // The server shuts down: an endless body (a watch) should come to its End soon, a finite one
  // goes on.
  virtual void drain() {}

  // The transport's wake-up, set once before the first read.
  void set_notify(std::move_only_function<void()> notify) { notify_ = std::move(notify); }

 protected:
  void notify() {
    if (notify_) notify_();
  }

 private:
  std::move_only_function<void()> notify_;
};

// Takes over the connection's bytes after a 101 response (exec, attach, port-forward, WebSocket).
using Upgrade = std::move_only_function<asio::awaitable<void>(std::unique_ptr<ByteStream>)>;

struct Response {
  int status = 200;
  Headers headers;
  // A shared_ptr lets one body be sent to many without a copy.
  std::variant<std::monostate, std::string, std::shared_ptr<const std::string>,
               std::unique_ptr<Source>, Upgrade>
      body;
};

class Handler {
 public:
  virtual ~Handler() = default;
  // Runs on `request.executor`. An Error that comes out is the transport's to show as plain text;
  // handlers answer failures as Responses.
  virtual Async<Response> handle(Request request) = 0;
};

}  // namespace thole::message
