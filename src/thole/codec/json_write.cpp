#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "thole/codec/json.hpp"
#include "thole/codec/utf8.hpp"

namespace thole::codec {

namespace {

constexpr std::string_view hex = "0123456789abcdef";

// 1: needs an escape or a closer look.
constexpr auto make_special() {
  std::array<bool, 256> special{};
  for (std::size_t i = 0; i < 256; ++i) special[i] = i < 0x20 || i >= 0x80;
  for (const char c : {'"', '\\', '<', '>', '&'}) special[static_cast<std::uint8_t>(c)] = true;
  return special;
}
constexpr auto special = make_special();

void write_escaped(char c, std::string& out) {
  switch (c) {
    case '"':
    case '\\':
      out += '\\', out += c;
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += hex[static_cast<std::uint8_t>(c) >> 4];
      out += hex[c & 0xF];
  }
}

void write_scalar(const Value& value, std::string& out) {
  switch (value.type()) {
    case ValueType::Null:
      out += "null";
      break;
    case ValueType::Bool:
      out += value.as_bool() ? "true" : "false";
      break;
    case ValueType::Int: {
      std::array<char, 24> buffer;
      const auto end = std::to_chars(buffer.begin(), buffer.end(), value.as_int()).ptr;
      out.append(buffer.data(), end);
      break;
    }
    case ValueType::Double:
      write_json_double(value.as_double(), out);
      break;
    case ValueType::String:
      write_json_string(value.as_string(), out);
      break;
    case ValueType::Array:
      out += "[]";
      break;
    case ValueType::Object:
      out += "{}";
      break;
  }
}

// One open array or object: what of it is still to be written.
struct Open {
  Value container;
  std::size_t next = 0;
};

void new_line(std::size_t depth, std::string& out) {
  out += '\n';
  out.append(depth * 2, ' ');
}

template <bool pretty>
void write_tree(const Value& root, std::string& out) {
  if (root.size() == 0) return write_scalar(root, out);
  std::vector<Open> open;
  open.push_back({root});
  out += root.is_object() ? '{' : '[';
  while (!open.empty()) {
    Open& top = open.back();
    const Value container = top.container;
    if (top.next == container.size()) {
      open.pop_back();
      if constexpr (pretty) new_line(open.size(), out);
      out += container.is_object() ? '}' : ']';
      continue;
    }
    if (top.next != 0) out += ',';
    if constexpr (pretty) new_line(open.size(), out);
    const std::size_t index = top.next++;
    Value child;
    if (container.is_object()) {
      const Member& member = container.members()[index];
      write_json_string(member.key, out);
      out += ':';
      if constexpr (pretty) out += ' ';
      child = member.value;
    } else {
      child = container.elements()[index];
    }
    if (child.size() == 0) {
      write_scalar(child, out);
    } else {
      out += child.is_object() ? '{' : '[';
      open.push_back({child});
    }
  }
}

}  // namespace

void write_json_string(std::string_view text, std::string& out) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<std::uint8_t>(text[i]);
    if (!special[c]) {
      ++i;
      continue;
    }
    if (c < 0x80) {
      out.append(text, plain, i - plain);
      write_escaped(text[i], out);
      plain = ++i;
      continue;
    }
    const Rune rune = decode_rune(text.substr(i));
    if (rune.valid && rune.code != 0x2028 && rune.code != 0x2029) {
      i += rune.size;
      continue;
    }
    out.append(text, plain, i - plain);
    out += !rune.valid ? "\\ufffd" : rune.code == 0x2028 ? "\\u2028" : "\\u2029";
    plain = i += rune.size;
  }
  out.append(text, plain);
  out += '"';
}

// encoding/json's rule (which is ES6's): no exponent between 1e-6 and 1e21, and a short one
// otherwise.
void write_json_double(double number, std::string& out) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  std::array<char, 32> buffer;
  const auto end =
      std::to_chars(buffer.begin(), buffer.end(), number, std::chars_format::scientific).ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = text.find('e');
  const std::string_view mantissa = text.substr(0, e);
  const char sign = text[e + 1];
  std::string_view digits = text.substr(e + 2);
  if (digits.starts_with('0')) digits.remove_prefix(1);
  const double size = std::fabs(number);
  if (size != 0 && (size < 1e-6 || size >= 1e21)) {
    out.append(mantissa);
    out += 'e';
    out += sign;
    out.append(digits);
    return;
  }
  // The shortest digits, then zeros: 18446744073709552000, not ...551616.
  int exponent = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  if (sign == '-') exponent = -exponent;
  std::string significant;
  for (const char c : mantissa) {
    if (c == '-') out += c;
    if (c >= '0' && c <= '9') significant += c;
  }
  if (exponent < 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-exponent - 1), '0');
    out += significant;
    return;
  }
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (significant.size() < whole) significant.append(whole - significant.size(), '0');
  out.append(significant, 0, whole);
  if (significant.size() > whole) {
    out += '.';
    out.append(significant, whole);
  }
}

void write_json(const Value& value, std::string& out) { write_tree<false>(value, out); }

void write_pretty_json(const Value& value, std::string& out) { write_tree<true>(value, out); }

std::string to_json(const Value& value) {
  std::string out;
  write_json(value, out);
  return out;
}

std::string go_quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    const char c = text[0];
    if (!rune.valid ||
        (rune.code < 0x20 && c != '\n' && c != '\t' && c != '\r' && c != '\a' && c != '\b' &&
         c != '\f' && c != '\v') ||
        c == 0x7F) {
      out += "\\x";
      out += hex[static_cast<std::uint8_t>(c) >> 4];
      out += hex[c & 0xF];
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\a') {
      out += "\\a";
    } else if (c == '\v') {
      out += "\\v";
    } else if (rune.code < 0x20) {
      write_escaped(c, out);
    } else if ((rune.code >= 0x80 && rune.code <= 0xA0) || rune.code == 0xAD ||
               (rune.code >= 0x2000 && rune.code <= 0x200F) ||
               (rune.code >= 0x2028 && rune.code <= 0x202F) || rune.code == 0xFEFF) {
      // The common characters that Go does not take for printable.
      out += "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) out += hex[(rune.code >> shift) & 0xF];
    } else {
      out.append(text.substr(0, rune.size));
    }
    text.remove_prefix(rune.size);
  }
  out += '"';
  return out;
}

}  // namespace thole::codec
