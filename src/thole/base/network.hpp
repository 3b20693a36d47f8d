#pragma once
// The Network seam: ordered byte streams, over TCP or Unix sockets in `real`. TLS is `http`'s, so
// that it is the same in both worlds.
//
// Threads: a stream belongs to the executor it was made for. Errors: Canceled after `close`,
// ServiceUnavailable for everything a network does.

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "thole/base/async.hpp"
#include "thole/base/executor.hpp"

namespace thole {

// "127.0.0.1:6443", "[::1]:6443" or "unix:/path". A port of 0 lets the listener pick one.
struct Endpoint {
  std::string text;
  bool operator==(const Endpoint&) const = default;
};

class ByteStream {
 public:
  virtual ~ByteStream() = default;  // Closes it.

  // Returns at least one byte, or 0 at the end of the stream. One read at a time.
  virtual Async<std::size_t> read(std::span<std::byte> buffer) = 0;
  // Writes everything. One write at a time; a read may be pending meanwhile.
  virtual Async<void> write(std::span<const std::byte> bytes) = 0;
  // Tells the other side that no more bytes will come.
  virtual void shutdown_write() = 0;
  // Ends pending reads and writes with Canceled.
  virtual void close() = 0;

  virtual Endpoint local() const = 0;
  virtual Endpoint remote() const = 0;
};

class Listener {
 public:
  virtual ~Listener() = default;
  // The next connection, as a stream that belongs to `owner`.
  virtual Async<std::unique_ptr<ByteStream>> accept(Executor& owner) = 0;
  virtual Endpoint local() const = 0;
  virtual void close() = 0;  // Ends a pending accept with Canceled.
};

class Network {
 public:
  virtual ~Network() = default;
  // Fails with Conflict when the port is in use, saying so. `accept` is then called on `executor`.
  virtual Result<std::unique_ptr<Listener>> listen(Endpoint endpoint, Executor& executor) = 0;
  virtual Async<std::unique_ptr<ByteStream>> connect(Endpoint endpoint, Executor& owner) = 0;
};

}  // namespace thole
