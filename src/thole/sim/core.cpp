#include "thole/sim/core.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <utility>

namespace thole::sim {

SimExecutor::SimExecutor(Core& core, Clock& clock, asio::execution_context& context, ExecutorId id)
    : core_(core), clock_(clock), context_(context), id_(id) {
  core_.executors.emplace(id, this);
}

SimExecutor::~SimExecutor() { core_.executors.erase(id_); }

void SimExecutor::post(Task task) {
  if (dead_) return core_.graveyard.push_back(std::move(task));
  core_.trace.add("post", {id_, core_.current, core_.strand});
  core_.scheduler.add_in_order(id_, core_.current, core_.strand, std::move(task));
}

void SimExecutor::resume(Strand strand, Task task) {
  spawning_ = 0;
  if (dead_) return core_.graveyard.push_back(std::move(task));
  core_.scheduler.add(id_, strand, std::move(task));
}

std::unique_ptr<Timer> SimExecutor::call_at(TimePoint when, Task task) {
  core_.trace.add("timer", {id_, static_cast<std::uint64_t>(when.time_since_epoch().count())});
  return core_.scheduler.add_timer(id_, core_.strand, when, std::move(task));
}

void SimExecutor::on_spawn(std::string_view name) {
  spawning_ = mix(mix(core_.strand, hash_of(name)), ++core_.strand_count) | 1;
  core_.trace.add("spawn", {id_, spawning_}, name);
}

bool SimExecutor::drop_everything() {
  THOLE_ASSERT(dead_);
  const std::vector<Task> dropped = core_.scheduler.take_all_of(id_);
  return drop_one_suspended() || !dropped.empty();
}

}  // namespace thole::sim
