#pragma once
// The Random seam. `real` seeds it from the OS; `sim` draws it from the world's seed.
// Threads: the executor it was made for; give each executor its own with `fork`.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace thole {

class Random {
 public:
  virtual ~Random() = default;

  // Uniform over all 64-bit values.
  virtual std::uint64_t next() = 0;
  // Fit for keys and tokens in `real`.
  virtual void fill(std::span<std::byte> bytes) = 0;
  // An independent stream. In `sim` it depends on the seed and `name` only.
  virtual std::unique_ptr<Random> fork(std::string_view name) = 0;

  // Uniform in [0, bound), bound > 0. Ours, because the standard's distributions differ by library.
  std::uint64_t below(std::uint64_t bound);
};

}  // namespace thole
