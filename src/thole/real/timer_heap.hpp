#pragma once
// A heap of timers that knows where each one stands, so that cancelling takes it out at once: a
// server makes and cancels a timer for each request, and none may stay until its time.
//
// Invariants: a parent is due no later than its children; timer `i` of the heap has position i.
// Timers due at the same instant fire in the order in which they were added.
// Threads: the owner's.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "thole/base/executor.hpp"

namespace thole::real {

class TimerHeap {
 public:
  TimerHeap() = default;
  ~TimerHeap();
  TimerHeap(const TimerHeap&) = delete;
  TimerHeap& operator=(const TimerHeap&) = delete;

  std::unique_ptr<Timer> add(TimePoint when, Task task);
  std::optional<TimePoint> next() const;
  // Moves the tasks of all timers due at `now` to the end of `tasks`.
  void take_due(TimePoint now, std::vector<Task>& tasks);
  // The same for all there are.
  void take_all(std::vector<Task>& tasks) { take_due(TimePoint::max(), tasks); }
  std::size_t size() const { return heap_.size(); }

 private:
  class Entry;

  bool before(const Entry& a, const Entry& b) const;
  void put(std::size_t position, Entry* entry);
  void rise(std::size_t position);
  void sink(std::size_t position);
  void remove(std::size_t position);

  std::vector<Entry*> heap_;
  std::uint64_t added_ = 0;
};

}  // namespace thole::real
