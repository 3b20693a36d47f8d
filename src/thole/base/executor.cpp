#include "thole/base/executor.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <string>
#include <utility>

#include "thole/base/text.hpp"

namespace thole {
namespace {

// What Asio needs to know of an executor: that it never runs anything inside `execute`.
class Handle {
 public:
  Handle(Executor& executor, asio::execution_context& context) noexcept
      : executor_(&executor), context_(&context) {}

  asio::execution_context& query(asio::execution::context_t) const noexcept { return *context_; }
  static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept {
    return asio::execution::blocking.never;
  }

  template <typename Function>
  void execute(Function&& function) const {
    executor_->resume(executor_->strand(), Task(std::forward<Function>(function)));
  }

  friend bool operator==(const Handle& a, const Handle& b) noexcept {
    return a.executor_ == b.executor_;
  }

 private:
  Executor* executor_;
  asio::execution_context* context_;
};

std::string text_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "not a std::exception";
  }
}

}  // namespace

asio::any_io_executor make_handle(Executor& executor, asio::execution_context& context) {
  return Handle(executor, context);
}

bool Executor::drop_one_suspended() {
  if (suspended_ == nullptr) return false;
  // Its frames are destroyed after it has left the list, so that they may own the Waiter.
  const Waiter::Resume dropped = suspended_->unlink();
  return true;
}

void spawn(Executor& executor, std::string_view name, asio::awaitable<void> task) {
  executor.on_spawn(name);
  asio::co_spawn(executor.handle(), std::move(task),
                 [name = std::string(name)](const std::exception_ptr& exception) {
                   if (!exception) return;
                   const std::string what = cat("exception left ", name, ": ", text_of(exception));
                   broken_invariant(__FILE__, __LINE__, what.c_str());
                 });
}

asio::awaitable<void> sleep_until(Executor& executor, TimePoint when) {
  std::unique_ptr<Timer> timer;
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
      [&](auto handler) {
        timer = executor.call_at(
            when, [handler = std::move(handler)]() mutable { std::move(handler)(); });
      },
      asio::use_awaitable);
}

asio::awaitable<void> sleep_for(Executor& executor, Duration duration) {
  return sleep_until(executor, executor.clock().now() + duration);
}

Waiter::~Waiter() { resume(kGone); }

asio::awaitable<int> Waiter::wait() {
  return asio::async_initiate<const asio::use_awaitable_t<>&, void(int)>(
      [this](auto handler) {
        link([handler = std::move(handler)](int outcome) mutable { std::move(handler)(outcome); });
      },
      asio::use_awaitable);
}

void Waiter::resume(int outcome) {
  if (!waiting()) return;
  executor_->resume(strand_, [resume = unlink(), outcome]() mutable { resume(outcome); });
}

void Waiter::link(Resume resume) {
  THOLE_ASSERT(!waiting());
  resume_ = std::move(resume);
  strand_ = executor_->strand();
  next_ = executor_->suspended_;
  if (next_ != nullptr) next_->link_to_this_ = &next_;
  link_to_this_ = &executor_->suspended_;
  executor_->suspended_ = this;
}

Waiter::Resume Waiter::unlink() {
  THOLE_ASSERT(waiting());
  *link_to_this_ = next_;
  if (next_ != nullptr) next_->link_to_this_ = link_to_this_;
  next_ = nullptr;
  link_to_this_ = nullptr;
  return std::exchange(resume_, nullptr);
}

}  // namespace thole
