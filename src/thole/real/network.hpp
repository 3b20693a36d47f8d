#pragma once
// The Network seam on TCP and Unix sockets. The port of a listener is its own (no SO_REUSEPORT),
// so that a second server on it fails with Conflict.

#include "thole/base/blocking.hpp"
#include "thole/base/network.hpp"

namespace thole::real {

class OsNetwork final : public Network {
 public:
  // `blocking` looks up host names.
  explicit OsNetwork(Blocking& blocking) : blocking_(blocking) {}

  Result<std::unique_ptr<Listener>> listen(Endpoint endpoint, Executor& executor) override;
  Async<std::unique_ptr<ByteStream>> connect(Endpoint endpoint, Executor& owner) override;

 private:
  Blocking& blocking_;
};

}  // namespace thole::real
