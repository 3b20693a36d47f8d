#pragma once
// Random numbers that depend on a seed and a path of names only: never on a library, an address or
// the order in which streams were made. Not fit for keys.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "thole/base/clock.hpp"
#include "thole/base/random.hpp"

namespace thole::sim {

// A good 64-bit hash of few words and bytes, the same on every machine of one byte order.
std::uint64_t mix(std::uint64_t a, std::uint64_t b);
std::uint64_t hash_of(std::string_view bytes);

class Draw final : public Random {
 public:
  explicit Draw(std::uint64_t seed);

  std::uint64_t next() override;
  void fill(std::span<std::byte> bytes) override;
  std::unique_ptr<Random> fork(std::string_view name) override;

  Draw forked(std::string_view name) const { return Draw(mix(seed_, hash_of(name))); }
  // True in `per_million` of a million draws.
  bool chance(std::uint32_t per_million) { return below(1'000'000) < per_million; }
  Duration between(Duration least, Duration most);

 private:
  std::uint64_t seed_;
  std::uint64_t state_;
};

}  // namespace thole::sim
