#pragma once
// The store: one cluster's state as a persistent ordered tree, its recent history, and the
// sequencer that changes it. It knows keys, bytes and revisions; it never parses an object.
//
// A revision is one Txn. Revisions only grow, and none is used twice on one machine: a store that
// starts empty begins at the microseconds of the wall clock.
//
// Threads: any thread may take a Snapshot, commit a Txn, or read the log. The sequencer is a role:
// with a journal it runs on the executor given at the start; without one, the thread that finds
// nobody at work does the batch itself. Executors outlive the store and its snapshots.
// docs/design/store.md tells how; docs/design/journal.md is the format on disk.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "thole/base/async.hpp"
#include "thole/base/disk.hpp"
#include "thole/base/executor.hpp"
#include "thole/base/log.hpp"
#include "thole/base/random.hpp"
#include "thole/store/change.hpp"
#include "thole/store/snapshot.hpp"
#include "thole/store/txn.hpp"

namespace thole::store {

// How the journal's files grow. See docs/design/journal.md.
struct LogTuning {
  std::uint64_t segment_bytes_first = 4u << 20;
  std::uint64_t segment_bytes_max = 64u << 20;
  // A checkpoint starts when the log is longer than this and than the live data.
  std::uint64_t checkpoint_bytes_min = 32u << 20;
};

struct StoreOptions {
  std::string folder;  // Where the journal lives; empty: in memory only.

  // The retained window is bounded by whichever comes first. The newest state is always there.
  Duration history_time = std::chrono::minutes(5);
  std::uint64_t history_changes = 1'000'000;
  std::uint64_t history_bytes = 64u << 20;  // Of superseded values and the records of changes.

  std::size_t resource_bytes_max = 512;
  std::size_t name_bytes_max = 1024;
  std::size_t value_bytes_max = 8u << 20;
  std::size_t txn_ops_max = 10'000;
  std::size_t txn_bytes_max = 32u << 20;
  std::size_t pending_max = 65'536;  // Txns that wait; one more fails with TooManyRequests.

  // A recovered value whose Note was made by another version of the writer gets a new one. Without
  // the function the old Note is dropped.
  std::uint32_t note_version = 0;
  std::function<Note(std::string_view resource, std::string_view bytes)> make_note;

  // Cuts a corrupt journal behind this revision (`thole serve --repair-to`).
  std::optional<Revision> repair_to;

  LogTuning log;
  std::uint64_t checkpoint_bytes_per_second = 64u << 20;
};

// `disk`, `random` and `background` matter only with a folder. `background` is where segments are
// prepared and checkpoints written; an executor that may block.
struct StoreSeams {
  Executor* sequencer = nullptr;
  Executor* background = nullptr;  // Null: the sequencer's.
  Disk* disk = nullptr;
  Random* random = nullptr;
  Log* log = nullptr;
};

// Calls its function until it is destroyed. Make and destroy it on the executor it names.
class Subscription {
 public:
  Subscription();
  Subscription(Subscription&&) noexcept;
  Subscription& operator=(Subscription&&) noexcept;
  ~Subscription();

 private:
  friend class Store;
  friend struct StoreState;
  class State;
  explicit Subscription(Ref<State> state);
  Ref<State> state_;
};

struct StoreState;

class Store {
 public:
  // An empty store in memory, ready at once.
  static std::unique_ptr<Store> in_memory(StoreOptions options, StoreSeams seams);

  // Opens `options.folder`, or makes it; with no folder, as in_memory. Called on any executor;
  // recovery runs on the caller's. Fails with Conflict when another process holds the folder, and
  // InternalError for everything a disk does: a corrupt file is named, with offset, last good
  // revision and the command that repairs.
  static Async<std::unique_ptr<Store>> open(StoreOptions options, StoreSeams seams);

  // An independent store with the same state and revision, in memory, in O(1). Its history starts
  // here. Nobody's subscriptions come along.
  std::unique_ptr<Store> fork(Executor& sequencer) const;

  ~Store();  // As `close`, without waiting for what is in flight.
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Call on `executor`; the coroutine continues there. Durable and visible when it returns. Fails
  // with Conflict when an `expect` did not hold (details->causes[0].field is the Op's index),
  // Invalid when a bound or a rule of Txn is broken, RequestEntityTooLarge for its bytes,
  // TooManyRequests when too much waits, InternalError when the disk fails (outcome unknown until
  // read back after a restart), ServiceUnavailable when closing.
  Async<Committed> commit(Executor& executor, Txn txn);

  Snapshot snapshot() const;  // The newest.
  // Fails with Expired when it is older than the window, Timeout when it is yet to come.
  Result<Snapshot> snapshot_at(Revision revision) const;

  Revision newest() const;
  // The oldest one that snapshot_at gives, and the oldest one a reader can start after.
  Revision oldest() const;

  // Reads changes after `after`. Fails as snapshot_at does. A reader on another thread may see a
  // change an instant before `snapshot` does.
  Result<LogReader> read_log(Revision after) const;

  // Posts `news` to `executor` when changes were published: at most once a batch, and not again
  // before it has run. It may come without news. Not called for what was published before.
  Subscription subscribe(Executor& executor, std::function<void()> news);

  // No new commits (ServiceUnavailable); returns when those in flight are answered and the journal
  // is closed. Snapshots stay good. Call on `executor`.
  Async<void> close(Executor& executor);

 private:
  explicit Store(std::shared_ptr<StoreState> state);
  std::shared_ptr<StoreState> state_;
};

}  // namespace thole::store
