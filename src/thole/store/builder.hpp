#pragma once
// A Builder applies Txns to a copy of the state: all of one, or nothing of it.
//
// Threads: the sequencer's.

#include <vector>

#include "thole/base/result.hpp"
#include "thole/store/change.hpp"
#include "thole/store/root.hpp"
#include "thole/store/txn.hpp"

namespace thole::store {

struct StoreOptions;

// Checks what needs no state: bounds, and that no key stands in it twice.
Result<void> check_txn(const Txn& txn, const StoreOptions& options);

class Builder {
 public:
  explicit Builder(const Root& start, Ref<Reclaimer> reclaimer);

  // Fails with Conflict when a precondition does not hold.
  Result<Committed> apply(Txn txn);

  bool changed() const { return !changes_.empty(); }
  const std::vector<ChangePtr>& changes() const { return changes_; }
  std::vector<ChangePtr> take_changes() { return std::move(changes_); }
  // The state after all that was applied.
  RootRef root() const { return root_; }

 private:
  static ValuePtr stamped(ValuePtr value, Revision revision);

  Ref<Root> root_;
  std::vector<ChangePtr> changes_;
};

}  // namespace thole::store
