#pragma once
// The Blocking seam runs work that takes long somewhere else: a small thread pool in `real`, inline
// after a drawn delay in `sim`. What waits for a thread has no bound of its own: each piece belongs
// to a suspended caller, and whoever admits callers bounds them.

#include <functional>

#include "thole/base/executor.hpp"

namespace thole {

class Blocking {
 public:
  virtual ~Blocking() = default;
  // Runs `work` elsewhere, then `done` on `executor`. Any thread may call it. Work that has not
  // begun when the seam is torn down is dropped together with its `done`.
  virtual void run(Task work, Executor& executor, Task done) = 0;
};

// The same for a coroutine that runs on `executor`. What `work` refers to must live in that
// coroutine or above: it is only resumed, or destroyed, after `work` has ended or was dropped.
asio::awaitable<void> run_blocking(Blocking& blocking, Executor& executor, Task work);

}  // namespace thole
