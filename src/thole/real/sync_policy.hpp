#pragma once
// SyncPolicy is what the sync templates run on in the program: std::atomic, the C++ fences,
// membarrier(2) for the asymmetric ones, futex(2) for sleeping, and operator new.
//
// The asymmetric pair: light() is a compiler barrier, heavy() asks the kernel to run a full barrier
// on every CPU that runs a thread of this process. Whether the kernel offers that is found out
// once, by start_asymmetric_fences() before the first reader; without it both are seq_cst fences.
// Under ThreadSanitizer, which sees neither fences nor membarrier, relaxed operations become
// acquire and release ones, so that it checks plain data and lifetimes (not orders).

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THOLE_UNDER_TSAN 1
#endif
#endif
#ifndef THOLE_UNDER_TSAN
#define THOLE_UNDER_TSAN 0
#endif

namespace thole::real {

// How heavy() works in this process.
enum class AsymmetricFences : std::uint8_t {
  Undecided,  // heavy() decides on its first use; light() is a full fence until then.
  Membarrier,
  Fallback,  // The kernel refused: both sides are seq_cst fences.
};

// Registers with the kernel and returns what was decided. Idempotent; any thread. Call it before
// readers start, so that they never pay for the full fence of Undecided.
AsymmetricFences start_asymmetric_fences();
AsymmetricFences asymmetric_fences();

// For tests and measurement: as if the kernel had refused. Only while no reader is inside a
// section.
void force_asymmetric_fallback(bool fallback);

namespace sync_detail {
extern std::atomic<AsymmetricFences> fences;
void heavy_fence();
void park(const std::atomic<std::uint32_t>& word, std::uint32_t expected);
void unpark(const std::atomic<std::uint32_t>& word, std::uint32_t count);
void pause(unsigned turn);

constexpr std::memory_order seen_by_tsan(std::memory_order order, std::memory_order stronger) {
  if constexpr (THOLE_UNDER_TSAN != 0) {
    if (order != std::memory_order_seq_cst) return stronger;
  }
  return order;
}
}  // namespace sync_detail

struct SyncPolicy {
#if THOLE_UNDER_TSAN
  template <typename T>
  class atomic {
   public:
    constexpr atomic() = default;
    constexpr atomic(T value) : value_(value) {}
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    T load(std::memory_order o) const {
      return value_.load(sync_detail::seen_by_tsan(o, std::memory_order_acquire));
    }
    void store(T v, std::memory_order o) {
      value_.store(v, sync_detail::seen_by_tsan(o, std::memory_order_release));
    }
    T exchange(T v, std::memory_order o) { return value_.exchange(v, both(o)); }
    bool compare_exchange_strong(T& e, T v, std::memory_order o, std::memory_order f) {
      return value_.compare_exchange_strong(
          e, v, both(o), sync_detail::seen_by_tsan(f, std::memory_order_acquire));
    }
    bool compare_exchange_weak(T& e, T v, std::memory_order o, std::memory_order f) {
      return value_.compare_exchange_weak(e, v, both(o),
                                          sync_detail::seen_by_tsan(f, std::memory_order_acquire));
    }
    T fetch_add(T v, std::memory_order o) { return value_.fetch_add(v, both(o)); }
    T fetch_sub(T v, std::memory_order o) { return value_.fetch_sub(v, both(o)); }
    const std::atomic<T>& raw() const { return value_; }

   private:
    static std::memory_order both(std::memory_order o) {
      return sync_detail::seen_by_tsan(o, std::memory_order_acq_rel);
    }
    std::atomic<T> value_{};
  };
  static const std::atomic<std::uint32_t>& word_of(const atomic<std::uint32_t>& word) {
    return word.raw();
  }
#else
  template <typename T>
  using atomic = std::atomic<T>;
  static const std::atomic<std::uint32_t>& word_of(const atomic<std::uint32_t>& word) {
    return word;
  }
#endif

  // Room for a T whose life the owner begins and ends.
  template <typename T>
  class cell {
   public:
    cell() {}
    ~cell() {}
    cell(const cell&) = delete;
    cell& operator=(const cell&) = delete;

    void put(T value) { std::construct_at(&value_, std::move(value)); }
    T take() {
      T value = std::move(value_);
      std::destroy_at(&value_);
      return value;
    }
    void drop() { std::destroy_at(&value_); }
    const T& read() const { return value_; }

   private:
    union {
      T value_;
    };
  };

  static void fence(std::memory_order order) {
#if THOLE_UNDER_TSAN
    (void)order;  // The operations themselves are strong enough for what it can see.
    if (order == std::memory_order_seq_cst) __sync_synchronize();
#else
    std::atomic_thread_fence(order);
#endif
  }

  static void light() {
    if (sync_detail::fences.load(std::memory_order_relaxed) == AsymmetricFences::Membarrier)
        [[likely]] {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
      __sync_synchronize();
    }
  }
  static void heavy() { sync_detail::heavy_fence(); }

  template <typename T, typename Predicate>
  static T await(const atomic<T>& word, Predicate predicate, std::memory_order order) {
    for (unsigned turn = 0;; ++turn) {
      T value = word.load(order);
      if (predicate(value)) return value;
      sync_detail::pause(turn);
    }
  }

  static void park(const atomic<std::uint32_t>& word, std::uint32_t expected) {
    sync_detail::park(word_of(word), expected);
  }
  static void unpark(const atomic<std::uint32_t>& word, std::uint32_t count) {
    sync_detail::unpark(word_of(word), count);
  }

  static void retry() { sync_detail::pause(0); }

  static void* allocate(std::size_t bytes, std::size_t align) {
    return ::operator new(bytes, std::align_val_t(align));
  }
  static void free(void* memory, std::size_t bytes, std::size_t align) {
    ::operator delete(memory, bytes, std::align_val_t(align));
  }
};

}  // namespace thole::real
