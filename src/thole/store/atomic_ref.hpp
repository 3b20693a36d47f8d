#pragma once
// AtomicRef<T> is a shared place that holds a Ref<T>: any thread may load it, or replace it,
// without a lock.
//
// The difficulty is the moment between reading the pointer and raising its count, when another
// thread may replace and free it. So a loader first announces itself: it raises a count in the
// upper 16 bits of the word, in the same instruction that reads the pointer. While an object is
// stored here it holds kStored counts; whoever replaces it gives back all of them but one for each
// announcement it found. A loader that finds its announcement still in the word takes it back; one
// that doesn't has been left one count too many, and drops it. As kStored is larger than all the
// announcements there can be, the count can't reach zero in between, whatever the order.
// (Split reference counts: A. Williams, C++ Concurrency in Action, 7.2.4.)
//
// Pointers must fit 48 bits, as they do on x86-64 and AArch64. An object is stored in one
// AtomicRef at most once, so a pointer that comes back can't be mistaken for the old one. At rest
// the announcements are zero: leak checkers see a plain pointer. At most 65,535 loads at a time.

#include <atomic>
#include <cstdint>

#include "thole/base/result.hpp"
#include "thole/store/ref.hpp"

namespace thole::store {

template <typename T>
class AtomicRef {
 public:
  AtomicRef() = default;
  explicit AtomicRef(Ref<T> first) : word_(pack(std::move(first))) {}
  AtomicRef(const AtomicRef&) = delete;
  AtomicRef& operator=(const AtomicRef&) = delete;
  ~AtomicRef() { (void)exchange(nullptr); }

  Ref<T> load() const {
    if (unpack(word_.load(std::memory_order_acquire)) == nullptr) return nullptr;
    // Acquire pairs with the release in `store`: the object is seen whole.
    const std::uint64_t seen = word_.fetch_add(kOne, std::memory_order_acquire);
    T* const pointer = unpack(seen);
    if (pointer) pointer->retain();
    std::uint64_t word = seen + kOne;
    while (unpack(word) == pointer) {
      if (word_.compare_exchange_weak(word, word - kOne, std::memory_order_release,
                                      std::memory_order_relaxed)) {
        return Ref<T>::adopt(pointer);
      }
    }
    // Replaced meanwhile: our announcement has become a count. (A null pointer has none.)
    if (pointer) pointer->release();
    return Ref<T>::adopt(pointer);
  }

  void store(Ref<T> next) { (void)exchange(std::move(next)); }

  // Returns what was there.
  Ref<T> exchange(Ref<T> next) {
    const std::uint64_t old = word_.exchange(pack(std::move(next)), std::memory_order_acq_rel);
    T* const pointer = unpack(old);
    if (pointer) pointer->release_some(kStored - 1 - static_cast<std::uint32_t>(old >> kShift));
    return Ref<T>::adopt(pointer);
  }

 private:
  static constexpr int kShift = 48;
  static constexpr std::uint64_t kOne = std::uint64_t{1} << kShift;

  static constexpr std::uint32_t kStored = 1u << 20;

  static std::uint64_t pack(Ref<T> ref) {
    T* const pointer = ref.give_up();
    if (pointer) pointer->retain(kStored - 1);
    const auto word = reinterpret_cast<std::uint64_t>(pointer);
    THOLE_ASSERT(word < kOne);
    return word;
  }
  static T* unpack(std::uint64_t word) { return reinterpret_cast<T*>(word & (kOne - 1)); }

  mutable std::atomic<std::uint64_t> word_{0};
};

}  // namespace thole::store
