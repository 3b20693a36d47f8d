#include "thole/sim/world.hpp"

#include <algorithm>
#include <utility>

namespace thole::sim {
namespace {

Scheduler::Policy policy_of(const World::Options& options) {
  if (options.policy) return *options.policy;
  return mix(options.seed, hash_of("policy")) % 2 == 0 ? Scheduler::Policy::Uniform
                                                       : Scheduler::Policy::Priorities;
}

}  // namespace

World::World(Options options)
    : core_(options.seed, policy_of(options), options.keep_trace),
      wires_(core_),
      step_count_max_(options.step_count_max) {}

World::~World() {
  for (const auto& process : processes_) {
    if (process->running()) process->sever(false);
  }
  bury();
  // What is left belongs to the world itself, such as bytes on their way.
  while (!core_.scheduler.take_all_of(0).empty()) bury();
}

Process& World::process(std::string_view name, std::size_t io_count) {
  const auto found = std::ranges::find_if(
      processes_, [&](const auto& process) { return process->name() == name; });
  if (found != processes_.end()) return **found;
  const auto machine = static_cast<MachineId>(processes_.size() + 1);
  processes_.push_back(
      std::make_unique<Process>(core_, wires_, machine, std::string(name), io_count));
  return *processes_.back();
}

void World::run(asio::awaitable<void> task) {
  run([](asio::awaitable<void> inner) -> asio::awaitable<bool> {
    co_await std::move(inner);
    co_return true;
  }(std::move(task)));
}

void World::heal_everything() {
  wires_.heal_all();
  NetworkFaults& network = core_.network;
  network.reset = network.refused = 0;
  DiskFaults& disk = core_.disk;
  disk.slow_operation = disk.write_error = disk.read_error = disk.sync_error = 0;
  disk.flipped_bit = 0;
  disk.capacity_bytes = ~0ull;
}

World::End World::run_while(TimePoint limit, const bool* done) {
  for (;;) {
    if (done != nullptr && *done) return End::Done;
    if (step_count_ >= step_count_max_) return End::StepBound;
    if (step()) continue;
    const std::optional<TimePoint> next = core_.scheduler.next_timer();
    // Timers at the end of time are those who wait for ever.
    if (!next || *next == TimePoint::max()) {
      if (limit != TimePoint::max()) core_.now = std::max(core_.now, limit);
      return End::Quiet;
    }
    if (*next > limit) {
      core_.now = std::max(core_.now, limit);
      return End::TimeUp;
    }
    core_.now = std::max(core_.now, *next);
    core_.scheduler.fire(core_.now);
  }
}

bool World::step() {
  if (core_.something_died || !core_.graveyard.empty()) bury();
  std::optional<Scheduler::Ready> ready = core_.scheduler.pick();
  if (!ready) return false;
  ++step_count_;
  core_.trace.add("step", {ready->executor, ready->strand, ready->order,
                           static_cast<std::uint64_t>(core_.now.time_since_epoch().count())});
  core_.current = ready->executor;
  core_.strand = ready->strand;
  ready->task();
  ready.reset();  // What the task owned is destroyed as part of it.
  core_.current = 0;
  core_.strand = 0;
  return true;
}

// Destructors may post, so it goes on until nothing is left.
void World::bury() {
  bool any = true;
  while (any) {
    core_.something_died = false;
    any = !std::exchange(core_.graveyard, {}).empty();
    for (const auto& process : processes_) any |= process->bury();
  }
}

}  // namespace thole::sim
