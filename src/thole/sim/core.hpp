#pragma once
// What the parts of one world share. Not for users of the simulator: World is theirs.

#include <map>
#include <string>
#include <vector>

#include "thole/base/executor.hpp"
#include "thole/sim/draw.hpp"
#include "thole/sim/faults.hpp"
#include "thole/sim/scheduler.hpp"
#include "thole/sim/trace.hpp"

namespace thole::sim {

struct Core {
  Core(std::uint64_t seed, Scheduler::Policy policy, bool keep_trace)
      : seed_draw(seed),
        wire_draw(seed_draw.forked("wires")),
        disk_draw(seed_draw.forked("disks")),
        scheduler(policy, seed_draw.forked("scheduler")),
        trace(keep_trace) {}

  const Draw seed_draw;
  Draw wire_draw;
  Draw disk_draw;
  Scheduler scheduler;
  Trace trace;
  FaultCounts counts;
  NetworkFaults network;
  DiskFaults disk;
  Duration blocking_delay_max = std::chrono::milliseconds(5);

  TimePoint now{std::chrono::hours(1)};  // Not zero, so that "a while ago" is a time too.
  ExecutorId current = 0;                // Whose task runs; 0 is the world's own.
  Strand strand = 0;                     // Which coroutine that is part of.
  std::uint64_t strand_count = 0;
  std::map<ExecutorId, Executor*> executors;

  // What was posted to the dead. Destroyed between tasks, because what posts may be running in it.
  std::vector<Task> graveyard;
  bool something_died = false;

  Executor& current_executor() const { return *executors.at(current); }
};

// An executor of a process. Dead ones take tasks and never run them.
class SimExecutor final : public Executor {
 public:
  SimExecutor(Core& core, Clock& clock, asio::execution_context& context, ExecutorId id);
  ~SimExecutor() override;

  void post(Task task) override;
  std::unique_ptr<Timer> call_at(TimePoint when, Task task) override;
  Clock& clock() override { return clock_; }
  bool is_current() const override { return core_.current == id_; }
  asio::any_io_executor handle() override { return make_handle(*this, context_); }
  void on_spawn(std::string_view name) override;
  Strand strand() const override { return spawning_ != 0 ? spawning_ : core_.strand; }
  void resume(Strand strand, Task task) override;

  ExecutorId id() const { return id_; }
  void die() { dead_ = true; }
  // After `die`. False when there was nothing.
  bool drop_everything();

 private:
  Core& core_;
  Clock& clock_;
  asio::execution_context& context_;
  const ExecutorId id_;
  Strand spawning_ = 0;  // Of the coroutine that is about to be posted for the first time.
  bool dead_ = false;
};

}  // namespace thole::sim
