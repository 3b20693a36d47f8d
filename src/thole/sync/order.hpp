#pragma once
// The memory orders, under names short enough to stand in every line, and a policy's allocation as
// typed calls. A sync header names no std::atomic, no operator new and no thread_local: all of
// that comes from its policy P, which is `real::SyncPolicy` in the program and
// `memmodel::ModelPolicy` in the explorer. P supplies
//
//   atomic<T>                 load, store, exchange, compare_exchange_weak/strong, fetch_add
//   cell<T>                   plain data: put(v), take(), drop(), read(); the explorer checks races
//   fence(order)              a C++ fence
//   light() / heavy()         asymmetric fences: light orders against heavy only (P1202)
//   await(atomic, pred, order)  returns the first value that satisfies pred; a loop that only waits
//   park(word, value)         sleeps while word == value, may return early; unpark(word, count)
//   retry()                   called once after each failed attempt of a loop that tries again
//   allocate(bytes, align) / free(p, bytes, align)

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace thole::sync {

inline constexpr auto relaxed = std::memory_order_relaxed;
inline constexpr auto acquire = std::memory_order_acquire;
inline constexpr auto release = std::memory_order_release;
inline constexpr auto acq_rel = std::memory_order_acq_rel;
inline constexpr auto seq_cst = std::memory_order_seq_cst;

// What different threads write is this far apart. 128, because x86 prefetches lines in pairs and
// some AArch64 cores have lines of that size.
inline constexpr std::size_t apart = 128;

template <typename T, typename P, typename... Args>
T* make(Args&&... args) {
  return std::construct_at(static_cast<T*>(P::allocate(sizeof(T), alignof(T))),
                           std::forward<Args>(args)...);
}

template <typename P, typename T>
void destroy(T* object) {
  std::destroy_at(object);
  P::free(object, sizeof(T), alignof(T));
}

// For the standard containers that a sync type keeps for itself.
template <typename T, typename P>
struct Allocator {
  using value_type = T;
  Allocator() = default;
  template <typename U>
  explicit Allocator(const Allocator<U, P>&) {}
  template <typename U>
  struct rebind {
    using other = Allocator<U, P>;
  };
  T* allocate(std::size_t n) { return static_cast<T*>(P::allocate(n * sizeof(T), alignof(T))); }
  void deallocate(T* p, std::size_t n) { P::free(p, n * sizeof(T), alignof(T)); }
  bool operator==(const Allocator&) const = default;
};

// A fixed array whose elements never move, so that they may be atomics.
template <typename T, typename P>
class Array {
 public:
  explicit Array(std::size_t count)
      : data_(static_cast<T*>(P::allocate(count * sizeof(T), alignof(T)))), count_(count) {
    for (std::size_t i = 0; i < count; ++i) std::construct_at(data_ + i);
  }
  ~Array() {
    std::destroy_n(data_, count_);
    P::free(data_, count_ * sizeof(T), alignof(T));
  }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  T& operator[](std::size_t index) { return data_[index]; }
  const T& operator[](std::size_t index) const { return data_[index]; }
  std::size_t size() const { return count_; }

 private:
  T* data_;
  std::size_t count_;
};

}  // namespace thole::sync
