#pragma once
// The scheduler of a world: which tasks are ready, which timers are due when, and which of the
// ready ones is next. Half of the seeds choose uniformly. The others give every strand a random
// priority and change few of them on the way, which finds rare orders of few events better
// (S. Burckhardt et al., "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs",
// 2010).
//
// Tasks that one executor posts to another run in that order; everything else in any.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "thole/base/executor.hpp"
#include "thole/sim/draw.hpp"

namespace thole::sim {

using ExecutorId = std::uint32_t;  // 0 is the world itself: wires, platters, the scenario's script.
using Strand = Executor::Strand;

class Scheduler {
 public:
  enum class Policy { Uniform, Priorities };

  Scheduler(Policy policy, Draw draw) : policy_(policy), draw_(draw) {}
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  struct Ready {
    ExecutorId executor = 0;
    Strand strand = 0;
    std::uint64_t order = 0;  // When it became ready, as a count.
    Task task;
  };

  // In no order with anything else.
  void add(ExecutorId executor, Strand strand, Task task);
  // In order with what `sender` posted to `executor` before.
  void add_in_order(ExecutorId executor, ExecutorId sender, Strand strand, Task task);
  std::unique_ptr<Timer> add_timer(ExecutorId executor, Strand strand, TimePoint when, Task task);
  // A timer that nobody cancels.
  void add_event(TimePoint when, Task task);

  // Takes the next one; nothing when none is ready.
  std::optional<Ready> pick();
  bool has_ready() const { return !ready_.empty(); }
  std::optional<TimePoint> next_timer() const;
  // Makes every timer due at `now` ready.
  void fire(TimePoint now);

  // Takes all that belongs to `executor` out; the caller destroys it, and asks again until nothing
  // is left, because destructors may post.
  std::vector<Task> take_all_of(ExecutorId executor);

 private:
  struct Channel {
    std::deque<Ready> waiting;
    bool head_is_ready = false;
  };
  struct Candidate {
    Ready ready;
    Channel* channel = nullptr;
    std::uint64_t priority = 0;
  };
  class Entry;
  using TimerKey = std::pair<TimePoint, std::uint64_t>;
  struct Due {
    ExecutorId executor;
    Strand strand;
    Task task;
  };
  // Outlived by timers whose owners go late.
  struct Timers {
    std::map<TimerKey, Due> by_time;
  };

  void push(Ready ready, Channel* channel);
  std::size_t choose();

  const Policy policy_;
  Draw draw_;
  std::uint64_t added_ = 0;
  std::vector<Candidate> ready_;
  std::map<std::pair<ExecutorId, ExecutorId>, Channel> channels_;  // (executor, sender)
  std::shared_ptr<Timers> timers_ = std::make_shared<Timers>();
  std::map<Strand, std::uint64_t> lowered_;  // Strands whose priority was changed.
  std::uint64_t lowest_ = 1u << 30;
};

}  // namespace thole::sim
