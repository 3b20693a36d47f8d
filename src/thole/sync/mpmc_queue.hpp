#pragma once
// MpmcQueue and BoundedMpscQueue are rings of slots, each with a turn: slot i takes its n-th
// element when turn == position and gives it when turn == position + 1. The turn moves on by the
// capacity with each lap, so a slot says by itself whether it is full, empty or contended.
//
// Progress: push and pop never wait for a lock, but an operation that claimed a slot and is then
//   preempted holds up the ones that reach the same slot a lap later: they return full or empty.
//   Not lock-free in the strict sense, and so stated; there is no operation that spins on it.
// Threads: any thread may push. pop: any thread (MpmcQueue), one at a time (BoundedMpscQueue).
// Orders: the turn's release store pairs with the other side's acquire load: element written
//   before it is read (push to pop), slot emptied before it is written again (pop to push). The
//   positions are relaxed throughout: they only hand out tickets, the turn carries the data. A
//   relaxed turn on either side makes the element race.
// Size: two lines apart, and one turn an element; capacity is a power of two, at least 2 (with one
//   slot, "taken at p" and "free for p + 1" would be the same number).
// Source: D. Vyukov, "Bounded MPMC queue", 1024cores.net (2010).

#include <optional>

#include "thole/base/result.hpp"
#include "thole/sync/order.hpp"

namespace thole::sync {

enum class Consumers : bool { One, Many };

template <typename T, typename P, Consumers consumers>
class TurnQueue {
 public:
  explicit TurnQueue(std::size_t capacity) : mask_(capacity - 1), slots_(capacity) {
    THOLE_ASSERT(capacity > 1 && (capacity & mask_) == 0);
    for (std::size_t i = 0; i < capacity; ++i) slots_[i].turn.store(i, relaxed);
  }
  ~TurnQueue() {
    while (pop()) {
    }
  }
  TurnQueue(const TurnQueue&) = delete;
  TurnQueue& operator=(const TurnQueue&) = delete;

  // False when the queue is full; `value` is then untouched.
  bool push(T&& value) {
    std::uint64_t position = tail_.load(relaxed);
    for (;;) {
      Slot& slot = slots_[position & mask_];
      const std::uint64_t turn = slot.turn.load(acquire);
      const auto ahead = static_cast<std::int64_t>(turn - position);
      if (ahead == 0) {
        if (tail_.compare_exchange_weak(position, position + 1, relaxed, relaxed)) {
          slot.value.put(std::move(value));
          slot.turn.store(position + 1, release);
          return true;
        }
      } else if (ahead < 0) {
        return false;  // The element of the lap before is still in it.
      } else {
        position = tail_.load(relaxed);
      }
      P::retry();
    }
  }

  // Nothing when the queue is empty, or when the oldest element's producer has not finished.
  std::optional<T> pop() {
    std::uint64_t position = head_.load(relaxed);
    for (;;) {
      Slot& slot = slots_[position & mask_];
      const std::uint64_t turn = slot.turn.load(acquire);
      const auto ahead = static_cast<std::int64_t>(turn - (position + 1));
      if (ahead == 0) {
        if (claim(position)) {
          std::optional<T> value(slot.value.take());
          slot.turn.store(position + mask_ + 1, release);
          return value;
        }
      } else if (ahead < 0) {
        return std::nullopt;
      } else {
        position = head_.load(relaxed);
      }
      P::retry();
    }
  }

  std::size_t capacity() const { return mask_ + 1; }

 private:
  struct Slot {
    typename P::template atomic<std::uint64_t> turn{0};
    typename P::template cell<T> value;
  };

  bool claim(std::uint64_t& position) {
    if constexpr (consumers == Consumers::One) {
      head_.store(position + 1, relaxed);
      return true;
    } else {
      return head_.compare_exchange_weak(position, position + 1, relaxed, relaxed);
    }
  }

  const std::uint64_t mask_;
  Array<Slot, P> slots_;
  alignas(apart) typename P::template atomic<std::uint64_t> tail_{0};
  alignas(apart) typename P::template atomic<std::uint64_t> head_{0};
};

template <typename T, typename P>
using MpmcQueue = TurnQueue<T, P, Consumers::Many>;

template <typename T, typename P>
using BoundedMpscQueue = TurnQueue<T, P, Consumers::One>;

}  // namespace thole::sync
