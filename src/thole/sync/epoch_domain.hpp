#pragma once
// EpochDomain lets readers walk shared structures without writing to them, and frees what a writer
// took out once no reader can still be looking at it. Each reader has an epoch of its own, a number
// that is odd inside a section; a batch of retired objects waits until every reader that was inside
// when it was sealed has moved on.
//
//   EpochDomain<P>::Reader reader(domain);     // once a thread
//   { auto guard = reader.enter(); use(root.load(acquire)); }
//   reader.retire(old);                        // after `old` was unlinked
//
// Progress: enter and leave are wait-free, two plain stores and a compiler barrier in production.
//   retire is wait-free but for its scan. A reader that never leaves keeps everything retired after
//   it entered from being freed: memory is not bounded (HazardDomain bounds it).
// Threads: a Reader belongs to one thread at a time; sections of one reader may nest through one
//   another's guards only by entering once. A guard stays in its scope, and no coroutine may be
//   suspended inside it. Destroying a Reader hands what it still had to retire to the domain.
// Orders: enter's light fence against seal's heavy one is the store-buffering pair: either the
//   scan sees the odd number, or the reader sees what was unlinked before. leave's release pairs
//   with the scan's acquire: the section's reads happen before the free. enter's store is a release
//   too, because the scan may read it instead of the leave before it, and C++20 no longer counts a
//   relaxed store of the same thread into the release sequence.
// Size: a record is a line apart with one 64-bit number.
// Source: M. Desnoyers and others, "User-level implementations of read-copy update" (TPDS 2012),
//   the memory-barrier flavour with sys_membarrier; K. Fraser, "Practical lock-freedom" (2004).

#include <vector>

#include "thole/base/result.hpp"
#include "thole/sync/registry.hpp"

namespace thole::sync {

template <typename P>
class EpochDomain {
  struct Record;

 public:
  class Reader;

  EpochDomain() = default;
  EpochDomain(const EpochDomain&) = delete;
  EpochDomain& operator=(const EpochDomain&) = delete;
  // Every Reader must be gone.
  ~EpochDomain() {
    records_.for_each([](Record& record) { record.free_all(); });
  }

  // The section; while it lives nothing that was reachable when it began is freed.
  class Guard {
   public:
    explicit Guard(Record& record) : record_(record), inside_(record.own + 1) {
      record_.enter(inside_);
    }
    ~Guard() { record_.leave(inside_ + 1); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Record& record_;
    const std::uint64_t inside_;  // Kept here, so that leaving waits for no load.
  };

  class Reader {
   public:
    explicit Reader(EpochDomain& domain) : domain_(domain), record_(domain.records_.take()) {}
    // What is still waiting stays in the record, for its next owner or the domain's end to free.
    ~Reader() {
      collect();
      domain_.records_.give_back(record_);
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    [[nodiscard]] Guard enter() { return Guard(*record_); }

    // Frees `object` (made by sync::make) when no section can see it. It must be unlinked already.
    template <typename T>
    void retire(T* object) {
      retire(object, [](void* p) { destroy<P>(static_cast<T*>(p)); });
    }
    // Calls `reclaim(object)` then, on a thread that owns this record or ends the domain.
    void retire(void* object, void (*reclaim)(void*)) {
      record_->fresh.push_back({object, reclaim});
      if (record_->fresh.size() >= batch_size) collect();
    }

    // Frees what can be freed now; returns how many objects still wait. Two calls with no section
    // open anywhere free everything. Outside a section of this reader.
    std::size_t collect() {
      if (!record_->waiting.empty()) record_->free_if_quiet();
      if (record_->waiting.empty() && !record_->fresh.empty()) {
        domain_.seal(*record_);
        record_->free_if_quiet();
      }
      return record_->waiting.size() + record_->fresh.size();
    }

   private:
    EpochDomain& domain_;
    Record* record_;
  };

  // A heavy fence costs microseconds; this many retired objects share one.
  static constexpr std::size_t batch_size = 64;

  // The most readers there were at once.
  std::size_t record_count() const { return records_.size(); }

 private:
  struct Retired {
    void* object;
    void (*reclaim)(void*);
  };
  struct Busy {
    Record* record;
    std::uint64_t epoch;
  };

  struct alignas(apart) Record : RegistryLink<Record, P> {
    typename P::template atomic<std::uint64_t> epoch{0};
    std::uint64_t own = 0;  // What `epoch` was when the owner last left.

    // The owner's, apart from what the readers touch.
    alignas(apart) std::vector<Retired, Allocator<Retired, P>> fresh;
    std::vector<Retired, Allocator<Retired, P>> waiting;
    std::vector<Busy, Allocator<Busy, P>>
        busy;  // Who was inside when `waiting` was sealed, at which epoch.

    void enter(std::uint64_t inside) {
      epoch.store(inside, release);
      P::light();
    }
    void leave(std::uint64_t outside) {
      epoch.store(outside, release);
      own = outside;
    }

    void free_if_quiet() {
      std::erase_if(busy, [](const Busy& b) { return b.record->epoch.load(acquire) != b.epoch; });
      if (!busy.empty()) return;
      for (const Retired& retired : waiting) retired.reclaim(retired.object);
      waiting.clear();
    }

    void free_all() {
      for (auto* list : {&waiting, &fresh}) {
        for (const Retired& retired : *list) retired.reclaim(retired.object);
        list->clear();
      }
    }
  };

  void seal(Record& owner) {
    owner.waiting.swap(owner.fresh);
    P::heavy();
    records_.for_each([&](Record& record) {
      const std::uint64_t epoch = record.epoch.load(acquire);
      if ((epoch & 1) != 0) owner.busy.push_back({&record, epoch});
    });
  }

  Registry<Record, P> records_;
};

}  // namespace thole::sync
