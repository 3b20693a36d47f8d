#pragma once
// The Journal makes a batch durable before it is published. One batch is in flight at a time.
//
// Threads: the sequencer's executor.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "thole/base/async.hpp"
#include "thole/store/change.hpp"
#include "thole/store/root.hpp"

namespace thole::store {

class Journal {
 public:
  virtual ~Journal() = default;

  // Whether `append` has nothing to wait for; then it isn't called.
  virtual bool immediate() const = 0;

  // Durable when it returns. `after` is the state after `changes`, which a checkpoint may pin.
  // After a failure nobody knows whether the batch will be there after a restart, until the next
  // append succeeds: then it will not.
  virtual Async<void> append(std::span<const ChangePtr> changes, RootRef after) = 0;

  // Waits for work in the background and lets go of the folder.
  virtual asio::awaitable<void> close() = 0;
};

class NoJournal final : public Journal {
 public:
  bool immediate() const override { return true; }
  Async<void> append(std::span<const ChangePtr>, RootRef) override { co_return Result<void>(); }
  asio::awaitable<void> close() override { co_return; }
};

}  // namespace thole::store
