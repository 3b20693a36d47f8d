#pragma once
// Words holds a trivially copyable T as relaxed atomic words, so that a reader may copy it while
// it is being written: what it gets may be torn, which its owner finds out by a sequence number,
// but is never a data race. Used by SeqLock and BroadcastLog.

#include <bit>
#include <cstring>
#include <type_traits>

#include "thole/sync/order.hpp"

namespace thole::sync {

template <typename T, typename P>
class Words {
  static_assert(std::is_trivially_copyable_v<T>, "a torn T must be harmless");

 public:
  void store(const T& value) {
    std::uint64_t words[count] = {};
    std::memcpy(words, &value, sizeof(T));
    for (std::size_t i = 0; i < count; ++i) words_[i].store(words[i], relaxed);
  }

  // The caller decides by its sequence number whether what is in `raw` is a T.
  void load(std::uint64_t (&raw)[(sizeof(T) + 7) / 8]) const {
    for (std::size_t i = 0; i < count; ++i) raw[i] = words_[i].load(relaxed);
  }

  static T value_of(const std::uint64_t (&raw)[(sizeof(T) + 7) / 8]) {
    struct Bytes {
      unsigned char bytes[sizeof(T)];
    } bytes;
    std::memcpy(bytes.bytes, raw, sizeof(T));
    return std::bit_cast<T>(bytes);
  }

  static constexpr std::size_t count = (sizeof(T) + 7) / 8;

 private:
  typename P::template atomic<std::uint64_t> words_[count] = {};
};

}  // namespace thole::sync
