#pragma once
// ModelPolicy is what the sync templates run on inside the explorer. It has the same members as
// real::SyncPolicy; each takes the place in the source where it was called, which names the site.
// Values are trivially copyable and at most eight bytes.

#include <cstring>
#include <type_traits>

#include "thole/memmodel/machine.hpp"

namespace thole::memmodel {

template <typename T>
std::uint64_t word_of(const T& value) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);
  std::uint64_t word = 0;
  std::memcpy(&word, &value, sizeof(T));
  return word;
}

template <typename T>
T value_of(std::uint64_t word) {
  T value;
  std::memcpy(&value, &word, sizeof(T));
  return value;
}

struct ModelPolicy {
  using Where = std::source_location;

  template <typename T>
  class atomic {
   public:
    atomic(T value = T()) : room_(value) {
      machine::construct(this, word_of(value));
      if constexpr (std::is_same_v<T, std::uint32_t>) machine::construct_queue(this);
    }
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    T load(std::memory_order o, Where w = Where::current()) const {
      return value_of<T>(machine::load(this, order_of(o), w));
    }
    void store(T v, std::memory_order o, Where w = Where::current()) {
      machine::store(this, word_of(v), order_of(o), w);
    }
    T exchange(T v, std::memory_order o, Where w = Where::current()) {
      return value_of<T>(machine::exchange(this, word_of(v), order_of(o), w));
    }
    bool compare_exchange_strong(T& expected, T desired, std::memory_order o, std::memory_order f,
                                 Where w = Where::current()) {
      std::uint64_t word = word_of(expected);
      if (machine::compare_exchange(this, word, word_of(desired), order_of(o), order_of(f), w)) {
        return true;
      }
      expected = value_of<T>(word);
      return false;
    }
    bool compare_exchange_weak(T& expected, T desired, std::memory_order o, std::memory_order f,
                               Where w = Where::current()) {
      return compare_exchange_strong(expected, desired, o, f, w);
    }
    T fetch_add(T v, std::memory_order o, Where w = Where::current()) {
      return value_of<T>(machine::add(this, word_of(v), 8 * sizeof(T), order_of(o), w));
    }
    T fetch_sub(T v, std::memory_order o, Where w = Where::current()) {
      return value_of<T>(
          machine::add(this, word_of(static_cast<T>(T() - v)), 8 * sizeof(T), order_of(o), w));
    }

   private:
    T room_;  // Never used: the value is the graph's.
  };

  template <typename T>
  class cell {
   public:
    cell() = default;
    cell(const cell&) = delete;
    cell& operator=(const cell&) = delete;
    void put(T value, Where w = Where::current()) { machine::plain_write(this, word_of(value), w); }
    T take(Where w = Where::current()) {
      const T value = read(w);
      machine::plain_write(this, 0xdeaddeaddeaddead, w);
      return value;
    }
    void drop(Where w = Where::current()) { machine::plain_write(this, 0xdeaddeaddeaddead, w); }
    T read(Where w = Where::current()) const { return value_of<T>(machine::plain_read(this, w)); }

   private:
    std::uint64_t room_ = 0;
  };

  static void fence(std::memory_order o, Where w = Where::current()) {
    machine::fence(order_of(o), w);
  }
  static void light(Where w = Where::current()) { machine::fence(Order::Light, w); }
  static void heavy(Where w = Where::current()) { machine::fence(Order::Heavy, w); }

  template <typename T, typename Predicate>
  static T await(const atomic<T>& word, Predicate predicate, std::memory_order o,
                 Where w = Where::current()) {
    const auto wanted = [](const void* p, std::uint64_t value) {
      return static_cast<bool>((*static_cast<const Predicate*>(p))(value_of<T>(value)));
    };
    return value_of<T>(machine::await(&word, wanted, &predicate, order_of(o), w));
  }

  static void park(const atomic<std::uint32_t>& word, std::uint32_t expected) {
    machine::park(&word, expected);
  }
  static void unpark(const atomic<std::uint32_t>& word, std::uint32_t, Where w = Where::current()) {
    machine::unpark(&word, w);
  }

  static void retry() { machine::retry(); }
  static void* allocate(std::size_t bytes, std::size_t align) {
    return machine::allocate(bytes, align);
  }
  static void free(void* memory, std::size_t bytes, std::size_t, Where w = Where::current()) {
    machine::free(memory, bytes, w);
  }
};

}  // namespace thole::memmodel
