#pragma once
// HazardDomain protects single objects: a reader names the one it looks at in a slot, and a writer
// frees only what no slot names. Unlike with epochs, a reader that sleeps holds back at most its
// own slots, so the memory that waits is bounded.
//
// Progress: protect is lock-free (it repeats when the pointer changed under it), clear is
//   wait-free; retire is wait-free but for its scan.
// Threads: a Reader and its slots belong to one thread at a time.
// Bound: H slots in all and R readers keep at most 2H + batch_size objects a reader from being
//   freed, R(2H + batch_size) in all; a test holds it.
// Orders: protect's light fence against scan's heavy one is the store-buffering pair: either the
//   scan sees the slot, or the second look sees that the pointer changed. The slot's release store,
//   in clear and in protect alike, pairs with the scan's acquire: what was read under the old
//   hazard happens before the free. The second look is an acquire for what the object holds.
// Size: a record is a line apart, `slots` pointers.
// Source: M. Michael, "Hazard pointers" (TPDS 2004); asymmetric fences as in WG21 P1202.

#include <algorithm>
#include <vector>

#include "thole/sync/registry.hpp"

namespace thole::sync {

template <typename P, std::size_t slots = 2>
class HazardDomain {
  struct Record;

 public:
  HazardDomain() = default;
  HazardDomain(const HazardDomain&) = delete;
  HazardDomain& operator=(const HazardDomain&) = delete;
  // Every Reader must be gone.
  ~HazardDomain() {
    records_.for_each([](Record& record) {
      for (const Retired& retired : record.retired) retired.reclaim(retired.object);
      record.retired.clear();
    });
  }

  class Reader {
   public:
    explicit Reader(HazardDomain& domain) : domain_(domain), record_(domain.records_.take()) {}
    ~Reader() {
      for (std::size_t i = 0; i < slots; ++i) clear(i);
      domain_.scan(*record_);
      domain_.records_.give_back(record_);
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    // What `source` points to, kept alive until slot `index` is cleared or protects another.
    template <typename T>
    T* protect(std::size_t index, const typename P::template atomic<T*>& source) {
      T* seen = source.load(relaxed);
      for (;;) {
        record_->hazards[index].store(seen, release);
        P::light();
        T* again = source.load(acquire);
        if (again == seen) return seen;
        seen = again;
        P::retry();
      }
    }

    void clear(std::size_t index) { record_->hazards[index].store(nullptr, release); }

    // Frees `object` (made by sync::make) when no slot names it. It must be unlinked already.
    template <typename T>
    void retire(T* object) {
      record_->retired.push_back({object, [](void* p) { destroy<P>(static_cast<T*>(p)); }});
      if (record_->retired.size() >= record_->threshold) domain_.scan(*record_);
    }

    // Frees what can be freed now; returns how many objects still wait.
    std::size_t collect() {
      domain_.scan(*record_);
      return record_->retired.size();
    }

   private:
    HazardDomain& domain_;
    Record* record_;
  };

  static constexpr std::size_t batch_size = 64;

  // The most readers there were at once.
  std::size_t record_count() const { return records_.size(); }

 private:
  struct Retired {
    void* object;
    void (*reclaim)(void*);
  };

  struct alignas(apart) Record : RegistryLink<Record, P> {
    typename P::template atomic<void*> hazards[slots] = {};
    alignas(apart) std::vector<Retired, Allocator<Retired, P>> retired;
    std::vector<void*, Allocator<void*, P>> named;  // Scratch of scan, kept for its memory.
    std::size_t threshold = batch_size;  // At least twice what can be named when it was counted.
  };

  void scan(Record& owner) {
    if (owner.retired.empty()) return;
    P::heavy();
    owner.named.clear();
    std::size_t hazards = 0;
    records_.for_each([&](Record& record) {
      hazards += slots;
      for (auto& slot : record.hazards) {
        if (void* object = slot.load(acquire)) owner.named.push_back(object);
      }
    });
    std::sort(owner.named.begin(), owner.named.end());
    std::erase_if(owner.retired, [&](const Retired& retired) {
      if (std::binary_search(owner.named.begin(), owner.named.end(), retired.object)) return false;
      retired.reclaim(retired.object);
      return true;
    });
    owner.threshold = std::max(batch_size, 2 * hazards);
  }

  Registry<Record, P> records_;
};

}  // namespace thole::sync
