#pragma once
// What both sides of HTTP/2 need to hand header fields to nghttp2.

#include <cstdint>
#include <string>
#include <string_view>

#include "thole/http/http1_parser.hpp"

namespace thole::http {

// `Field` is nghttp2_nv, which this header does not name.
template <typename Field>
Field make_field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));  // nghttp2 copies it.
  };
  return {bytes(name), bytes(value), name.size(), value.size(), 0};
}

inline std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return lower;
}

// Fields that speak of one connection are HTTP/1.1's; what isn't a field would forge one.
inline bool field_is_sendable(std::string_view name, std::string_view value) {
  if (!is_token(name) || !is_field_value(value)) return false;
  const std::string lower = lower_case(name);
  return lower != "connection" && lower != "keep-alive" && lower != "transfer-encoding" &&
         lower != "upgrade" && lower != "proxy-connection" && lower != "host";
}

}  // namespace thole::http
