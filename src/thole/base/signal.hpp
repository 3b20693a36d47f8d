#pragma once
// Signal lets one coroutine wait until something has happened. It remembers one notification that
// nobody waited for, so a wake-up that comes first is not lost; several collapse into one.
//
// Threads: everything but `notify_from_anywhere` is called on the owning executor.

#include <memory>
#include <optional>

#include "thole/base/executor.hpp"

namespace thole {

class Signal {
 public:
  explicit Signal(Executor& executor);
  ~Signal();  // A waiting coroutine is woken and sees Closed, after the destructor has run.
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  enum class Outcome { Notified, TimedOut, Closed };

  // Waits for the next notification. One waiter at a time.
  asio::awaitable<Outcome> wait();
  asio::awaitable<Outcome> wait_until(TimePoint deadline);

  void notify();

  // From now on every wait ends at once with Closed.
  void close();
  bool closed() const;

  // A copyable handle that any thread may notify, also after the Signal is gone.
  class Remote {
   public:
    void notify() const;

   private:
    friend class Signal;
    struct Shared;
    std::shared_ptr<Shared> shared_;
  };
  Remote remote();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace thole
