#pragma once
// The Blocking seam runs work that takes long somewhere else: a small thread pool in `real`, inline
// after a drawn delay in `sim`. Bound: at most 4,096 pieces wait; then callers wait their turn.

#include <functional>

#include "thole/base/executor.hpp"

namespace thole {

class Blocking {
 public:
  virtual ~Blocking() = default;
  // Runs `work` elsewhere, then `done` on `executor`. Any thread may call it.
  virtual void run(Task work, Executor& executor, Task done) = 0;
};

// The same for a coroutine that runs on `executor`.
asio::awaitable<void> run_blocking(Blocking& blocking, Executor& executor, Task work);

}  // namespace thole
