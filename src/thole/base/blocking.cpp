#include "thole/base/blocking.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace thole {

asio::awaitable<void> run_blocking(Blocking& blocking, Executor& executor, Task work) {
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
      [&](auto handler) {
        blocking.run(std::move(work), executor,
                     [handler = std::move(handler)]() mutable { std::move(handler)(); });
      },
      asio::use_awaitable);
}

}  // namespace thole
