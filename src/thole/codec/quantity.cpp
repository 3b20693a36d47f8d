#include "thole/codec/quantity.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "thole/base/text.hpp"

namespace thole::codec {

namespace {

constexpr std::size_t text_max = 512;
constexpr std::int64_t nano = -9;

std::unexpected<Error> wrong_format() {
  return fail(ErrorKind::BadRequest,
              "quantities must match the regular expression "
              "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
}
std::unexpected<Error> wrong_number() {
  return fail(ErrorKind::BadRequest, "unable to parse numeric part of quantity");
}
std::unexpected<Error> wrong_suffix() {
  return fail(ErrorKind::BadRequest, "unable to parse quantity's suffix");
}

// ---- Natural numbers as decimal digits; "" is zero

void strip_zeros(std::string& digits) { digits.erase(0, digits.find_first_not_of('0')); }

std::string times(const std::string& digits, std::uint32_t factor) {
  std::string result;
  std::uint64_t carry = 0;
  for (std::size_t i = digits.size(); i-- > 0;) {
    carry += static_cast<std::uint64_t>(digits[i] - '0') * factor;
    result += static_cast<char>('0' + carry % 10);
    carry /= 10;
  }
  for (; carry != 0; carry /= 10) result += static_cast<char>('0' + carry % 10);
  std::reverse(result.begin(), result.end());
  return result;
}

std::strong_ordering compare(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

std::string plus(std::string_view a, std::string_view b) {
  std::string result;
  int carry = 0;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()) || carry != 0; ++i) {
    if (i < a.size()) carry += a[a.size() - 1 - i] - '0';
    if (i < b.size()) carry += b[b.size() - 1 - i] - '0';
    result += static_cast<char>('0' + carry % 10);
    carry /= 10;
  }
  std::reverse(result.begin(), result.end());
  return result;
}

// a - b, where a >= b.
std::string minus(const std::string& a, const std::string& b) {
  std::string result;
  int borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    int digit = a[a.size() - 1 - i] - '0' - borrow;
    if (i < b.size()) digit -= b[b.size() - 1 - i] - '0';
    borrow = digit < 0 ? 1 : 0;
    result += static_cast<char>('0' + digit + borrow * 10);
  }
  std::reverse(result.begin(), result.end());
  strip_zeros(result);
  return result;
}

constexpr std::string_view int64_max_digits = "9223372036854775807";

// ---- The text

struct Pieces {
  bool positive = true;
  bool has_digits = false;
  std::string_view number;       // Without its sign's zeros.
  std::string_view denominator;  // Behind the point.
  std::string_view suffix;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Follows upstream's scanner, which takes some texts that its regular expression does not.
std::optional<Pieces> split(std::string_view text) {
  Pieces pieces;
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) {
    pieces.positive = text[at] == '+';
    ++at;
  }
  const std::size_t first = at;
  while (at < text.size() && text[at] == '0') ++at;
  if (at == text.size()) {
    pieces.number = "0";
    pieces.has_digits = true;
    return pieces;
  }
  const std::size_t number = at;
  while (at < text.size() && is_digit(text[at])) ++at;
  pieces.number = text.substr(number, at - number);
  pieces.has_digits = at > first;
  if (at == text.size()) return pieces;
  if (pieces.number.empty()) pieces.number = "0";
  if (text[at] == '.') {
    const std::size_t start = ++at;
    while (at < text.size() && is_digit(text[at])) ++at;
    pieces.denominator = text.substr(start, at - start);
    pieces.has_digits = pieces.has_digits || !pieces.denominator.empty();
    if (at == text.size()) return pieces;
  }
  const std::size_t suffix = at;
  while (at < text.size() && std::string_view("eEinumkKMGTP").contains(text[at])) ++at;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  while (at < text.size() && is_digit(text[at])) ++at;
  if (at != text.size()) return std::nullopt;
  pieces.suffix = text.substr(suffix);
  return pieces;
}

struct Suffix {
  Quantity::Format format;
  std::int32_t exponent;  // Of 2 for BinarySI, of 10 otherwise.
};

constexpr struct {
  std::string_view text;
  Suffix meaning;
} suffixes[] = {
    {"", {Quantity::Format::DecimalSI, 0}},   {"n", {Quantity::Format::DecimalSI, -9}},
    {"u", {Quantity::Format::DecimalSI, -6}}, {"m", {Quantity::Format::DecimalSI, -3}},
    {"k", {Quantity::Format::DecimalSI, 3}},  {"M", {Quantity::Format::DecimalSI, 6}},
    {"G", {Quantity::Format::DecimalSI, 9}},  {"T", {Quantity::Format::DecimalSI, 12}},
    {"P", {Quantity::Format::DecimalSI, 15}}, {"E", {Quantity::Format::DecimalSI, 18}},
    {"Ki", {Quantity::Format::BinarySI, 10}}, {"Mi", {Quantity::Format::BinarySI, 20}},
    {"Gi", {Quantity::Format::BinarySI, 30}}, {"Ti", {Quantity::Format::BinarySI, 40}},
    {"Pi", {Quantity::Format::BinarySI, 50}}, {"Ei", {Quantity::Format::BinarySI, 60}},
};

std::optional<Suffix> interpret(std::string_view text) {
  for (const auto& suffix : suffixes) {
    if (suffix.text == text) return suffix.meaning;
  }
  if (text.size() < 2 || (text[0] != 'e' && text[0] != 'E')) return std::nullopt;
  text.remove_prefix(1);
  if (text[0] == '+') text.remove_prefix(1);
  std::int64_t exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return Suffix{Quantity::Format::DecimalExponent, static_cast<std::int32_t>(exponent)};
}

std::string_view suffix_text(Quantity::Format format, std::int64_t exponent) {
  for (const auto& suffix : suffixes) {
    if (suffix.meaning.format == format && suffix.meaning.exponent == exponent) return suffix.text;
  }
  return {};
}

// Whether upstream's scanner keeps a quantity as an int64, which decides if it keeps the text too.
struct FastPath {
  bool taken = false;
  bool keeps_text = false;
};

FastPath fast_path(const Pieces& pieces, const Suffix& suffix, const std::string& shifted) {
  const auto digits = static_cast<std::int64_t>(pieces.number.size() + pieces.denominator.size());
  std::int64_t precision = 18 - digits;
  std::int64_t scale = suffix.exponent;
  std::int64_t mantissa = 1;
  const bool binary = suffix.format == Quantity::Format::BinarySI;
  if (binary) {
    if (!pieces.denominator.empty()) return {};
    scale = 0;
    mantissa = std::int64_t{1} << suffix.exponent;
    precision = 15 - static_cast<std::int64_t>(pieces.number.size()) - suffix.exponent * 3 / 10 - 1;
  }
  scale -= static_cast<std::int64_t>(pieces.denominator.size());
  if (precision < 0 || scale < nano) return {};
  std::int64_t value = 0;
  std::from_chars(shifted.data(), shifted.data() + shifted.size(), value);
  std::int64_t product = 0;
  if (__builtin_mul_overflow(value, mantissa, &product)) return {};
  if (binary) return {true, (value & 7) != 0};
  return {true, scale % 3 == 0 && !shifted.ends_with("000") && shifted[0] != '0'};
}

}  // namespace

