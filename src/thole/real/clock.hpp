#pragma once
// The Clock seam on the OS.

#include "thole/base/clock.hpp"

namespace thole::real {

class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
  WallTime wall() const override;
};

}  // namespace thole::real
