#pragma once
// Signal lets one coroutine wait until something has happened. It remembers one notification that
// nobody waited for, so a wake-up that comes first is not lost; several collapse into one.
//
// Threads: everything but Remote::notify is called on the owning executor.

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

  // Waits for the next notification. One waiter at a time. The Signal may be destroyed meanwhile.
  asio::awaitable<Outcome> wait();
  asio::awaitable<Outcome> wait_until(TimePoint deadline);

  void notify();

  // From now on every wait ends at once with Closed.
  void close();
  bool closed() const { return closed_; }

  // A copyable handle that any thread may notify, also after the Signal is gone. Its executor must
  // still be there.
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
  asio::awaitable<Outcome> wait_with(std::optional<TimePoint> deadline);
  void wake(Outcome outcome);

  Waiter waiter_;
  std::unique_ptr<Timer> timer_;  // Set while a coroutine waits with a deadline.
  bool notified_ = false;         // Nobody waited for it yet.
  bool closed_ = false;
  std::shared_ptr<Remote::Shared> shared_;  // Made when it is first asked for.
};

}  // namespace thole
