#pragma once
// resource.Quantity: a fixed-point number with a suffix ("500m", "1.5Gi", "12e6"). Parsing and
// canonical text agree with k8s.io/apimachinery/pkg/api/resource in every case, odd ones included:
// some texts that are not canonical ("1.500") are kept as they were written, and DecimalSI values
// beyond exa lose their suffix ("1000E" becomes "1").
//
// A value of its own; threads: any.

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "thole/base/result.hpp"

namespace thole::codec {

class Quantity {
 public:
  enum class Format : std::uint8_t { DecimalExponent, BinarySI, DecimalSI };

  Quantity() = default;  // "0"
  explicit Quantity(std::int64_t value, Format format = Format::DecimalSI);

  // Spaces around it are ignored. Fails with BadRequest in upstream's words. At most 512 bytes.
  static Result<Quantity> parse(std::string_view text);

  std::string text() const;  // What upstream writes for it.
  Format format() const { return format_; }
  int sign() const;
  bool is_zero() const { return digits_.empty(); }
  bool is_integer() const;  // Whether it has no fraction.

  // Rounded away from zero, and held within int64.
  std::int64_t value() const { return scaled_value(0); }
  std::int64_t milli_value() const { return scaled_value(-3); }
  std::int64_t scaled_value(int exponent) const;

  // Keeps this format, or takes the other's when this is zero.
  void add(const Quantity& other);
  void subtract(const Quantity& other);
  void negate();

  friend std::strong_ordering operator<=>(const Quantity& a, const Quantity& b);
  friend bool operator==(const Quantity& a, const Quantity& b) { return (a <=> b) == 0; }

 private:
  void trim();
  std::string decimal_text(Format format) const;
  std::string binary_text() const;

  // (-1)^negative * digits * 10^exponent. No leading zeros; none at all for zero.
  std::string digits_;
  std::int64_t exponent_ = 0;
  bool negative_ = false;
  Format format_ = Format::DecimalSI;
  std::string written_;  // The text it was made from, where upstream keeps that.
};

}  // namespace thole::codec
