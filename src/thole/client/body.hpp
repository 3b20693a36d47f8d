#pragma once
// Reads a response's body, whatever form it has. Threads: the body's executor.

#include <memory>
#include <optional>
#include <string>

#include "thole/base/async.hpp"
#include "thole/base/signal.hpp"
#include "thole/message/message.hpp"

namespace thole::client {

class BodyReader {
 public:
  BodyReader(Executor& executor, message::Response response);
  ~BodyReader();
  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;

  // All of it. Fails with RequestEntityTooLarge past `bytes_max`, ServiceUnavailable when it is
  // cut off.
  Async<std::string> read_all(std::size_t bytes_max);
  // The next line without its end; nothing at the end of the body. Fails as `read_all`.
  Async<std::optional<std::string>> read_line(std::size_t bytes_max);
  // Ends a pending read with Canceled.
  void close();

 private:
  // Waits for more; false at the end.
  Async<bool> fill();

  message::Response response_;
  message::Source* source_ = nullptr;
  std::shared_ptr<Signal> ready_;
  std::string buffer_;
  std::size_t searched_ = 0;  // No line ends before this.
  bool ended_ = false;
};

}  // namespace thole::client
