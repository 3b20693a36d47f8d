#pragma once
// The Clock seam tells the time; waiting for a time is the executor's (thole/base/executor.hpp).

#include <chrono>

namespace thole {

using Duration = std::chrono::nanoseconds;

// Steady time: only differences mean something. Never goes backwards.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
// Wall time: what people and certificates mean. May step either way.
using WallTime = std::chrono::sys_time<Duration>;

// Threads: any.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  virtual WallTime wall() const = 0;
};

}  // namespace thole
