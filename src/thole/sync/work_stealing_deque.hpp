#pragma once
// WorkStealingDeque holds one thread's tasks: the owner pushes and pops at the bottom, others steal
// the oldest from the top.
//
// Progress: push and pop are wait-free (push grows the ring when it is full); steal is lock-free:
//   it fails only because another thief, or the owner at the last element, succeeded.
// Threads: one owner calls push and pop; any thread may steal.
// Orders: push's release of bottom pairs with steal's acquire: the element is there. pop lowers
//   bottom and then looks at top, steal reads top and then bottom: store buffering over the last
//   element, so both stand around a seq_cst fence. The seq_cst compare-and-swap of top of the
//   published algorithm need only be relaxed in pop and release-free in steal: the fences order the
//   looks, and one location orders the winners. steal's release of top pairs with push's acquire:
//   the thief has read the slot before it is written again. The ring's release on growing pairs
//   with steal's acquire of it.
// Size: three words apart; elements are relaxed atomic words, T trivially copyable, at most 8
// bytes:
//   a thief may copy a slot that the owner writes again, and then loses the compare-and-swap.
//   Old rings are kept until the end: a thief may still read one; together they are as large as the
//   newest.
// Source: N. Le and others, "Correct and efficient work-stealing for weak memory models" (PPoPP
//   2013), after D. Chase and Y. Lev (SPAA 2005).

#include <optional>
#include <type_traits>

#include "thole/base/result.hpp"
#include "thole/sync/order.hpp"

namespace thole::sync {

template <typename T, typename P>
class WorkStealingDeque {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);

 public:
  explicit WorkStealingDeque(std::size_t capacity) : ring_(make<Ring, P>(capacity, nullptr)) {
    THOLE_ASSERT(capacity > 0 && (capacity & (capacity - 1)) == 0);
  }
  ~WorkStealingDeque() {
    for (Ring* ring = ring_.load(relaxed); ring != nullptr;) {
      Ring* older = ring->older;
      destroy<P>(ring);
      ring = older;
    }
  }
  WorkStealingDeque(const WorkStealingDeque&) = delete;
  WorkStealingDeque& operator=(const WorkStealingDeque&) = delete;

  void push(T value) {
    const std::int64_t bottom = bottom_.load(relaxed);
    const std::int64_t top = top_.load(acquire);
    Ring* ring = ring_.load(relaxed);
    if (bottom - top >= static_cast<std::int64_t>(ring->slots.size())) {
      ring = grow(ring, top, bottom);
    }
    ring->slot(bottom).store(value, relaxed);
    bottom_.store(bottom + 1, release);
  }

  // The newest element.
  std::optional<T> pop() {
    const std::int64_t bottom = bottom_.load(relaxed) - 1;
    Ring* ring = ring_.load(relaxed);
    bottom_.store(bottom, relaxed);
    P::fence(seq_cst);
    std::int64_t top = top_.load(relaxed);
    if (top > bottom) {
      bottom_.store(bottom + 1, relaxed);
      return std::nullopt;
    }
    std::optional<T> value = ring->slot(bottom).load(relaxed);
    if (top == bottom) {  // The last one: whoever moves top has it.
      if (!top_.compare_exchange_strong(top, top + 1, relaxed, relaxed)) value = std::nullopt;
      bottom_.store(bottom + 1, relaxed);
    }
    return value;
  }

  // The oldest element; nothing when there is none or another thread was faster.
  std::optional<T> steal() {
    std::int64_t top = top_.load(relaxed);
    P::fence(seq_cst);
    const std::int64_t bottom = bottom_.load(acquire);
    if (top >= bottom) return std::nullopt;
    Ring* ring = ring_.load(acquire);
    const T value = ring->slot(top).load(relaxed);
    if (!top_.compare_exchange_strong(top, top + 1, release, relaxed)) return std::nullopt;
    return value;
  }

 private:
  struct Ring {
    Ring(std::size_t capacity, Ring* before) : older(before), slots(capacity) {}
    typename P::template atomic<T>& slot(std::int64_t index) {
      return slots[static_cast<std::size_t>(index) & (slots.size() - 1)];
    }
    Ring* const older;
    Array<typename P::template atomic<T>, P> slots;
  };

  Ring* grow(Ring* ring, std::int64_t top, std::int64_t bottom) {
    Ring* larger = make<Ring, P>(2 * ring->slots.size(), ring);
    for (std::int64_t i = top; i != bottom; ++i) {
      larger->slot(i).store(ring->slot(i).load(relaxed), relaxed);
    }
    ring_.store(larger, release);
    return larger;
  }

  alignas(apart) typename P::template atomic<std::int64_t> top_{0};
  alignas(apart) typename P::template atomic<std::int64_t> bottom_{0};
  alignas(apart) typename P::template atomic<Ring*> ring_;
};

}  // namespace thole::sync
