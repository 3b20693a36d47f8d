#include "thole/schema/formats.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "thole/base/text.hpp"
#include "thole/codec/base64.hpp"
#include "thole/codec/time.hpp"

namespace thole::schema {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_ipv4(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    const std::size_t size = std::min(text.find('.'), text.size());
    const std::string_view number = text.substr(0, size);
    if (number.empty() || number.size() > 3 || (number.size() > 1 && number[0] == '0') ||
        !std::all_of(number.begin(), number.end(), is_digit)) {
      return false;
    }
    int value = 0;
    std::from_chars(number.data(), number.data() + number.size(), value);
    if (value > 255 || (part < 3) != (size < text.size())) return false;
    if (part < 3) text.remove_prefix(size + 1);
  }
  return true;
}

bool is_ipv6(std::string_view text) {
  int groups = 0;
  bool gap = false;
  if (text.starts_with("::")) {
    gap = true;
    text.remove_prefix(2);
    if (text.empty()) return true;
  }
  while (true) {
    if (text.contains('.')) {
      if (text.contains(':') && text.find(':') < text.find('.')) {
      } else {
        return is_ipv4(text) && (gap ? groups + 2 < 8 : groups + 2 == 8);
      }
    }
    std::size_t size = 0;
    while (size < text.size() && is_hex(text[size])) ++size;
    if (size == 0 || size > 4) return false;
    ++groups;
    text.remove_prefix(size);
    if (text.empty()) break;
    if (text[0] != ':') return false;
    text.remove_prefix(1);
    if (text.starts_with(':')) {
      if (gap) return false;
      gap = true;
      text.remove_prefix(1);
      if (text.empty()) break;
    } else if (text.empty()) {
      return false;
    }
  }
  return gap ? groups < 8 : groups == 8;
}

bool is_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view bits = text.substr(slash + 1);
  if (bits.empty() || bits.size() > 3 || !std::all_of(bits.begin(), bits.end(), is_digit) ||
      (bits.size() > 1 && bits[0] == '0')) {
    return false;
  }
  int value = 0;
  std::from_chars(bits.data(), bits.data() + bits.size(), value);
  const std::string_view address = text.substr(0, slash);
  return is_ipv4(address) ? value <= 32 : is_ipv6(address) && value <= 128;
}

bool is_uuid(std::string_view text, char version) {
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = text.size() == 36 && (i == 8 || i == 13 || i == 18 || i == 23);
    if (dash) {
      if (text[i] != '-') return false;
    } else {
      digits += text[i];
    }
  }
  if (digits.size() != 32 || !std::all_of(digits.begin(), digits.end(), is_hex)) return false;
  return version == 0 || digits[12] == version;
}

bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 255) return false;
  if (text.ends_with('.')) text.remove_suffix(1);
  while (true) {
    const std::size_t size = std::min(text.find('.'), text.size());
    const std::string_view label = text.substr(0, size);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') {
      return false;
    }
    for (const char c : label) {
      if (!is_alnum(c) && c != '-' && static_cast<unsigned char>(c) < 0x80) return false;
    }
    if (size == text.size()) return true;
    text.remove_prefix(size + 1);
  }
}

bool is_email(std::string_view text) {
  const std::size_t at = text.rfind('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.find_first_of(" \t\r\n<>", 0) == std::string_view::npos;
}

bool is_uri(std::string_view text) {
  // What Go's url.ParseRequestURI takes: an absolute path, or a scheme and something behind it.
  if (text.empty() || text.find_first_of("\x7f") != std::string_view::npos) return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == ' ') return false;
  }
  if (text[0] == '/') return true;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || is_digit(text[0])) return false;
  for (const char c : text.substr(0, colon)) {
    if (!is_alnum(c) && c != '+' && c != '-' && c != '.') return false;
  }
  return colon + 1 < text.size();
}

bool is_mac(std::string_view text) {
  if (text.size() != 17) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool separator = i % 3 == 2;
    if (separator ? text[i] != text[2] || (text[i] != ':' && text[i] != '-') : !is_hex(text[i])) {
      return false;
    }
  }
  return true;
}

bool is_date(std::string_view text) {
  return text.size() == 10 && codec::parse_time(cat(text, "T00:00:00Z")).has_value();
}

}  // namespace

bool fits_format(std::string_view text, std::string_view format) {
  if (format == "date") return is_date(text);
  if (format == "date-time" || format == "datetime") {
    return codec::parse_time(text).has_value();
  }
  if (format == "duration") return codec::parse_duration(text).has_value();
  if (format == "byte") return codec::decode_base64(text).has_value();
  if (format == "ipv4") return is_ipv4(text);
  if (format == "ipv6") return is_ipv6(text);
  if (format == "cidr") return is_cidr(text);
  if (format == "mac") return is_mac(text);
  if (format == "uuid") return is_uuid(text, 0);
  if (format == "uuid3") return is_uuid(text, '3');
  if (format == "uuid4") return is_uuid(text, '4');
  if (format == "uuid5") return is_uuid(text, '5');
  if (format == "hostname") return is_hostname(text);
  if (format == "email") return is_email(text);
  if (format == "uri") return is_uri(text);
  return true;
}

}  // namespace thole::schema
