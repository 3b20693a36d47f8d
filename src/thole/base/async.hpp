#pragma once
// Async<T> is a coroutine that ends in a Result<T>. It runs on the executor that it was spawned
// on (thole/base/executor.hpp). This is the one Boost header that ours may include.
//
// Parameters of a coroutine are values, or references that the caller keeps alive while it awaits.

#include <boost/asio/awaitable.hpp>

#include "thole/base/result.hpp"

namespace thole {

namespace asio = boost::asio;

template <typename T>
using Async = asio::awaitable<Result<T>>;

}  // namespace thole
