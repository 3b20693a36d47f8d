#pragma once
// A Loop is the executor of one thread: a queue of tasks, an inbox for what other threads post, a
// heap of timers, and epoll for sockets. Another thread's post costs a system call only when the
// loop sleeps, and then once.
//
// It is its own event loop, not an io_context: that one has a mutex where threads post, a timerfd
// to set beside each wait, and a second queue behind the one that is needed here anyway.
//
// Threads: `post` and `stop` from any; `run` on the thread that becomes the loop's; the rest there.

#include <memory>
#include <string>
#include <vector>

#include "thole/base/executor.hpp"
#include "thole/real/inbox.hpp"
#include "thole/real/os.hpp"
#include "thole/real/timer_heap.hpp"

namespace thole::real {

// A file descriptor that its loop is told about: who waits for it to become readable or writable.
// It begins to be watched at the first wait, so that it may be made on any thread.
//
// epoll reports edges. `readable` and `writable` remember one that nobody waited for; whoever is
// about to try the system call forgets it first, because the call itself sees what it was about.
class FdWatch {
 public:
  FdWatch(Executor& loop, int fd);  // `loop` is a Loop. The descriptor stays the caller's.
  ~FdWatch();                       // Before the descriptor is closed.
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  // What a wait ends with; anything else means that this object may be gone.
  static constexpr int kReady = 1;
  static constexpr int kCanceled = 2;

  asio::awaitable<int> wait_readable() { return wait(in_); }
  asio::awaitable<int> wait_writable() { return wait(out_); }
  void forget_readable() { in_.ready = false; }
  void forget_writable() { out_.ready = false; }
  // Whether something may have come since `forget_readable`, as far as the loop has looked.
  bool maybe_readable() const { return in_.ready || hung_up_ || !watched_; }
  void cancel();

 private:
  friend class Loop;
  struct Side {
    Waiter waiter;
    bool ready = false;
  };

  asio::awaitable<int> wait(Side& side);
  void on_events(unsigned events);

  class Loop& loop_;
  int fd_;
  bool watched_ = false;
  bool hung_up_ = false;  // The other side is gone, or half of it: a system call will tell more.
  Side in_;
  Side out_;
};

class Loop final : public Executor {
 public:
  explicit Loop(Clock& clock);
  ~Loop() override;

  // Runs tasks until `stop`.
  void run();
  // What is not done by then is dropped by `drop_everything` or the destructor.
  void stop();
  // After `run` has returned, on any one thread: destroys all tasks, timers and suspended
  // coroutines. False when there was nothing. Destructors may post to other loops, so a group of
  // loops is dropped until none has anything left.
  bool drop_everything();

  void post(Task task) override;
  std::unique_ptr<Timer> call_at(TimePoint when, Task task) override;
  Clock& clock() override { return clock_; }
  bool is_current() const override;
  asio::any_io_executor handle() override;

 private:
  friend class FdWatch;

  void run_batch();
  void poll();
  void wake();

  Clock& clock_;
  std::unique_ptr<asio::execution_context> context_;
  Fd epoll_;
  Fd event_;  // Becomes readable when somebody wakes the loop.
  Inbox inbox_;
  TimerHeap timers_;
  std::vector<Task> ready_;
  std::vector<Task> batch_;  // Running now.
  bool stopping_ = false;
  bool has_pwait2_ = true;  // Linux 5.11: time-outs in nanoseconds.
};

}  // namespace thole::real
