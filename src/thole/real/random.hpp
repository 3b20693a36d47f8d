#pragma once
// The Random seam on the OS: every byte comes from the kernel, some hundred at a time, and is
// forgotten here once it was handed out. Fit for keys.

#include <array>
#include <cstddef>

#include "thole/base/random.hpp"

namespace thole::real {

class OsRandom final : public Random {
 public:
  OsRandom() = default;
  ~OsRandom() override;

  std::uint64_t next() override;
  void fill(std::span<std::byte> bytes) override;
  std::unique_ptr<Random> fork(std::string_view name) override;

 private:
  std::array<std::byte, 512> buffer_;
  std::size_t used_ = sizeof(buffer_);
};

}  // namespace thole::real
