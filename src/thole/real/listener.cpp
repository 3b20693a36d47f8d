#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <chrono>
#include <utility>

#include "thole/base/text.hpp"
#include "thole/real/address.hpp"
#include "thole/real/network.hpp"
#include "thole/real/stream.hpp"

namespace thole::real {
namespace {

// As long as a process has no descriptor left, it looks again so often.
constexpr auto kOutOfDescriptorsPause = std::chrono::milliseconds(50);

class SocketListener final : public Listener {
 public:
  SocketListener(Executor& executor, Fd socket, Address local)
      : executor_(executor),
        socket_(std::move(socket)),
        watch_(executor, socket_.get()),
        local_(local) {}
  ~SocketListener() override {
    close();
    if (const std::string path = local_.unix_path(); !path.empty()) ::unlink(path.c_str());
  }

  Async<std::unique_ptr<ByteStream>> accept(Executor& owner) override;
  Endpoint local() const override { return local_.endpoint(); }

  void close() override {
    if (std::exchange(closed_, true)) return;
    watch_.cancel();
    if (!local_.is_unix()) ::shutdown(socket_.get(), SHUT_RDWR);  // Frees the port at once.
  }

 private:
  Executor& executor_;
  Fd socket_;
  FdWatch watch_;
  Address local_;
  bool closed_ = false;
};

bool out_of_descriptors(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

Async<std::unique_ptr<ByteStream>> SocketListener::accept(Executor& owner) {
  for (;;) {
    if (closed_) co_return fail(ErrorKind::Canceled, "the listener was closed");
    watch_.forget_readable();
    Address remote;
    remote.size = sizeof remote.storage;
    Fd socket(::accept4(socket_.get(), remote.get(), &remote.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      if (!local_.is_unix()) {  // The listener's other options are inherited.
        const int on = 1;
        ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      }
      Address local = local_;
      if (!local.is_unix()) {
        local.size = sizeof local.storage;
        ::getsockname(socket.get(), local.get(), &local.size);
      }
      co_return std::make_unique<SocketStream>(owner, std::move(socket), local, remote);
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (co_await watch_.wait_readable() != FdWatch::kReady) {
        co_return fail(ErrorKind::Canceled, "the listener was closed");
      }
    } else if (out_of_descriptors(errno)) {
      co_await sleep_for(executor_, kOutOfDescriptorsPause);
    } else if (errno == EBADF || errno == EINVAL || errno == ENOTSOCK) {
      co_return fail(ErrorKind::ServiceUnavailable,
                     cat("accept on ", local_.endpoint().text, ": ", words_of(errno)));
    }
    // Everything else was that one connection's failure.
  }
}

std::unexpected<Error> in_use(const Endpoint& endpoint) {
  return fail(ErrorKind::Conflict, cat(endpoint.text,
                                       " is in use: stop the program that listens there, or choose "
                                       "another address (port 0 picks a free one)"));
}

bool answers(const Address& address) {
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return ::connect(probe.get(), address.get(), address.size) == 0 || errno == EAGAIN;
}

// A socket file whose server is gone, as after kill -9, is in nobody's use.
void remove_if_stale(const Address& address) {
  struct stat status{};
  const std::string path = address.unix_path();
  if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode) && !answers(address)) {
    ::unlink(path.c_str());
  }
}

Result<Fd> bind_and_listen(const Endpoint& endpoint, const Address& address) {
  Fd socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return os_error("make a socket for", endpoint.text);
  if (address.is_unix()) {
    remove_if_stale(address);
  } else {
    // Connections of an earlier process that linger in TIME_WAIT don't count as use.
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const int keep_alive[][2] = {{TCP_KEEPIDLE, 15}, {TCP_KEEPINTVL, 15}, {TCP_KEEPCNT, 9}};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    for (const auto& [option, value] : keep_alive) {
      ::setsockopt(socket.get(), IPPROTO_TCP, option, &value, sizeof value);
    }
  }
  if (::bind(socket.get(), address.get(), address.size) != 0) {
    if (errno == EADDRINUSE) return in_use(endpoint);
    return os_error("listen on", endpoint.text);
  }
  // Nobody can connect before listen(), so nobody can before the mode is right.
  if (address.is_unix()) ::chmod(address.unix_path().c_str(), 0600);
  if (::listen(socket.get(), SOMAXCONN) != 0) {
    if (errno == EADDRINUSE) return in_use(endpoint);
    return os_error("listen on", endpoint.text);
  }
  return socket;
}

}  // namespace

Result<std::unique_ptr<Listener>> OsNetwork::listen(Endpoint endpoint, Executor& executor) {
  std::vector<Address> addresses;
  if (is_unix(endpoint)) {
    THOLE_TRY(const Address address, unix_address(endpoint));
    addresses.push_back(address);
  } else {
    THOLE_TRY(addresses, resolve(endpoint));
  }
  Error first;
  for (const Address& address : addresses) {
    Result<Fd> socket = bind_and_listen(endpoint, address);
    if (socket) {
      Address local = address;
      if (!local.is_unix()) {
        local.size = sizeof local.storage;
        ::getsockname(socket->get(), local.get(), &local.size);
      }
      return std::make_unique<SocketListener>(executor, *std::move(socket), local);
    }
    if (first.message.empty()) first = std::move(socket).error();
    if (first.kind == ErrorKind::Conflict) break;
  }
  return fail(std::move(first));
}

}  // namespace thole::real
