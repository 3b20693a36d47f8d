#pragma once
// SeqLock publishes a small value from one writer to any number of readers, who write nothing and
// so never slow each other down. A reader that was overtaken reads again.
//
// Progress: store is wait-free; try_load is wait-free, load is obstruction-free against a writer
//   that never pauses.
// Threads: one writer at a time; any thread may load.
// Orders: store's release fence stands between the odd sequence and the words, and pairs with
//   load's acquire fence: a reader that saw one new word then sees the odd number. The release of
//   the even number pairs with load's first acquire: all words of that version are there. Without
//   either fence the second look may be satisfied before the words and a torn value returned.
// Size: a sequence number and T rounded up to words.
// Source: H.-J. Boehm, "Can seqlocks get along with programming language memory models?"
//   (MSPC 2012), with its relaxed atomic data.

#include <optional>

#include "thole/sync/words.hpp"

namespace thole::sync {

template <typename T, typename P>
class SeqLock {
 public:
  void store(const T& value) {
    const std::uint64_t sequence = sequence_.load(relaxed);
    sequence_.store(sequence + 1, relaxed);
    P::fence(release);
    words_.store(value);
    sequence_.store(sequence + 2, release);
  }

  // Nothing when a store was under way.
  std::optional<T> try_load() const {
    std::uint64_t raw[Words<T, P>::count];
    const std::uint64_t before = sequence_.load(acquire);
    if ((before & 1) != 0) return std::nullopt;
    words_.load(raw);
    P::fence(acquire);
    if (sequence_.load(relaxed) != before) return std::nullopt;
    return Words<T, P>::value_of(raw);
  }

  T load() const {
    for (;;) {
      if (std::optional<T> value = try_load()) return *value;
      P::retry();
    }
  }

 private:
  typename P::template atomic<std::uint64_t> sequence_{0};
  Words<T, P> words_;
};

}  // namespace thole::sync
