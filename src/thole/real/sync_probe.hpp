#pragma once
// What this machine does with memory order: litmus runs on two pinned threads, and the cost of
// barriers. For `thole lab`; nothing on a request's path calls it.

#include <cstdint>
#include <string>
#include <vector>

namespace thole::real {

// What two threads put between their two accesses.
enum class ProbeFence : std::uint8_t { None, AcqRel, SeqCst, LockedRmw };
// SB: each writes one word and reads the other's. MP: one writes two words, the other reads them
// the other way round. LB: each reads one word and writes the other's.
enum class ProbeShape : std::uint8_t { StoreBuffering, MessagePassing, LoadBuffering };

struct ProbeCounts {
  std::uint64_t iterations = 0;
  std::uint64_t outcome[4] = {};  // By first result + 2 * second result.
  bool skipped = false;           // Fewer than two processors.
};
ProbeCounts probe(ProbeShape shape, ProbeFence fence, std::uint64_t iterations);

struct MembarrierFacts {
  bool offered = false;
  int mask = 0;
  std::vector<std::string> commands;
  int errno_of_command_7 = 0;  // A value that is no single bit.
};
MembarrierFacts membarrier_facts();

struct BarrierCost {
  std::string name;
  double nanoseconds = 0;
};
// Each barrier `iterations` times (the system call a hundredth of it), with `siblings` other
// threads of this process running.
std::vector<BarrierCost> barrier_costs(std::uint64_t iterations, unsigned siblings);

}  // namespace thole::real
