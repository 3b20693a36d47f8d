#include "thole/real/sync_probe.hpp"

#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>

namespace thole::real {

namespace {

struct Cell {
  alignas(64) std::atomic<int> x{0};
  alignas(64) std::atomic<int> y{0};
  alignas(64) int first = 0;
  alignas(64) int second = 0;
};

// The processors this process may use, in order.
std::vector<int> processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> result;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return result;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) result.push_back(cpu);
  }
  return result;
}

void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  // A refusal only makes the result less telling.
  sched_setaffinity(0, sizeof(set), &set);
}

// Spins for a start in step, but not against a thread that shares its processor.
void wait_until(const std::atomic<std::uint64_t>& count, std::uint64_t wanted) {
  for (unsigned turn = 0; count.load() < wanted; ++turn) {
    if (turn > 2000) sched_yield();
  }
}

template <ProbeFence fence>
void between() {
  if constexpr (fence == ProbeFence::AcqRel) std::atomic_thread_fence(std::memory_order_acq_rel);
  if constexpr (fence == ProbeFence::SeqCst) std::atomic_thread_fence(std::memory_order_seq_cst);
  if constexpr (fence == ProbeFence::LockedRmw) {
    std::atomic<int> own{0};
    own.fetch_add(1, std::memory_order_seq_cst);
  }
  std::atomic_signal_fence(std::memory_order_seq_cst);  // The compiler keeps its hands off.
}

template <ProbeShape shape, ProbeFence fence>
void step(Cell& cell, bool first_thread) {
  constexpr auto rlx = std::memory_order_relaxed;
  std::atomic<int>& mine = first_thread ? cell.x : cell.y;
  std::atomic<int>& other = first_thread ? cell.y : cell.x;
  if constexpr (shape == ProbeShape::StoreBuffering) {
    mine.store(1, rlx);
    between<fence>();
    (first_thread ? cell.first : cell.second) = other.load(rlx);
  } else if constexpr (shape == ProbeShape::LoadBuffering) {
    const int read = mine.load(rlx);
    between<fence>();
    other.store(1, rlx);
    (first_thread ? cell.first : cell.second) = read;
  } else if (first_thread) {
    cell.x.store(1, rlx);
    between<fence>();
    cell.y.store(1, rlx);
  } else {
    cell.first = cell.y.load(rlx);
    between<fence>();
    cell.second = cell.x.load(rlx);
  }
}

template <ProbeShape shape, ProbeFence fence>
ProbeCounts probe_with(std::uint64_t iterations) {
  ProbeCounts counts;
  const std::vector<int> cpus = processors();
  if (cpus.size() < 2) {
    counts.skipped = true;
    return counts;
  }
  constexpr std::size_t batch = 8192;
  auto cells = std::make_unique<Cell[]>(batch);
  std::atomic<std::uint64_t> started{0};
  std::atomic<std::uint64_t> finished{0};
  const std::uint64_t batches = (iterations + batch - 1) / batch;
  const auto run = [&](bool first_thread) {
    pin(cpus[first_thread ? 0 : 1]);
    for (std::uint64_t b = 1; b <= batches; ++b) {
      ++started;
      wait_until(started, 2 * b);
      for (std::size_t i = 0; i < batch; ++i) step<shape, fence>(cells[i], first_thread);
      ++finished;
      wait_until(finished, 2 * b);
      if (!first_thread) continue;
      for (std::size_t i = 0; i < batch; ++i) {
        ++counts.outcome[cells[i].first + 2 * cells[i].second];
        cells[i].x = 0;
        cells[i].y = 0;
      }
      // Only now it counts itself in for the next batch, so the other thread waits for the reset.
    }
  };
  {
    std::jthread other([&] { run(false); });
    std::jthread one([&] { run(true); });
  }
  counts.iterations = batches * batch;
  return counts;
}

