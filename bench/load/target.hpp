#pragma once
// The server under load: how to connect to it, and how to ask it.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "load/kubeconfig.hpp"
#include "thole/base/seams.hpp"
#include "thole/base/signal.hpp"
#include "thole/http/client.hpp"

namespace thole::load {

struct Answer {
  int status = 0;
  std::size_t size = 0;  // Of the body.
  std::string body;      // Only where it was asked for.
};

// Whether the body is kept, or only counted as it goes by.
enum class Body { Drop, Keep };

class Target {
 public:
  Target(Network& network, Executor& executor, Access access);
  Result<void> prepare();  // The TLS context.

  Async<std::shared_ptr<http::Client>> connect();
  // As many connections.
  Async<std::vector<std::shared_ptr<http::Client>>> connect_all(std::size_t count);

  message::Request request(std::string_view method, std::string target, std::string body = {},
                           std::string_view content_type = "application/json") const;
  // Sends it and reads the whole answer.
  Async<Answer> ask(http::Client& client, message::Request request, Body body = Body::Drop) const;

  Executor& executor() const { return executor_; }
  TimePoint now() const { return executor_.clock().now(); }

 private:
  Network& network_;
  Executor& executor_;
  Access access_;
  std::shared_ptr<const http::TlsContext> tls_;
};

// Waits for several coroutines.
class Group {
 public:
  explicit Group(Executor& executor) : executor_(executor), ended_(executor) {}
  void start(asio::awaitable<void> task);
  asio::awaitable<void> wait();

 private:
  asio::awaitable<void> run(asio::awaitable<void> task);
  Executor& executor_;
  Signal ended_;
  std::size_t running_ = 0;
};

}  // namespace thole::load
