#pragma once
// Ref<T> is a counted pointer to an object that carries its own count: one word, one allocation,
// and a raw pointer can become a Ref again. What it points to is immutable once it is shared.
//
// Threads: any; the count is atomic, a Ref itself belongs to one thread at a time.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace thole::store {

// Base of every counted object; T is the derived type. `T::destroy(T*)`, when T has it, replaces
// `delete`.
template <typename T>
class Counted {
 public:
  Counted() = default;
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

  void retain(std::uint32_t count = 1) const { count_.fetch_add(count, std::memory_order_relaxed); }

  // Drops some that are not the last.
  void release_some(std::uint32_t count) const {
    count_.fetch_sub(count, std::memory_order_release);
  }

  // Whether this was the last one; the caller then destroys the object.
  bool release_only() const {
    // Pairs with the acquire of whoever drops the last count, so that it sees every use before.
    if (count_.fetch_sub(1, std::memory_order_release) != 1) return false;
    (void)count_.load(std::memory_order_acquire);
    return true;
  }

  void release() const {
    if (!release_only()) return;
    T* self = const_cast<T*>(static_cast<const T*>(this));
    if constexpr (requires { T::destroy(self); }) {
      T::destroy(self);
    } else {
      delete self;
    }
  }

  // True when the caller holds the only count: nobody else can gain one, so it may write in place.
  // Pairs with the release in `release_only` of those who had one.
  bool unique() const { return count_.load(std::memory_order_acquire) == 1; }

 protected:
  ~Counted() = default;

 private:
  mutable std::atomic<std::uint32_t> count_{1};  // The maker holds the first one.
};

template <typename T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}
  Ref(const Ref& other) : pointer_(other.pointer_) {
    if (pointer_) pointer_->retain();
  }
  Ref(Ref&& other) noexcept : pointer_(std::exchange(other.pointer_, nullptr)) {}
  template <typename U>
    requires std::convertible_to<U*, T*>
  Ref(Ref<U> other) noexcept : pointer_(other.give_up()) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(pointer_, other.pointer_);
    return *this;
  }
  ~Ref() {
    if (pointer_) pointer_->release();
  }

  // Takes over a count that the caller holds.
  static Ref adopt(T* pointer) {
    Ref ref;
    ref.pointer_ = pointer;
    return ref;
  }
  // Adds a count.
  static Ref share(T* pointer) {
    if (pointer) pointer->retain();
    return adopt(pointer);
  }
  // Hands the count to the caller.
  T* give_up() { return std::exchange(pointer_, nullptr); }

  T* get() const { return pointer_; }
  T& operator*() const { return *pointer_; }
  T* operator->() const { return pointer_; }
  explicit operator bool() const { return pointer_ != nullptr; }
  bool operator==(const Ref& other) const { return pointer_ == other.pointer_; }
  bool operator==(std::nullptr_t) const { return pointer_ == nullptr; }

 private:
  T* pointer_ = nullptr;
};

}  // namespace thole::store
