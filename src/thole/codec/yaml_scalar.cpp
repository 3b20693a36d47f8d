#include "thole/codec/yaml_scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>

#include "thole/base/text.hpp"

namespace thole::codec {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<Value> named(std::string_view text) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const std::string_view word :
       {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}) {
    if (text == word) return Value::boolean(true);
  }
  for (const std::string_view word :
       {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}) {
    if (text == word) return Value::boolean(false);
  }
  for (const std::string_view word : {"", "~", "null", "Null", "NULL"}) {
    if (text == word) return Value();
  }
  for (const std::string_view word : {".nan", ".NaN", ".NAN"}) {
    if (text == word) return Value::number(std::numeric_limits<double>::quiet_NaN());
  }
  for (const std::string_view word : {".inf", ".Inf", ".INF"}) {
    if (text == word || (text.starts_with('+') && text.substr(1) == word)) {
      return Value::number(infinity);
    }
    if (text.starts_with('-') && text.substr(1) == word) return Value::number(-infinity);
  }
  return std::nullopt;
}

// A float64 goes through JSON text, which makes an integer of 1.0 and of 1e3.
Value from_double(double number) {
  const bool integral = number == std::floor(number) && number >= -9223372036854775808.0 &&
                        number < 9223372036854775808.0;
  return integral ? Value::integer(static_cast<std::int64_t>(number)) : Value::number(number);
}

// strconv.ParseInt(text, 0, 64), then ParseUint.
std::optional<Value> integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  const bool signed_text = negative || text.starts_with('+');
  if (signed_text) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char kind = static_cast<char>(text[1] | 0x20);
    base = kind == 'x' ? 16 : kind == 'b' ? 2 : 8;
    text.remove_prefix(kind == 'x' || kind == 'b' || kind == 'o' ? 2 : 1);
  }
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number, base);
  if (text.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  constexpr std::uint64_t limit = std::uint64_t{1} << 63;
  if (number < limit) {
    const auto small = static_cast<std::int64_t>(number);
    return Value::integer(negative ? -small : small);
  }
  if (negative && number == limit) {
    return Value::integer(std::numeric_limits<std::int64_t>::min());
  }
  if (signed_text) return std::nullopt;
  return Value::number(static_cast<double>(number));
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_like_float(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - start;
  };
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  const bool whole = digits() > 0;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0 && !whole) return false;
  } else if (!whole) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

std::optional<Value> real(std::string_view text) {
  if (!looks_like_float(text)) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  const double number = std::strtod(std::string(text).c_str(), nullptr);
  if (!std::isfinite(number)) return std::nullopt;
  return from_double(number);
}

// [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?, which older readers take for a number.
bool is_base60(std::string_view text) {
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  if (at >= text.size() || !is_digit(text[at])) return false;
  while (at < text.size() && (is_digit(text[at]) || text[at] == '_')) ++at;
  bool any = false;
  while (at + 1 < text.size() && text[at] == ':' && is_digit(text[at + 1])) {
    const bool two = at + 2 < text.size() && is_digit(text[at + 2]) && text[at + 1] <= '5';
    at += two ? 3 : 2;
    any = true;
  }
  if (any && at < text.size() && text[at] == '.') {
    ++at;
    while (at < text.size() && (is_digit(text[at]) || text[at] == '_')) ++at;
  }
  return any && at == text.size();
}

// Dates as go-yaml knows them: YYYY-M-D alone, or with a time.
bool is_timestamp(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&](std::size_t least, std::size_t most) {
    const std::size_t start = at;
    while (at < text.size() && is_digit(text[at]) && at - start < most) ++at;
    return at - start >= least;
  };
  const auto literal = [&](char c) {
    if (at >= text.size() || text[at] != c) return false;
    ++at;
    return true;
  };
  if (!digits(4, 4) || !literal('-') || !digits(1, 2) || !literal('-') || !digits(1, 2)) {
    return false;
  }
  if (at == text.size()) return true;
  const char separator = text[at++];
  if (separator != 'T' && separator != 't' && separator != ' ') return false;
  if (!digits(1, 2) || !literal(':') || !digits(1, 2) || !literal(':') || !digits(1, 2)) {
    return false;
  }
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits(1, 64)) return false;
  }
  if (separator == ' ') return at == text.size();
  if (literal('Z')) return at == text.size();
  if (!literal('+') && !literal('-')) return false;
  return digits(2, 2) && literal(':') && digits(2, 2) && at == text.size();
}

}  // namespace

Value resolve_yaml_scalar(std::string_view text) {
  const char hint = text.empty() ? 'N' : text[0];
  if (!is_digit(hint) && !std::string_view("+-.yYnNtTfFoO~").contains(hint)) {
    return Value::string(text);
  }
  if (const std::optional<Value> value = named(text)) return *value;
  if (hint == '.') return real(text).value_or(Value::string(text));
  if (!is_digit(hint) && hint != '-' && hint != '+') return Value::string(text);
  std::string plain(text);
  std::erase(plain, '_');
  if (const std::optional<Value> value = integer(plain)) return *value;
  if (const std::optional<Value> value = real(plain)) return *value;
  return Value::string(text);
}

bool needs_yaml_quotes(std::string_view text) {
  return !resolve_yaml_scalar(text).is_string() || text == "<<" || is_base60(text) ||
         is_timestamp(text);
}

std::string format_go_float(double number, int bits) {
  std::array<char, 64> buffer;
  const auto end =
      bits == 32
          ? std::to_chars(buffer.begin(), buffer.end(), static_cast<float>(number),
                          std::chars_format::scientific)
                .ptr
          : std::to_chars(buffer.begin(), buffer.end(), number, std::chars_format::scientific).ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = text.find('e');
  if (e == std::string_view::npos) return std::string(text);
  int exponent = 0;
  const std::size_t digits_at = text[e + 1] == '+' ? e + 2 : e + 1;
  std::from_chars(text.data() + digits_at, text.data() + text.size(), exponent);
  if (exponent < -4 || exponent >= 6) return std::string(text);
  std::array<char, 400> fixed;
  const auto fixed_end =
      bits == 32 ? std::to_chars(fixed.begin(), fixed.end(), static_cast<float>(number),
                                 std::chars_format::fixed)
                       .ptr
                 : std::to_chars(fixed.begin(), fixed.end(), number, std::chars_format::fixed).ptr;
  return {fixed.data(), fixed_end};
}

}  // namespace thole::codec
