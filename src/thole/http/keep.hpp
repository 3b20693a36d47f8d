#pragma once
// A member coroutine that is spawned starts later than it is made. `keep` holds its object from the
// moment of the call on.

#include <memory>

#include "thole/base/async.hpp"

namespace thole::http {

template <typename T>
asio::awaitable<void> keep(std::shared_ptr<T> object, asio::awaitable<void> (T::*run)()) {
  co_await (*object.*run)();
}

}  // namespace thole::http
