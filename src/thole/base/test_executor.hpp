#pragma once
// An executor for tests of one part: tasks in order, time that jumps to the next timer.
// What needs several executors, disks, networks or faults uses thole/sim.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <deque>
#include <map>
#include <utility>

#include "thole/base/executor.hpp"

namespace thole {

class TestExecutor final : public Executor, public Clock {
 public:
  ~TestExecutor() override { drop_everything(); }

  void post(Task task) override { ready_.push_back(std::move(task)); }
  std::unique_ptr<Timer> call_at(TimePoint when, Task task) override {
    const Key key{when, timer_count_++};
    timers_.emplace(key, std::move(task));
    return std::make_unique<Entry>(*this, key);
  }
  Clock& clock() override { return *this; }
  bool is_current() const override { return running_; }
  asio::any_io_executor handle() override { return make_handle(*this, context_); }
  TimePoint now() const override { return now_; }
  WallTime wall() const override { return WallTime(now_.time_since_epoch()); }

  // Runs what is ready, without letting time pass.
  void run_ready() {
    running_ = true;
    while (!ready_.empty()) {
      Task task = std::move(ready_.front());
      ready_.pop_front();
      task();
    }
    running_ = false;
  }

  void run() {
    for (run_ready(); !timers_.empty(); run_ready()) {
      now_ = std::max(now_, timers_.begin()->first.first);
      post(std::move(timers_.extract(timers_.begin()).mapped()));
    }
  }

  void drop_everything() {
    bool more = true;
    while (more) {
      const auto ready = std::exchange(ready_, {});
      const auto timers = std::exchange(timers_, {});
      more = drop_one_suspended() || !ready.empty() || !timers.empty();
    }
  }

 private:
  using Key = std::pair<TimePoint, int>;
  struct Entry : Timer {
    Entry(TestExecutor& owner, Key at) : executor(owner), key(at) {}
    ~Entry() override { const auto dropped = executor.timers_.extract(key); }
    TestExecutor& executor;
    Key key;
  };

  asio::execution_context context_;
  std::deque<Task> ready_;
  std::map<Key, Task> timers_;
  TimePoint now_{};
  int timer_count_ = 0;
  bool running_ = false;
};

}  // namespace thole
