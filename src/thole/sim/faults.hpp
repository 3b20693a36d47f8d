#pragma once
// What may go wrong in a world, how often, and how often it did. The figures are per million
// chances; zero turns a fault off. A run whose faults were never reached has tested nothing.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "thole/base/clock.hpp"

namespace thole::sim {

struct NetworkFaults {
  Duration latency_min = std::chrono::microseconds(20);
  Duration latency_max = std::chrono::milliseconds(2);
  std::size_t buffer_bytes = 64 * 1024;  // In flight and unread, one direction.
  std::uint32_t small_chunks = 100'000;  // A write or read is cut into pieces down to one byte.
  std::uint32_t reset = 0;               // A write finds that the connection was reset.
  std::uint32_t refused = 0;             // A connect fails although somebody listens.
  Duration unreachable_timeout = std::chrono::seconds(150);  // Keep-alive gives up.
  Duration connect_timeout = std::chrono::seconds(30);
};

struct DiskFaults {
  Duration latency_min = std::chrono::microseconds(5);
  Duration latency_max = std::chrono::microseconds(500);
  Duration slow = std::chrono::milliseconds(200);
  std::uint32_t slow_operation = 0;
  std::uint32_t write_error = 0;  // EIO after any part was written.
  std::uint32_t read_error = 0;
  std::uint32_t sync_error = 0;          // The dirty pages are gone, and the next sync succeeds.
  std::uint32_t flipped_bit = 0;         // A read sees one bit wrong.
  std::uint64_t capacity_bytes = ~0ull;  // Beyond it: ENOSPC.
};

class FaultCounts {
 public:
  struct Count {
    std::uint64_t injected = 0;  // It was decided that this happens.
    std::uint64_t reached = 0;   // Somebody's operation met it.
  };
  void injected(std::string_view fault) { ++counts_[std::string(fault)].injected; }
  void reached(std::string_view fault) { ++counts_[std::string(fault)].reached; }
  void met(std::string_view fault) {  // Injected where it is reached.
    injected(fault);
    reached(fault);
  }
  Count of(std::string_view fault) const {
    const auto it = counts_.find(fault);
    return it == counts_.end() ? Count{} : it->second;
  }
  // One line a fault: "sync error: injected 3, reached 3".
  std::string show() const;

 private:
  std::map<std::string, Count, std::less<>> counts_;
};

}  // namespace thole::sim
