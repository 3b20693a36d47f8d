#pragma once
// A World is a whole distributed system in one thread: processes, their disks, the network between
// them and the time they live in. Everything that happens in it is a function of its seed.
//
//   sim::World world(seed);
//   sim::Process& server = world.process("server");
//   server.start([](Seams seams) { return std::make_shared<Server>(seams); });
//   const auto answer = world.run(ask(world.seams()));
//
// Time stands still while a task runs and jumps to the next timer when none is ready. All timers
// due at an instant become ready together. Destroying a world kills everybody in it.
//
// Threads: one. Several worlds may live side by side.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thole/base/seams.hpp"
#include "thole/sim/core.hpp"
#include "thole/sim/process.hpp"
#include "thole/sim/wires.hpp"

namespace thole::sim {

class World {
 public:
  struct Options {
    std::uint64_t seed = 1;
    std::uint64_t step_count_max = 20'000'000;  // Ends what never would.
    bool keep_trace = false;                  // Texts of the trace, to show where two runs differ.
    std::optional<Scheduler::Policy> policy;  // Otherwise the seed says.
  };

  explicit World(std::uint64_t seed) : World(Options{.seed = seed}) {}
  explicit World(Options options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // The process of that name, made when it is new. `io_count` is how many I/O executors it has.
  Process& process(std::string_view name, std::size_t io_count = 2);
  // The scenario's own process, for scripts and clients. It isn't killed.
  Process& driver() { return process("driver"); }
  Seams seams() { return driver().seams(); }

  enum class End {
    Done,   // What was waited for has happened.
    Quiet,  // Nothing is ready and no timer is set: nothing will ever happen.
    TimeUp,
    StepBound
  };
  // Runs until nothing is left to happen, which a server with timers never reaches.
  End run_until_quiet() { return run_while(TimePoint::max(), nullptr); }
  End run_until(TimePoint when) { return run_while(when, nullptr); }
  End run_for(Duration duration) { return run_until(now() + duration); }

  // Runs `task` on the driver's main executor to its end and returns its result. That it can't end
  // is a broken invariant of the scenario; `try_run` returns nothing then.
  template <typename T>
  T run(asio::awaitable<T> task) {
    std::optional<T> result = try_run(std::move(task));
    THOLE_ASSERT(result.has_value());
    return *std::move(result);
  }
  void run(asio::awaitable<void> task);
  template <typename T>
  std::optional<T> try_run(asio::awaitable<T> task, TimePoint until = TimePoint::max());

  TimePoint now() const { return core_.now; }
  const Trace& trace() const { return core_.trace; }
  // A step that matters to the scenario, such as a commit, goes into the trace.
  void note(std::string_view event, std::string_view bytes = {}) {
    core_.trace.add(event, {}, bytes);
  }
  FaultCounts& counts() { return core_.counts; }
  std::uint64_t step_count() const { return step_count_; }

  // May be changed at any time.
  NetworkFaults& network_faults() { return core_.network; }
  DiskFaults& disk_faults() { return core_.disk; }
  void set_blocking_delay_max(Duration delay) { core_.blocking_delay_max = delay; }
  // A stream of its own for the scenario's choices.
  Draw draw(std::string_view name) const { return core_.seed_draw.forked(name); }

  // What one sends doesn't reach the other, one way, until healed.
  void partition(const Process& from, const Process& to) {
    wires_.partition(from.machine(), to.machine());
  }
  void heal(const Process& from, const Process& to) { wires_.heal(from.machine(), to.machine()); }
  std::size_t cut_connections(const Process& a, const Process& b) {
    return wires_.cut_connections(a.machine(), b.machine());
  }
  // Ends every fault that is still on: partitions, and all rates become zero.
  void heal_everything();

 private:
  End run_while(TimePoint limit, const bool* done);
  bool step();
  void bury();

  Core core_;
  Wires wires_;
  const std::uint64_t step_count_max_;
  std::uint64_t step_count_ = 0;
  std::vector<std::unique_ptr<Process>> processes_;
};

template <typename T>
std::optional<T> World::try_run(asio::awaitable<T> task, TimePoint until) {
  struct State {
    std::optional<T> result;
    bool done = false;
  };
  const auto state = std::make_shared<State>();  // The task may outlive this call.
  spawn(seams().main, "run", [](asio::awaitable<T> inner, auto shared) -> asio::awaitable<void> {
    shared->result = co_await std::move(inner);
    shared->done = true;
  }(std::move(task), state));
  run_while(until, &state->done);
  return std::move(state->result);
}

}  // namespace thole::sim
