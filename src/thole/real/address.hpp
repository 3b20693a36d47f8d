#pragma once
// Endpoints as the OS knows them.

#include <sys/socket.h>
#include <sys/un.h>

#include <string>
#include <vector>

#include "thole/base/network.hpp"

namespace thole::real {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  bool is_unix() const { return family() == AF_UNIX; }
  // "" unless it is a named Unix socket.
  std::string unix_path() const;
  Endpoint endpoint() const;
};

// The text of an endpoint in parts. An empty host means every address of the machine.
struct HostPort {
  std::string host;
  std::string port;
};
// Fails with BadRequest when it isn't "host:port" with a port of at most 65535.
Result<HostPort> split(const Endpoint& endpoint);

// "unix:/path"; fails when the path is too long for a socket.
Result<Address> unix_address(const Endpoint& endpoint);
bool is_unix(const Endpoint& endpoint);

// Addresses of "127.0.0.1:6443", "[::1]:6443", "localhost:6443" or ":6443" without asking anyone.
// Empty when the host is another name.
Result<std::vector<Address>> known_addresses(const Endpoint& endpoint);
// Asks the system's resolver too, which may block for long.
Result<std::vector<Address>> resolve(const Endpoint& endpoint);

}  // namespace thole::real
