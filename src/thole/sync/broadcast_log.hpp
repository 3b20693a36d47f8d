#pragma once
// BroadcastLog is a ring that one thread appends to and any number of threads read, each at its
// own pace with its own cursor. The writer never looks at the readers: one that falls more than
// `capacity` behind is told how much it lost and goes on at the oldest entry that is left.
//
// Progress: append is wait-free; read is wait-free and never writes shared memory.
// Threads: one writer at a time appends; any thread reads, with a cursor that is its own.
// Orders: each slot is a SeqLock whose number is tied to the position (2n + 1 while entry n is
//   written, 2n + 2 after). The release of 2n + 2 pairs with read's acquire: the words are those
//   of entry n. The writer's release fence pairs with read's acquire fence: a reader that copied a
//   word of a later lap sees that lap's number and reports an overrun. head_ is released for
//   newest(): a cursor that starts there sees each entry before it as written.
// Size: a slot is a number and T in words; T is trivially copyable (a pointer or an index whose
//   target an EpochDomain or the retained history keeps alive); capacity is a power of two.
// Source: Boehm (MSPC 2012) for the slot; M. Thompson and others, "Disruptor" (2011) for the ring.

#include "thole/base/result.hpp"
#include "thole/sync/words.hpp"

namespace thole::sync {

enum class ReadStatus : std::uint8_t { Ok, Empty, Overrun };

template <typename T, typename P>
class BroadcastLog {
 public:
  // A reader's place: the number of the next entry it wants.
  struct Cursor {
    std::uint64_t next = 0;
    std::uint64_t lost = 0;  // How many entries this cursor's overruns have skipped.
  };

  explicit BroadcastLog(std::size_t capacity) : mask_(capacity - 1), slots_(capacity) {
    THOLE_ASSERT(capacity > 0 && (capacity & mask_) == 0);
  }
  BroadcastLog(const BroadcastLog&) = delete;
  BroadcastLog& operator=(const BroadcastLog&) = delete;

  // Returns the entry's number; numbers count from 0 without a gap.
  std::uint64_t append(const T& value) {
    const std::uint64_t number = head_.load(relaxed);
    Slot& slot = slots_[number & mask_];
    slot.sequence.store(2 * number + 1, relaxed);
    P::fence(release);
    slot.words.store(value);
    slot.sequence.store(2 * number + 2, release);
    head_.store(number + 1, release);
    return number;
  }

  // Ok: `value` is entry cursor.next, and the cursor moves on. Empty: it is not written yet.
  // Overrun: it is gone; the cursor moved to the oldest entry left and `lost` says how far.
  ReadStatus read(Cursor& cursor, T& value) const {
    const Slot& slot = slots_[cursor.next & mask_];
    const std::uint64_t wanted = 2 * cursor.next + 2;
    const std::uint64_t before = slot.sequence.load(acquire);
    if (before < wanted) return ReadStatus::Empty;
    if (before == wanted) {
      std::uint64_t raw[Words<T, P>::count];
      slot.words.load(raw);
      P::fence(acquire);
      if (slot.sequence.load(relaxed) == wanted) {
        value = Words<T, P>::value_of(raw);
        ++cursor.next;
        return ReadStatus::Ok;
      }
    }
    skip(cursor);
    return ReadStatus::Overrun;
  }

  // Where a reader that wants only what comes from now on starts.
  Cursor newest() const { return {.next = head_.load(acquire)}; }

  // The oldest entry that can still be read; it may be gone by the time it is.
  Cursor oldest() const {
    const std::uint64_t head = head_.load(acquire);
    return {.next = head > mask_ ? head - mask_ - 1 : 0};
  }

  std::size_t capacity() const { return mask_ + 1; }

 private:
  struct Slot {
    typename P::template atomic<std::uint64_t> sequence{0};
    Words<T, P> words;
  };

  // The entry at cursor.next has been, or is being, overwritten by a later lap. head_ may be read
  // late, so what was seen in the slot is the floor: the overrun entry itself is never next again.
  void skip(Cursor& cursor) const {
    const std::uint64_t oldest_left = oldest().next;
    const std::uint64_t next = oldest_left > cursor.next ? oldest_left : cursor.next + 1;
    cursor.lost += next - cursor.next;
    cursor.next = next;
  }

  const std::uint64_t mask_;
  Array<Slot, P> slots_;
  alignas(apart) typename P::template atomic<std::uint64_t> head_{0};
};

}  // namespace thole::sync
