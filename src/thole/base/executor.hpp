#pragma once
// The Executor seam runs tasks, one at a time, in some order. In `real` each one is a thread with
// an event loop; in `sim` all executors of a world share one thread and a seed picks what is next.
// State that belongs to an executor is touched by its tasks only, and so needs no lock.
//
// Lifetime: an executor outlives everyone who may post to it. When it is torn down, the tasks,
// timers and suspended coroutines that it still has are destroyed, not run.

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "thole/base/async.hpp"
#include "thole/base/clock.hpp"

namespace thole {

using Task = std::move_only_function<void()>;

// A pending timer. Destroying it cancels it: the task doesn't run afterwards, and is destroyed.
// Threads: its executor's.
class Timer {
 public:
  virtual ~Timer() = default;
};

class Waiter;

class Executor {
 public:
  virtual ~Executor() = default;

  // Runs `task` here, later, never inside this call. Any thread may call it. Tasks that one
  // thread posts run in that order in `real`; `sim` may reorder tasks of different senders.
  virtual void post(Task task) = 0;

  // Runs `task` here at `when`, or soon after. Called on this executor only (or before it runs).
  virtual std::unique_ptr<Timer> call_at(TimePoint when, Task task) = 0;

  virtual Clock& clock() = 0;

  // Whether the caller runs as one of this executor's tasks.
  virtual bool is_current() const = 0;

  // For Asio's own machinery. The coroutines of this executor run on it.
  virtual asio::any_io_executor handle() = 0;

  // What `sim` needs to know, for its traces and to order coroutines freely: where a coroutine
  // begins (the next `resume` is its first), which one runs now, and which one goes on. Everybody
  // else may take a strand for 0 and `resume` for `post`.
  using Strand = std::uint64_t;
  virtual void on_spawn(std::string_view name) { static_cast<void>(name); }
  virtual Strand strand() const { return 0; }
  virtual void resume(Strand strand, Task task) {
    static_cast<void>(strand);
    post(std::move(task));
  }

 protected:
  // Destroys one coroutine that is suspended in a Waiter; false when there is none. What its
  // frames own may post: an implementation that is torn down calls it, and drops its tasks and
  // timers, until nothing is left.
  bool drop_one_suspended();

 private:
  friend class Waiter;
  Waiter* suspended_ = nullptr;  // The head of a list, linked through the waiters.
};

// The handle of an executor that isn't Asio's own: all it does is to post. `context` is a
// plain asio::execution_context, alive as long as the executor.
asio::any_io_executor make_handle(Executor& executor, asio::execution_context& context);

// Starts `task` on `executor`; `name` shows in traces. An exception that leaves it is a bug and
// stops the process: failures that are expected are values. Any thread may call it.
void spawn(Executor& executor, std::string_view name, asio::awaitable<void> task);

// Suspends the calling coroutine until `when`. It must run on `executor`. Ends early only by
// being destroyed with its executor.
asio::awaitable<void> sleep_until(Executor& executor, TimePoint when);
asio::awaitable<void> sleep_for(Executor& executor, Duration duration);

// Where one coroutine at a time is suspended until somebody resumes it with a number, whose
// meaning is theirs. Meanwhile the executor owns the coroutine, so that a coroutine which owns the
// Waiter it waits in is destroyed with its executor and doesn't keep itself alive.
//
// Threads: its executor's. Signal (thole/base/signal.hpp) is what most code wants.
class Waiter {
 public:
  explicit Waiter(Executor& executor) : executor_(&executor) {}
  ~Waiter();  // A suspended coroutine is resumed with kGone; it may not touch the Waiter then.
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  static constexpr int kGone = -1;

  // What `resume` was given. Touches nothing of the Waiter after that.
  asio::awaitable<int> wait();
  bool waiting() const { return static_cast<bool>(resume_); }

  // The suspended coroutine goes on as a task of its own, with `outcome`. Nothing if none waits.
  void resume(int outcome);

  Executor& executor() const { return *executor_; }

 private:
  friend class Executor;
  using Resume = std::move_only_function<void(int)>;

  void link(Resume resume);
  Resume unlink();

  Executor* executor_;
  Executor::Strand strand_ = 0;  // The suspended coroutine's.
  Resume resume_;
  Waiter* next_ = nullptr;
  Waiter** link_to_this_ = nullptr;
};

}  // namespace thole