template <ProbeShape shape>
ProbeCounts probe_shape(ProbeFence fence, std::uint64_t iterations) {
  switch (fence) {
    case ProbeFence::None:
      return probe_with<shape, ProbeFence::None>(iterations);
    case ProbeFence::AcqRel:
      return probe_with<shape, ProbeFence::AcqRel>(iterations);
    case ProbeFence::SeqCst:
      return probe_with<shape, ProbeFence::SeqCst>(iterations);
    case ProbeFence::LockedRmw:
      break;
  }
  return probe_with<shape, ProbeFence::LockedRmw>(iterations);
}

double time_each(std::uint64_t iterations, const std::function<void()>& many) {
  const auto start = std::chrono::steady_clock::now();
  many();
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
  return spent.count() / static_cast<double>(iterations);
}

}  // namespace

ProbeCounts probe(ProbeShape shape, ProbeFence fence, std::uint64_t iterations) {
  switch (shape) {
    case ProbeShape::StoreBuffering:
      return probe_shape<ProbeShape::StoreBuffering>(fence, iterations);
    case ProbeShape::MessagePassing:
      return probe_shape<ProbeShape::MessagePassing>(fence, iterations);
    case ProbeShape::LoadBuffering:
      break;
  }
  return probe_shape<ProbeShape::LoadBuffering>(fence, iterations);
}

MembarrierFacts membarrier_facts() {
  MembarrierFacts facts;
  const long mask = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
  if (mask >= 0) {
    facts.offered = true;
    facts.mask = static_cast<int>(mask);
    static constexpr struct {
      int bit;
      const char* name;
    } names[] = {
        {MEMBARRIER_CMD_GLOBAL, "GLOBAL"},
        {MEMBARRIER_CMD_GLOBAL_EXPEDITED, "GLOBAL_EXPEDITED"},
        {MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, "REGISTER_GLOBAL_EXPEDITED"},
        {MEMBARRIER_CMD_PRIVATE_EXPEDITED, "PRIVATE_EXPEDITED"},
        {MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, "REGISTER_PRIVATE_EXPEDITED"},
        {MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, "PRIVATE_EXPEDITED_SYNC_CORE"},
        {MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
         "REGISTER_PRIVATE_EXPEDITED_SYNC_CORE"},
        {1 << 7, "PRIVATE_EXPEDITED_RSEQ"},
        {1 << 8, "REGISTER_PRIVATE_EXPEDITED_RSEQ"},
        {1 << 9, "GET_REGISTRATIONS"},
    };
    for (const auto& name : names) {
      if ((facts.mask & name.bit) != 0) facts.commands.emplace_back(name.name);
    }
  }
  if (syscall(SYS_membarrier, 7, 0, 0) != 0) facts.errno_of_command_7 = errno;
  return facts;
}

std::vector<BarrierCost> barrier_costs(std::uint64_t iterations, unsigned siblings) {
  std::atomic<bool> stop{false};
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < siblings; ++i) {
    threads.emplace_back([&] {
      while (!stop.load(std::memory_order_relaxed)) {
      }
    });
  }
  std::vector<BarrierCost> costs;
  std::atomic<std::uint64_t> word{0};
  const auto add = [&](const char* name, std::uint64_t count, const std::function<void()>& many) {
    costs.push_back({name, time_each(count, many)});
  };
  add("compiler barrier (the light side)", iterations, [&] {
    for (std::uint64_t i = 0; i < iterations; ++i) {
      std::atomic_signal_fence(std::memory_order_seq_cst);
      word.store(i, std::memory_order_relaxed);
    }
  });
  add("seq_cst fence", iterations, [&] {
    for (std::uint64_t i = 0; i < iterations; ++i) {
      word.store(i, std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_seq_cst);
    }
  });
  add("seq_cst store", iterations, [&] {
    for (std::uint64_t i = 0; i < iterations; ++i) word.store(i, std::memory_order_seq_cst);
  });
  add("seq_cst fetch_add", iterations, [&] {
    for (std::uint64_t i = 0; i < iterations; ++i) word.fetch_add(1, std::memory_order_seq_cst);
  });
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0) {
    const std::uint64_t calls = iterations / 100 + 1;
    add("membarrier, private expedited (the heavy side)", calls, [&] {
      for (std::uint64_t i = 0; i < calls; ++i) {
        syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
      }
    });
  }
  stop = true;
  return costs;
}

}  // namespace thole::real
