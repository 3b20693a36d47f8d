#include "thole/real/clock.hpp"

namespace thole::real {

TimePoint SystemClock::now() const { return std::chrono::steady_clock::now(); }
WallTime SystemClock::wall() const { return std::chrono::system_clock::now(); }

}  // namespace thole::real
