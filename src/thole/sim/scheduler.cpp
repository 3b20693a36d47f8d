#include "thole/sim/scheduler.hpp"

#include <algorithm>
#include <utility>

namespace thole::sim {
namespace {

// How often, per million steps, the strand that was chosen is put behind all others.
constexpr std::uint32_t kPriorityChanges = 4'000;
// Given priorities are above all lowered ones.
constexpr std::uint64_t kGivenPriority = 1ull << 63;

}  // namespace

class Scheduler::Entry final : public Timer {
 public:
  Entry(std::shared_ptr<Timers> timers, TimerKey key) : timers_(std::move(timers)), key_(key) {}
  ~Entry() override {
    // Taken out before it is destroyed: its task may own other timers.
    const auto dropped = timers_->by_time.extract(key_);
  }

 private:
  std::shared_ptr<Timers> timers_;
  TimerKey key_;
};

Scheduler::~Scheduler() { THOLE_ASSERT(ready_.empty() && timers_->by_time.empty()); }

void Scheduler::push(Ready ready, Channel* channel) {
  std::uint64_t priority = 0;
  if (policy_ == Policy::Priorities) {
    const auto lowered = ready.strand == 0 ? lowered_.end() : lowered_.find(ready.strand);
    if (lowered != lowered_.end()) {
      priority = lowered->second;
    } else if (ready.strand == 0) {
      priority = kGivenPriority | draw_.next();
    } else {
      priority = kGivenPriority | draw_.forked("strand").next() * (2 * ready.strand + 1);
    }
  }
  ready_.push_back({std::move(ready), channel, priority});
}

void Scheduler::add(ExecutorId executor, Strand strand, Task task) {
  push({executor, strand, added_++, std::move(task)}, nullptr);
}

void Scheduler::add_in_order(ExecutorId executor, ExecutorId sender, Strand strand, Task task) {
  Channel& channel = channels_[{executor, sender}];
  Ready ready{executor, strand, added_++, std::move(task)};
  if (channel.head_is_ready) {
    channel.waiting.push_back(std::move(ready));
  } else {
    channel.head_is_ready = true;
    push(std::move(ready), &channel);
  }
}

std::unique_ptr<Timer> Scheduler::add_timer(ExecutorId executor, Strand strand, TimePoint when,
                                            Task task) {
  const TimerKey key{when, added_++};
  timers_->by_time.emplace(key, Due{executor, strand, std::move(task)});
  return std::make_unique<Entry>(timers_, key);
}

void Scheduler::add_event(TimePoint when, Task task) {
  timers_->by_time.emplace(TimerKey{when, added_++}, Due{0, 0, std::move(task)});
}

std::size_t Scheduler::choose() {
  if (policy_ == Policy::Uniform) return draw_.below(ready_.size());
  const auto better = [](const Candidate& a, const Candidate& b) {
    if (a.priority != b.priority) return a.priority < b.priority;
    return a.ready.order > b.ready.order;
  };
  const auto best = std::ranges::max_element(ready_, better);
  if (best->ready.strand != 0 && draw_.chance(kPriorityChanges)) {
    best->priority = lowered_[best->ready.strand] = --lowest_;
    return static_cast<std::size_t>(std::ranges::max_element(ready_, better) - ready_.begin());
  }
  return static_cast<std::size_t>(best - ready_.begin());
}

std::optional<Scheduler::Ready> Scheduler::pick() {
  if (ready_.empty()) return std::nullopt;
  const std::size_t index = choose();
  Candidate picked = std::move(ready_[index]);
  if (index + 1 != ready_.size()) ready_[index] = std::move(ready_.back());
  ready_.pop_back();
  if (Channel* channel = picked.channel) {
    channel->head_is_ready = !channel->waiting.empty();
    if (channel->head_is_ready) {
      Ready next = std::move(channel->waiting.front());
      channel->waiting.pop_front();
      push(std::move(next), channel);
    }
  }
  return std::move(picked.ready);
}

std::optional<TimePoint> Scheduler::next_timer() const {
  if (timers_->by_time.empty()) return std::nullopt;
  return timers_->by_time.begin()->first.first;
}

void Scheduler::fire(TimePoint now) {
  auto& timers = timers_->by_time;
  while (!timers.empty() && timers.begin()->first.first <= now) {
    auto due = std::move(timers.extract(timers.begin()).mapped());
    add(due.executor, due.strand, std::move(due.task));
  }
}

std::vector<Task> Scheduler::take_all_of(ExecutorId executor) {
  std::vector<Task> tasks;
  for (auto& [key, channel] : channels_) {
    if (key.first != executor) continue;
    for (Ready& ready : channel.waiting) tasks.push_back(std::move(ready.task));
    channel.waiting.clear();
    channel.head_is_ready = false;
  }
  std::vector<Candidate> kept;
  for (Candidate& candidate : ready_) {
    if (candidate.ready.executor == executor) {
      tasks.push_back(std::move(candidate.ready.task));
    } else {
      kept.push_back(std::move(candidate));
    }
  }
  ready_.swap(kept);
  auto& timers = timers_->by_time;
  for (auto it = timers.begin(); it != timers.end();) {
    if (it->second.executor == executor) {
      tasks.push_back(std::move(it->second.task));
      it = timers.erase(it);
    } else {
      ++it;
    }
  }
  return tasks;
}

}  // namespace thole::sim
