#include "thole/real/address.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

#include "thole/base/text.hpp"
#include "thole/real/os.hpp"

namespace thole::real {
namespace {

constexpr std::string_view kUnix = "unix:";

std::vector<Address> ask(const std::string& host, const std::string& port, int flags, int* error) {
  addrinfo hints{};
  hints.ai_flags = flags | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  *error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(*error == 0 ? found : nullptr,
                                                                   &::freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* info = owner.get(); info != nullptr; info = info->ai_next) {
    Address address;
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.size = info->ai_addrlen;
    addresses.push_back(address);
  }
  return addresses;
}

}  // namespace

std::string Address::unix_path() const {
  const auto& name = reinterpret_cast<const sockaddr_un&>(storage);
  if (!is_unix() || size <= offsetof(sockaddr_un, sun_path) || name.sun_path[0] == 0) return {};
  return name.sun_path;
}

Endpoint Address::endpoint() const {
  if (is_unix()) return {cat(kUnix, unix_path())};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family() == AF_INET6) {
    const auto& name = reinterpret_cast<const sockaddr_in6&>(storage);
    const std::string port = cat(ntohs(name.sin6_port));
    if (IN6_IS_ADDR_V4MAPPED(&name.sin6_addr)) {  // An IPv4 client of a listener on both.
      ::inet_ntop(AF_INET, &name.sin6_addr.s6_addr[12], text.data(), text.size());
      return {cat(text.data(), ":", port)};
    }
    ::inet_ntop(AF_INET6, &name.sin6_addr, text.data(), text.size());
    return {cat("[", text.data(), "]:", port)};
  }
  const auto& name = reinterpret_cast<const sockaddr_in&>(storage);
  ::inet_ntop(AF_INET, &name.sin_addr, text.data(), text.size());
  return {cat(text.data(), ":", ntohs(name.sin_port))};
}

bool is_unix(const Endpoint& endpoint) { return endpoint.text.starts_with(kUnix); }

Result<Address> unix_address(const Endpoint& endpoint) {
  const std::string path = endpoint.text.substr(kUnix.size());
  Address address;
  auto& name = reinterpret_cast<sockaddr_un&>(address.storage);
  if (path.empty() || path.size() >= sizeof name.sun_path) {
    return fail(ErrorKind::BadRequest, cat("a Unix socket's path has 1 to ",
                                           sizeof name.sun_path - 1, " bytes: ", endpoint.text));
  }
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

Result<HostPort> split(const Endpoint& endpoint) {
  const std::string& text = endpoint.text;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) {
    return fail(ErrorKind::BadRequest, cat("an address is host:port, not \"", text, "\""));
  }
  HostPort parts{text.substr(0, colon), text.substr(colon + 1)};
  unsigned port = 0;
  const char* end = parts.port.data() + parts.port.size();
  const auto parsed = std::from_chars(parts.port.data(), end, port);
  if (parsed.ec != std::errc() || parsed.ptr != end || port > 65535) {
    return fail(ErrorKind::BadRequest, cat("\"", parts.port, "\" in \"", text, "\" is no port"));
  }
  if (parts.host.starts_with('[') && parts.host.ends_with(']')) {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  } else if (parts.host.find(':') != std::string::npos) {
    return fail(ErrorKind::BadRequest, cat("an IPv6 address stands in brackets: \"", text, "\""));
  }
  return parts;
}

Result<std::vector<Address>> known_addresses(const Endpoint& endpoint) {
  THOLE_TRY(const HostPort parts, split(endpoint));
  std::vector<std::string> hosts = {parts.host};
  if (parts.host == "localhost") hosts = {"127.0.0.1", "::1"};
  if (parts.host.empty()) hosts = {"::", "0.0.0.0"};  // The first one is both, where it works.
  std::vector<Address> addresses;
  int ignored = 0;
  for (const std::string& host : hosts) {
    const auto found = ask(host, parts.port, AI_NUMERICHOST, &ignored);
    addresses.insert(addresses.end(), found.begin(), found.end());
  }
  return addresses;
}

Result<std::vector<Address>> resolve(const Endpoint& endpoint) {
  THOLE_TRY(std::vector<Address> addresses, known_addresses(endpoint));
  if (!addresses.empty()) return addresses;
  THOLE_TRY(const HostPort parts, split(endpoint));
  int error = 0;
  addresses = ask(parts.host, parts.port, 0, &error);
  if (addresses.empty()) {
    const std::string why = error == EAI_SYSTEM ? words_of(errno) : ::gai_strerror(error);
    return fail(ErrorKind::ServiceUnavailable, cat("lookup ", parts.host, ": ", why));
  }
  return addresses;
}

}  // namespace thole::real
