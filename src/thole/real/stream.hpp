#pragma once
// A ByteStream over a connected, non-blocking socket. The system call comes first: a coroutine is
// only suspended when the kernel has nothing to give or no room.

#include "thole/base/network.hpp"
#include "thole/real/address.hpp"
#include "thole/real/loop.hpp"
#include "thole/real/os.hpp"

namespace thole::real {

class SocketStream final : public ByteStream {
 public:
  SocketStream(Executor& owner, Fd socket, Address local, Address remote);
  ~SocketStream() override;

  Async<std::size_t> read(std::span<std::byte> buffer) override;
  Async<void> write(std::span<const std::byte> bytes) override;
  void shutdown_write() override;
  void close() override;
  Endpoint local() const override { return local_.endpoint(); }
  Endpoint remote() const override { return remote_.endpoint(); }

 private:
  Fd socket_;
  FdWatch watch_;  // Goes before the socket.
  Address local_;
  Address remote_;
  bool drained_ = false;  // The last read emptied the kernel's buffer.
  bool closed_ = false;
};

}  // namespace thole::real