Quantity::Quantity(std::int64_t value, Format format) : negative_(value < 0), format_(format) {
  const auto magnitude =
      value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  digits_ = std::to_string(magnitude);
  trim();
}

Result<Quantity> Quantity::parse(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  if (text.empty() || text.size() > text_max) return wrong_format();
  const std::optional<Pieces> pieces = split(text);
  if (!pieces) return wrong_format();
  const std::optional<Suffix> suffix = interpret(pieces->suffix);
  if (!suffix) return wrong_suffix();

  Quantity quantity;
  quantity.format_ = suffix->format;
  quantity.negative_ = !pieces->positive;
  const std::string shifted = cat(pieces->number, pieces->denominator);
  const FastPath fast = fast_path(*pieces, *suffix, shifted);
  quantity.digits_ = shifted;
  strip_zeros(quantity.digits_);
  quantity.exponent_ = -static_cast<std::int64_t>(pieces->denominator.size());
  if (suffix->format == Format::BinarySI) {
    for (std::int32_t i = 0; i < suffix->exponent; i += 10) {
      quantity.digits_ = times(quantity.digits_, 1024);
    }
  } else {
    quantity.exponent_ += suffix->exponent;
  }
  if (fast.taken) {
    if (fast.keeps_text || text == "0") quantity.written_ = text;
  } else {
    if (!pieces->has_digits) return wrong_number();
    // Rounded up to nano, and capped at the largest int64 where the suffix is binary.
    if (quantity.exponent_ < nano && !quantity.digits_.empty()) {
      const std::int64_t drop = nano - quantity.exponent_;
      const auto size = static_cast<std::int64_t>(quantity.digits_.size());
      const auto kept = static_cast<std::size_t>(std::max<std::int64_t>(size - drop, 0));
      const bool exact =
          drop <= size && quantity.digits_.find_first_not_of('0', kept) == std::string::npos;
      quantity.digits_.resize(kept);
      if (!exact) quantity.digits_ = plus(quantity.digits_, "1");
      quantity.exponent_ = nano;
    }
    if (suffix->format == Format::BinarySI) {
      Quantity most(std::numeric_limits<std::int64_t>::max());
      Quantity size = quantity;
      size.negative_ = false;
      if (size > most) {
        quantity.digits_ = int64_max_digits;
        quantity.exponent_ = 0;
      }
      if (size < Quantity(1) && !size.is_zero()) quantity.format_ = Format::DecimalSI;
    }
  }
  quantity.trim();
  return quantity;
}

