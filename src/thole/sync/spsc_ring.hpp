#pragma once
// SpscRing is the bounded queue between two threads. Each side keeps a copy of the other's index
// and looks at the real one only when the copy says full or empty, so in the steady state a line
// crosses once a batch and not once an element.
//
// Progress: wait-free on both sides.
// Threads: one producer calls push and full; one consumer calls pop and empty.
// Orders: push's release of tail_ pairs with pop's acquire of it: the element was written before.
//   pop's release of head_ pairs with push's acquire: the slot was emptied before it is written
//   again. Both are needed; a side reads its own index relaxed, because only it writes it.
// Size: three lines apart plus `capacity` elements; capacity is a power of two.
// Source: L. Lamport, "Proving the correctness of multiprocess programs" (1977); the cached
//   indices follow J. Giacomoni and others, "FastForward for efficient pipeline parallelism"
//   (PPoPP 2008), and B. Torquati's MCRingBuffer discussion.

#include <optional>

#include "thole/base/result.hpp"
#include "thole/sync/order.hpp"

namespace thole::sync {

template <typename T, typename P>
class SpscRing {
 public:
  explicit SpscRing(std::size_t capacity) : mask_(capacity - 1), slots_(capacity) {
    THOLE_ASSERT(capacity > 0 && (capacity & mask_) == 0);
  }
  ~SpscRing() {
    while (pop()) {
    }
  }
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;

  // False when the ring is full; `value` is then untouched.
  bool push(T&& value) {
    const std::uint64_t tail = tail_.load(relaxed);
    if (tail - head_seen_ > mask_) {
      head_seen_ = head_.load(acquire);
      if (tail - head_seen_ > mask_) return false;
    }
    slots_[tail & mask_].put(std::move(value));
    tail_.store(tail + 1, release);
    return true;
  }

  std::optional<T> pop() {
    const std::uint64_t head = head_.load(relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(acquire);
      if (head == tail_seen_) return std::nullopt;
    }
    std::optional<T> value(slots_[head & mask_].take());
    head_.store(head + 1, release);
    return value;
  }

  std::size_t capacity() const { return mask_ + 1; }

 private:
  const std::uint64_t mask_;
  Array<typename P::template cell<T>, P> slots_;
  alignas(apart) typename P::template atomic<std::uint64_t> tail_{0};
  std::uint64_t head_seen_ = 0;  // The producer's copy of head_.
  alignas(apart) typename P::template atomic<std::uint64_t> head_{0};
  std::uint64_t tail_seen_ = 0;  // The consumer's copy of tail_.
};

}  // namespace thole::sync
