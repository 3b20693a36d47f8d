#include "thole/real/stream.hpp"

#include <sys/socket.h>

#include <utility>

#include "thole/base/text.hpp"

namespace thole::real {
namespace {

std::unexpected<Error> canceled() {
  return fail(ErrorKind::Canceled, "the connection was closed here");
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

SocketStream::SocketStream(Executor& owner, Fd socket, Address local, Address remote)
    : socket_(std::move(socket)), watch_(owner, socket_.get()), local_(local), remote_(remote) {}

SocketStream::~SocketStream() { close(); }

Async<std::size_t> SocketStream::read(std::span<std::byte> buffer) {
  THOLE_ASSERT(!buffer.empty());
  for (;;) {
    if (closed_) co_return canceled();
    // After a read that got less than it asked for there is nothing, unless the loop says so.
    if (!drained_ || watch_.maybe_readable()) {
      watch_.forget_readable();
      const auto got =
          retry([&] { return ::recv(socket_.get(), buffer.data(), buffer.size(), 0); });
      if (got >= 0) {
        const auto size = static_cast<std::size_t>(got);
        drained_ = size < buffer.size();
        co_return size;
      }
      if (!would_block(errno)) {
        co_return fail(ErrorKind::ServiceUnavailable,
                       cat("read from ", remote_.endpoint().text, ": ", words_of(errno)));
      }
    }
    drained_ = false;
    if (co_await watch_.wait_readable() != FdWatch::kReady) co_return canceled();
  }
}

Async<void> SocketStream::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (closed_) co_return canceled();
    watch_.forget_writable();
    const auto put =
        retry([&] { return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    if (put >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    } else if (!would_block(errno)) {
      co_return fail(ErrorKind::ServiceUnavailable,
                     cat("write to ", remote_.endpoint().text, ": ", words_of(errno)));
    } else if (co_await watch_.wait_writable() != FdWatch::kReady) {
      co_return canceled();
    }
  }
  co_return Result<void>();
}

void SocketStream::shutdown_write() {
  if (!closed_) ::shutdown(socket_.get(), SHUT_WR);
}

// The descriptor itself is closed by the destructor: its number must not be given to somebody else
// while it is still in the loop's set.
void SocketStream::close() {
  if (std::exchange(closed_, true)) return;
  ::shutdown(socket_.get(), SHUT_RDWR);
  watch_.cancel();
}

}  // namespace thole::real
