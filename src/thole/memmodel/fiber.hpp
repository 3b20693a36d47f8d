#pragma once
// A Fiber is a stack that a model thread runs on. It is started, switched to and from, and in the
// end abandoned: nothing on it is unwound, because the next execution starts it anew.

#include <cstddef>
#include <memory>

namespace thole::memmodel {

class Fiber {
 public:
  static constexpr std::size_t stack_size = 128 * 1024;

  Fiber() : stack_(new std::byte[stack_size]) {}

  // Prepares it to run entry(argument) at the next resume. `entry` must not return.
  void start(void (*entry)(void*), void* argument);
  // Runs it until it calls leave().
  void resume();
  // Called on the fiber: goes back to where resume() was called.
  void leave();

 private:
  std::unique_ptr<std::byte[]> stack_;
  void* inside_ = nullptr;
  void* outside_ = nullptr;
};

}  // namespace thole::memmodel
