#pragma once
// Registry is the list of per-thread records that a reclamation domain scans: it only grows, and a
// record that its thread gave back is handed to the next one, so it is as long as the most threads
// there ever were at once.
//
// Progress: acquire is lock-free, release and for_each are wait-free.
// Orders: a record is linked in by a release that pairs with for_each's acquire of the head: the
//   scanner sees it initialised. It is given back by a release that pairs with the acquire of the
//   compare-and-swap that takes it over: the next owner sees what the last one left in it.

#include "thole/sync/order.hpp"

namespace thole::sync {

// Record is default-constructible and derives from RegistryLink<Record, P>.
template <typename Record, typename P>
struct RegistryLink {
  typename P::template atomic<std::uint32_t> owned{1};
  // Stands for all that an owner keeps in its record: the explorer holds that it changes hands
  // without a race. Nothing in production.
  typename P::template cell<std::uint32_t> held;
  Record* next = nullptr;  // Written before the record is published, constant afterwards.
};

template <typename Record, typename P>
class Registry {
 public:
  Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry() {
    for (Record* record = head_.load(relaxed); record != nullptr;) {
      Record* next = record->next;
      destroy<P>(record);
      record = next;
    }
  }

  Record* take() {
    for (Record* record = head_.load(acquire); record != nullptr; record = record->next) {
      std::uint32_t free = 0;
      if (record->owned.load(relaxed) == 0 &&
          record->owned.compare_exchange_strong(free, 1, acquire, relaxed)) {
        record->held.put(1);
        return record;
      }
    }
    Record* record = make<Record, P>();
    record->held.put(1);
    record->next = head_.load(relaxed);
    while (!head_.compare_exchange_weak(record->next, record, release, relaxed)) P::retry();
    return record;
  }

  void give_back(Record* record) {
    record->held.drop();
    record->owned.store(0, release);
  }

  // How many records there are: the most that were taken at once.
  std::size_t size() const {
    std::size_t count = 0;
    for_each([&](const Record&) { ++count; });
    return count;
  }

  template <typename Visit>
  void for_each(Visit visit) const {
    for (Record* record = head_.load(acquire); record != nullptr; record = record->next) {
      visit(*record);
    }
  }

 private:
  typename P::template atomic<Record*> head_{nullptr};
};

}  // namespace thole::sync
