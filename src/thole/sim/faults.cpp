#include "thole/sim/faults.hpp"

#include "thole/base/text.hpp"

namespace thole::sim {

std::string FaultCounts::show() const {
  std::string out;
  for (const auto& [fault, count] : counts_) {
    out += cat(fault, ": injected ", count.injected, ", reached ", count.reached, "\n");
  }
  return out;
}

}  // namespace thole::sim
