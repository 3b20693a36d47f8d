#include "thole/codec/base64.hpp"

#include <array>
#include <cstdint>

#include "thole/base/text.hpp"

namespace thole::codec {

namespace {

constexpr std::string_view standard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> make_reverse(std::string_view alphabet) {
  std::array<std::int8_t, 256> reverse{};
  reverse.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    reverse[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return reverse;
}
constexpr auto standard_reverse = make_reverse(standard);
constexpr auto url_reverse = make_reverse(url);

std::string encode(std::string_view bytes, std::string_view alphabet, bool padded) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<std::uint8_t>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      if (k <= count) {
        out += alphabet[(group >> (18 - 6 * k)) & 63];
      } else if (padded) {
        out += '=';
      }
    }
  }
  return out;
}

std::unexpected<Error> illegal(std::size_t at) {
  return fail(ErrorKind::BadRequest, cat("illegal base64 data at input byte ", at));
}

Result<std::string> decode(std::string_view text, const std::array<std::int8_t, 256>& reverse,
                           bool padded) {
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t group = 0;
  std::size_t filled = 0;
  std::size_t at = 0;
  const auto skip_line_ends = [&] {
    while (at < text.size() && (text[at] == '\n' || text[at] == '\r')) ++at;
  };
  for (skip_line_ends(); at < text.size(); skip_line_ends()) {
    const char c = text[at];
    if (c == '=' && padded) break;
    const std::int8_t six = reverse[static_cast<std::uint8_t>(c)];
    if (six < 0) return illegal(at);
    ++at;
    group = group << 6 | static_cast<std::uint32_t>(six);
    if (++filled < 4) continue;
    for (int shift = 16; shift >= 0; shift -= 8) out += static_cast<char>(group >> shift);
    group = 0;
    filled = 0;
  }
  if (filled == 1) return illegal(at - 1);
  if (filled != 0) {
    for (std::size_t missing = 4 - filled; padded && missing != 0; --missing) {
      if (at >= text.size() || text[at] != '=') return illegal(at);
      ++at;
      skip_line_ends();
    }
    group <<= 6 * (4 - filled);
    out += static_cast<char>(group >> 16);
    if (filled == 3) out += static_cast<char>(group >> 8);
  }
  if (at != text.size()) return illegal(at);
  return out;
}

}  // namespace

std::string encode_base64(std::string_view bytes) { return encode(bytes, standard, true); }
Result<std::string> decode_base64(std::string_view text) {
  return decode(text, standard_reverse, true);
}
std::string encode_base64_url(std::string_view bytes) { return encode(bytes, url, false); }
Result<std::string> decode_base64_url(std::string_view text) {
  return decode(text, url_reverse, false);
}

}  // namespace thole::codec
