#pragma once
// The Executor seam runs tasks, one at a time, in some order. In `real` each one is a thread with
// an io_context; in `sim` all executors of a world share one thread and a seed picks what is next.
// State that belongs to an executor is touched by its tasks only, and so needs no lock.

#include <functional>
#include <memory>
#include <string_view>

#include "thole/base/async.hpp"
#include "thole/base/clock.hpp"

namespace thole {

using Task = std::move_only_function<void()>;

// A pending timer. Destroying it cancels it: the task doesn't run afterwards, and is destroyed.
class Timer {
 public:
  virtual ~Timer() = default;
};

class Executor {
 public:
  virtual ~Executor() = default;

  // Runs `task` here, later, never inside this call. Any thread may call it. Tasks that one
  // thread posts run in that order in `real`; `sim` may reorder tasks of different senders.
  virtual void post(Task task) = 0;

  // Runs `task` here at `when`, or soon after. Called on this executor only.
  virtual std::unique_ptr<Timer> call_at(TimePoint when, Task task) = 0;

  virtual Clock& clock() = 0;

  // Whether the caller runs as one of this executor's tasks.
  virtual bool is_current() const = 0;

  // For Asio's own machinery. The coroutines of this executor run on it.
  virtual asio::any_io_executor handle() = 0;
};

// Starts `task` on `executor`; `name` shows in traces. An exception that leaves it is a bug and
// stops the process: failures that are expected are values. Any thread may call it.
void spawn(Executor& executor, std::string_view name, asio::awaitable<void> task);

// Suspends the calling coroutine until `when`. It must run on `executor`. Ends early only by
// being destroyed with its executor.
asio::awaitable<void> sleep_until(Executor& executor, TimePoint when);
asio::awaitable<void> sleep_for(Executor& executor, Duration duration);

}  // namespace thole
