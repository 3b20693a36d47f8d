#include "thole/real/loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <ctime>
#include <optional>
#include <utility>

namespace thole::real {
namespace {

// The loop that this thread runs.
thread_local const Loop* current_loop = nullptr;

// So many batches run before the sockets are looked at again, when tasks keep coming.
constexpr int kBatchesBetweenPolls = 8;
constexpr int kEventsAtOnce = 128;

std::optional<timespec> as_timespec(std::optional<Duration> timeout) {
  if (!timeout) return std::nullopt;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(*timeout);
  return timespec{.tv_sec = seconds.count(), .tv_nsec = (*timeout - seconds).count()};
}

}  // namespace

FdWatch::FdWatch(Executor& loop, int fd)
    : loop_(dynamic_cast<Loop&>(loop)), fd_(fd), in_{Waiter(loop)}, out_{Waiter(loop)} {}

FdWatch::~FdWatch() {
  // Not left to close(): a child between fork and exec would keep the descriptor, and with it the
  // pointer to this object, in the epoll set.
  if (watched_) ::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_DEL, fd_, nullptr);
}

asio::awaitable<int> FdWatch::wait(Side& side) {
  if (std::exchange(side.ready, false)) co_return kReady;
  if (!watched_) {
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = this}};
    if (::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_ADD, fd_, &event) != 0) co_return kCanceled;
    watched_ = true;  // What is ready now is reported by the next poll.
  }
  co_return co_await side.waiter.wait();
}

void FdWatch::on_events(unsigned events) {
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) hung_up_ = true;
  const auto tell = [](Side& side) {
    if (side.waiter.waiting()) {
      side.waiter.resume(kReady);
    } else {
      side.ready = true;
    }
  };
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) tell(in_);
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) tell(out_);
}

void FdWatch::cancel() {
  in_.waiter.resume(kCanceled);
  out_.waiter.resume(kCanceled);
}

Loop::Loop(Clock& clock)
    : clock_(clock),
      context_(std::make_unique<asio::execution_context>()),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  THOLE_ASSERT(epoll_ && event_);
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
  THOLE_ASSERT(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, event_.get(), &event) == 0);
}

Loop::~Loop() { drop_everything(); }

void Loop::run() {
  THOLE_ASSERT(current_loop == nullptr);
  current_loop = this;
  while (!stopping_) {
    for (int i = 0; i < kBatchesBetweenPolls && !stopping_; ++i) {
      inbox_.take(ready_);
      if (ready_.empty()) break;
      run_batch();
    }
    if (!stopping_) poll();
  }
  current_loop = nullptr;
}

void Loop::run_batch() {
  THOLE_ASSERT(batch_.empty());
  std::swap(batch_, ready_);
  for (Task& task : batch_) {
    task();
    task = nullptr;  // What it owns goes before the next task runs.
  }
  batch_.clear();
}

// Waits for sockets, timers and other threads; not at all while there are tasks.
void Loop::poll() {
  std::optional<Duration> timeout;
  if (!ready_.empty() || !inbox_.fall_asleep()) {
    timeout = Duration(0);
  } else if (const std::optional<TimePoint> next = timers_.next()) {
    timeout = std::max(Duration(0), *next - clock_.now());
  }

  std::array<epoll_event, kEventsAtOnce> events;
  int count = -1;
  if (has_pwait2_) {
    const std::optional<timespec> spec = as_timespec(timeout);
    count = ::epoll_pwait2(epoll_.get(), events.data(), events.size(), spec ? &*spec : nullptr,
                           nullptr);
    if (count < 0 && errno == ENOSYS) has_pwait2_ = false;
  }
  if (!has_pwait2_) {
    using std::chrono::milliseconds;
    const int ms = timeout
                       ? static_cast<int>(std::chrono::ceil<milliseconds>(
                                              std::min<Duration>(*timeout, std::chrono::hours(1)))
                                              .count())
                       : -1;
    count = ::epoll_wait(epoll_.get(), events.data(), events.size(), ms);
  }
  THOLE_ASSERT(count >= 0 || errno == EINTR);

  // No task runs in between, so none of these watches can be gone.
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.ptr != nullptr) static_cast<FdWatch*>(event.data.ptr)->on_events(event.events);
  }
  if (timers_.size() > 0) timers_.take_due(clock_.now(), ready_);
}

void Loop::stop() {
  post([this] { stopping_ = true; });
}

bool Loop::drop_everything() {
  THOLE_ASSERT(current_loop == nullptr);
  bool any = false;
  for (;;) {
    std::vector<Task> dropped = std::exchange(ready_, {});
    inbox_.take(dropped);
    timers_.take_all(dropped);
    const bool suspended = drop_one_suspended();
    if (dropped.empty() && !suspended) return any;
    any = true;
  }
}

void Loop::post(Task task) {
  if (current_loop == this) {
    ready_.push_back(std::move(task));
  } else if (inbox_.push(std::move(task))) {
    wake();
  }
}

// The descriptor is never read: each write is an edge of its own.
void Loop::wake() {
  const std::uint64_t one = 1;
  const auto written = retry([&] { return ::write(event_.get(), &one, sizeof one); });
  THOLE_ASSERT(written == sizeof one);
}

std::unique_ptr<Timer> Loop::call_at(TimePoint when, Task task) {
  THOLE_ASSERT(current_loop == this || current_loop == nullptr);
  return timers_.add(when, std::move(task));
}

bool Loop::is_current() const { return current_loop == this; }

asio::any_io_executor Loop::handle() { return make_handle(*this, *context_); }

}  // namespace thole::real