// Moves all factors of ten into the exponent.
void Quantity::trim() {
  strip_zeros(digits_);
  if (digits_.empty()) {
    exponent_ = 0;
    negative_ = false;
    return;
  }
  const std::size_t last = digits_.find_last_not_of('0');
  exponent_ += static_cast<std::int64_t>(digits_.size() - 1 - last);
  digits_.resize(last + 1);
}

int Quantity::sign() const { return digits_.empty() ? 0 : negative_ ? -1 : 1; }

bool Quantity::is_integer() const { return exponent_ >= 0; }

std::string Quantity::text() const {
  if (!written_.empty()) return written_;
  if (digits_.empty()) return "0";
  if (format_ != Format::BinarySI) return decimal_text(format_);
  Quantity size = *this;
  size.negative_ = false;
  if (size < Quantity(1024) || !is_integer()) return decimal_text(Format::DecimalSI);
  return binary_text();
}

std::string Quantity::decimal_text(Format format) const {
  std::string number = digits_;
  std::int64_t exponent = exponent_;
  while (exponent % 3 != 0) {
    number += '0';
    --exponent;
  }
  std::string out = cat(negative_ ? "-" : "", number);
  if (format == Format::DecimalSI) {
    out += suffix_text(format, exponent);
  } else if (exponent != 0) {
    out += cat("e", exponent);
  }
  return out;
}

std::string Quantity::binary_text() const {
  std::int64_t amount = scaled_value(0);
  std::int64_t exponent = 0;
  while (amount % 1024 == 0) {
    amount /= 1024;
    exponent += 10;
  }
  return cat(amount, suffix_text(Format::BinarySI, exponent));
}

std::int64_t Quantity::scaled_value(int exponent) const {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  if (digits_.empty()) return 0;
  const std::int64_t shift = exponent_ - exponent;
  std::string whole = digits_;
  if (shift > 19) {
    whole = int64_max_digits;
  } else if (shift >= 0) {
    whole.append(static_cast<std::size_t>(shift), '0');
  } else {
    // There are no trailing zeros, so something is cut off and it rounds up.
    const auto size = static_cast<std::int64_t>(whole.size());
    whole.resize(static_cast<std::size_t>(std::max<std::int64_t>(size + shift, 0)));
    whole = plus(whole, "1");
  }
  std::int64_t value = most;
  if (compare(whole, int64_max_digits) <= 0) {
    std::from_chars(whole.data(), whole.data() + whole.size(), value);
  }
  return negative_ ? -value : value;
}

void Quantity::negate() {
  negative_ = !negative_ && !digits_.empty();
  written_.clear();
}

void Quantity::add(const Quantity& other) {
  written_.clear();
  if (other.digits_.empty()) return;
  if (digits_.empty()) {
    *this = other;
    written_.clear();
    return;
  }
  // Far apart, the smaller one is beyond every digit that anyone sees.
  constexpr std::int64_t apart_max = 4096;
  if (exponent_ - other.exponent_ > apart_max) return;
  if (other.exponent_ - exponent_ > apart_max) {
    const Format format = format_;
    *this = other;
    written_.clear();
    format_ = format;
    return;
  }
  const std::int64_t common = std::min(exponent_, other.exponent_);
  std::string a = digits_;
  std::string b = other.digits_;
  a.append(static_cast<std::size_t>(exponent_ - common), '0');
  b.append(static_cast<std::size_t>(other.exponent_ - common), '0');
  if (negative_ == other.negative_) {
    digits_ = plus(a, b);
  } else if (compare(a, b) >= 0) {
    digits_ = minus(a, b);
  } else {
    digits_ = minus(b, a);
    negative_ = other.negative_;
  }
  exponent_ = common;
  trim();
}

void Quantity::subtract(const Quantity& other) {
  Quantity negated = other;
  negated.negate();
  add(negated);
}

std::strong_ordering operator<=>(const Quantity& a, const Quantity& b) {
  if (a.sign() != b.sign()) return a.sign() <=> b.sign();
  if (a.sign() == 0) return std::strong_ordering::equal;
  const auto top = [](const Quantity& q) {
    return static_cast<std::int64_t>(q.digits_.size()) + q.exponent_;
  };
  std::strong_ordering order = top(a) <=> top(b);
  if (order == 0) order = a.digits_.compare(b.digits_) <=> 0;  // Without trailing zeros both.
  return a.negative_ ? 0 <=> order : order;
}

}  // namespace thole::codec
