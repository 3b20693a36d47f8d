#pragma once
// A Transport takes a request to an API server and brings its response back. The one here stays in
// the process: it calls a message::Handler, as a user it was told.
//
// Threads: the executor it was made with.

#include <memory>
#include <string>
#include <vector>

#include "thole/base/async.hpp"
#include "thole/base/executor.hpp"
#include "thole/message/message.hpp"

namespace thole::client {

class Transport {
 public:
  virtual ~Transport() = default;
  // A body that is a Source belongs to `executor()`.
  virtual Async<message::Response> send(message::Request request) = 0;
  virtual Executor& executor() = 0;
};

class InProcessTransport final : public Transport {
 public:
  struct User {
    std::string name;
    std::vector<std::string> groups;
  };
  // `handler` and `executor` outlive this and every response.
  InProcessTransport(message::Handler& handler, Executor& executor, User user)
      : handler_(handler), executor_(executor), user_(std::move(user)) {}

  Async<message::Response> send(message::Request request) override;
  Executor& executor() override { return executor_; }

 private:
  message::Handler& handler_;
  Executor& executor_;
  const User user_;
};

}  // namespace thole::client
