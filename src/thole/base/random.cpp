#include "thole/base/random.hpp"

#include "thole/base/result.hpp"

namespace thole {

// Rejects the few values that would make small results likelier (D. Lemire, "Fast Random Integer
// Generation in an Interval", 2019).
std::uint64_t Random::below(std::uint64_t bound) {
  THOLE_ASSERT(bound > 0);
  using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(next()) * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t rejected = (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < rejected) {
      product = static_cast<Wide>(next()) * bound;
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

}  // namespace thole
