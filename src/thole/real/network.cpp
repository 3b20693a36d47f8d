#include "thole/real/network.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

#include "thole/base/text.hpp"
#include "thole/real/address.hpp"
#include "thole/real/stream.hpp"

namespace thole::real {
namespace {

void set(const Fd& socket, int level, int option, int value) {
  ::setsockopt(socket.get(), level, option, &value, sizeof value);
}

// Small answers go at once, and a peer that vanished is noticed after some minutes.
void tune(const Fd& socket, int family) {
  if (family == AF_UNIX) return;
  set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(socket, IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set(socket, IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set(socket, IPPROTO_TCP, TCP_KEEPCNT, 9);
}

Address local_of(const Fd& socket) {
  Address address;
  address.size = sizeof address.storage;
  ::getsockname(socket.get(), address.get(), &address.size);
  return address;
}

// Waits until a connection was made; the error is an errno, 0 when it was made.
asio::awaitable<int> connected(Executor& owner, const Fd& socket, const Address& address) {
  FdWatch watch(owner, socket.get());
  if (::connect(socket.get(), address.get(), address.size) == 0) co_return 0;
  if (errno != EINPROGRESS) co_return errno;
  if (co_await watch.wait_writable() != FdWatch::kReady) co_return ECANCELED;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  co_return error;
}

}  // namespace

Async<std::unique_ptr<ByteStream>> OsNetwork::connect(Endpoint endpoint, Executor& owner) {
  std::vector<Address> addresses;
  if (is_unix(endpoint)) {
    THOLE_CO_TRY(const Address address, unix_address(endpoint));
    addresses.push_back(address);
  } else {
    THOLE_CO_TRY(addresses, known_addresses(endpoint));
    if (addresses.empty()) {
      Result<std::vector<Address>> found;
      co_await run_blocking(blocking_, owner, [&] { found = resolve(endpoint); });
      THOLE_CO_TRY(addresses, std::move(found));
    }
  }
  int error = 0;
  for (const Address& address : addresses) {
    Fd socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) co_return os_error("make a socket for", endpoint.text);
    tune(socket, address.family());
    error = co_await connected(owner, socket, address);
    if (error == 0) {
      const Address local = local_of(socket);
      co_return std::make_unique<SocketStream>(owner, std::move(socket), local, address);
    }
  }
  co_return fail(ErrorKind::ServiceUnavailable,
                 cat("connect to ", endpoint.text, ": ", words_of(error)));
}

// Listening is in listener.cpp.

}  // namespace thole::real
