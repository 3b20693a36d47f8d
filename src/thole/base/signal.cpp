#include "thole/base/signal.hpp"

#include <atomic>
#include <utility>

namespace thole {

struct Signal::Remote::Shared {
  Executor& executor;
  Signal* signal;  // Null when it is gone. Touched on the executor only.
  std::atomic<bool> posted = false;
};

Signal::Signal(Executor& executor) : waiter_(executor) {}

Signal::~Signal() {
  close();
  if (shared_) shared_->signal = nullptr;
}

asio::awaitable<Signal::Outcome> Signal::wait() { return wait_with(std::nullopt); }

asio::awaitable<Signal::Outcome> Signal::wait_until(TimePoint deadline) {
  return wait_with(deadline);
}

asio::awaitable<Signal::Outcome> Signal::wait_with(std::optional<TimePoint> deadline) {
  if (closed_) co_return Outcome::Closed;
  if (std::exchange(notified_, false)) co_return Outcome::Notified;
  if (deadline) {
    timer_ = waiter_.executor().call_at(*deadline, [this] { wake(Outcome::TimedOut); });
  }
  // Nothing of this Signal is touched after it: it may be gone by then.
  const int outcome = co_await waiter_.wait();
  co_return outcome == Waiter::kGone ? Outcome::Closed : static_cast<Outcome>(outcome);
}

void Signal::notify() {
  if (closed_) return;
  if (waiter_.waiting()) {
    wake(Outcome::Notified);
  } else {
    notified_ = true;
  }
}

void Signal::close() {
  closed_ = true;
  wake(Outcome::Closed);
}

// The timer goes first: its task must not find the next coroutine that waits here. It may be the
// timer's own task that runs, which its executor has moved out by then.
void Signal::wake(Outcome outcome) {
  timer_.reset();
  waiter_.resume(static_cast<int>(outcome));
}

Signal::Remote Signal::remote() {
  if (!shared_) shared_ = std::make_shared<Remote::Shared>(waiter_.executor(), this);
  Remote remote;
  remote.shared_ = shared_;
  return remote;
}

void Signal::Remote::notify() const {
  // Release: what the caller wrote before is seen by the task below, whose exchange acquires it,
  // also when an earlier caller's task is still on its way and this call posts none.
  if (shared_->posted.exchange(true, std::memory_order_acq_rel)) return;
  shared_->executor.post([shared = shared_] {
    shared->posted.exchange(false, std::memory_order_acq_rel);
    if (shared->signal != nullptr) shared->signal->notify();
  });
}

}  // namespace thole
