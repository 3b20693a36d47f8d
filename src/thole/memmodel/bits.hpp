#pragma once
// A set of up to 128 events. Relations are arrays of these.

#include <bit>
#include <cstdint>

namespace thole::memmodel {

struct Bits {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  void set(unsigned i) { (i < 64 ? low : high) |= std::uint64_t{1} << (i & 63); }
  bool has(unsigned i) const { return ((i < 64 ? low : high) >> (i & 63) & 1) != 0; }
  bool empty() const { return (low | high) == 0; }
  int count() const { return std::popcount(low) + std::popcount(high); }

  Bits& operator|=(Bits o) {
    low |= o.low;
    high |= o.high;
    return *this;
  }
  friend Bits operator|(Bits a, Bits b) { return a |= b; }
  friend Bits operator&(Bits a, Bits b) { return {a.low & b.low, a.high & b.high}; }
  friend Bits operator-(Bits a, Bits b) { return {a.low & ~b.low, a.high & ~b.high}; }
  bool operator==(const Bits&) const = default;

  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::uint64_t rest = low; rest != 0; rest &= rest - 1) {
      visit(static_cast<unsigned>(std::countr_zero(rest)));
    }
    for (std::uint64_t rest = high; rest != 0; rest &= rest - 1) {
      visit(64 + static_cast<unsigned>(std::countr_zero(rest)));
    }
  }

  // All smaller than i.
  static Bits below(unsigned i) {
    if (i >= 128) return {~std::uint64_t{0}, ~std::uint64_t{0}};
    if (i >= 64) return {~std::uint64_t{0}, (std::uint64_t{1} << (i - 64)) - 1};
    return {(std::uint64_t{1} << i) - 1, 0};
  }
};

}  // namespace thole::memmodel
