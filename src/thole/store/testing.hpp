#pragma once
// What the tests of this layer share: one executor in virtual time, and texts of a store's state.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "thole/base/text.hpp"
#include "thole/store/store.hpp"

namespace thole::store {

// Tasks in order; time passes only when nothing is ready and the test lets it.
class VirtualExecutor final : public Executor, public Clock {
 public:
  ~VirtualExecutor() override { drop_everything(); }

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
  WallTime wall() const override { return WallTime(now_.time_since_epoch()) + wall_offset; }

  // One ready task; false when there is none.
  bool step() {
    if (ready_.empty()) return false;
    Task task = std::move(ready_.front());
    ready_.pop_front();
    running_ = true;
    task();
    running_ = false;
    return true;
  }
  void run_ready() {
    while (step()) {
    }
  }
  // Jumps to the next timer; false when there is none before `limit`.
  bool jump(TimePoint limit = TimePoint::max()) {
    if (timers_.empty() || timers_.begin()->first.first > limit) return false;
    now_ = std::max(now_, timers_.begin()->first.first);
    post(std::move(timers_.extract(timers_.begin()).mapped()));
    return true;
  }
  void advance(Duration duration) {
    const TimePoint end = now_ + duration;
    for (run_ready(); jump(end); run_ready()) {
    }
    now_ = end;
  }

  template <typename T>
  Result<T> run(Async<T> what) {
    std::optional<Result<T>> result;
    spawn(*this, "test", keep(result, std::move(what)));
    while (!result && (step() || jump())) {
    }
    THOLE_ASSERT(result.has_value());  // Else it waits for ever.
    return std::move(*result);
  }

  // As when the process dies: nothing of what was to come happens.
  void drop_everything() {
    bool more = true;
    while (more) {
      const auto ready = std::exchange(ready_, {});
      const auto timers = std::exchange(timers_, {});
      more = drop_one_suspended() || !ready.empty() || !timers.empty();
    }
  }

  Duration wall_offset = std::chrono::hours(24 * 365 * 50);

 private:
  using Key = std::pair<TimePoint, int>;
  struct Entry : Timer {
    Entry(VirtualExecutor& owner, Key at) : executor(owner), key(at) {}
    ~Entry() override { const auto dropped = executor.timers_.extract(key); }
    VirtualExecutor& executor;
    Key key;
  };

  template <typename T>
  static asio::awaitable<void> keep(std::optional<Result<T>>& into, Async<T> from) {
    into.emplace(co_await std::move(from));
  }

  asio::execution_context context_;
  std::deque<Task> ready_;
  std::map<Key, Task> timers_;
  TimePoint now_{};
  int timer_count_ = 0;
  bool running_ = false;
};

inline std::string show(const Error& error) {
  return cat(reason_of(error.kind), ": ", error.message);
}

// Everything in a snapshot, as one line.
inline std::string show(const Snapshot& snapshot) {
  std::string text;
  for (const ResourceInfo& info : snapshot.resources()) {
    for (Cursor at = snapshot.scan(info.resource); at.valid(); at.next()) {
      text += cat(info.resource, " ", at.name(), "=", at.value().bytes(), "; ");
    }
  }
  return text;
}

inline std::string show(const Change& change) {
  return cat(change.revision(), " ", change.resource(), " ", change.name(), " ",
             change.before() ? change.before()->bytes() : "-", " > ",
             change.after() ? change.after()->bytes() : "-", "; ");
}

}  // namespace thole::store
