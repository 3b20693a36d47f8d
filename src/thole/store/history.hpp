#pragma once
// History is the window of the past that a store keeps: the changes of each batch, in a chain that
// readers follow, and here and there a root (a mark). The state at any revision of the window is
// the next mark, or the newest root, with the changes after that revision undone.
//
// The chain's head is an anchor: its own changes are out of the window, but a reader that has read
// them may go on from it. Whatever falls out of the window is cut off: its `next` is taken away,
// so a reader that is idle for long holds one batch, never all that came after it.
//
// Threads: History is the sequencer's; Published and what hangs on it are any thread's.

#include <atomic>
#include <deque>
#include <vector>

#include "thole/base/clock.hpp"
#include "thole/store/atomic_ref.hpp"
#include "thole/store/change.hpp"
#include "thole/store/root.hpp"

namespace thole::store {

class LogNode final : public Counted<LogNode> {
 public:
  LogNode(Revision last, std::vector<ChangePtr> changes, TimePoint time);

  const Revision last;  // Of the state after it.
  const TimePoint time;
  const std::vector<ChangePtr> changes;  // In order; those of one Txn have one revision.
  std::uint64_t cost = 0;                // In bytes. The sequencer's.

  AtomicRef<LogNode> next;
  std::atomic<bool> cut{false};  // Set before `next` is taken away.
};

struct Mark {
  Revision revision;
  Ref<LogNode> node;  // Whose changes led to `root`.
  RootRef root;
};

struct Marks final : Counted<Marks> {
  std::vector<Mark> all;  // In order.
};

// What a reader needs, as one consistent whole.
struct Published final : Counted<Published> {
  RootRef root;
  Revision oldest = 0;
  Ref<LogNode> anchor;
  Ref<const Marks> marks;

  // The node to start at for the changes after `revision`, which is in the window.
  Ref<LogNode> node_for(Revision revision) const;
  // Null when the window has passed it meanwhile.
  RootRef root_at(Revision revision, const Ref<Reclaimer>& reclaimer) const;
};

struct HistoryBounds {
  Duration time;
  std::uint64_t changes;
  std::uint64_t bytes;
};

class History {
 public:
  // At least so many changes lie between two marks, so many may have to be undone.
  static constexpr std::size_t kChangesPerMark = 256;
  // Freeing takes time; what is left over the bounds waits for the next call.
  static constexpr std::size_t kChangesPerTrim = 4'096;

  History(HistoryBounds bounds, RootRef root, TimePoint now);
  ~History();

  // `root` is the state after `changes`.
  void append(RootRef root, std::vector<ChangePtr> changes, TimePoint now);
  // Lets go of what is over the bounds. Whether there is more to let go of at once.
  bool trim(TimePoint now);

  Ref<Published> publish() const;

  const RootRef& root() const { return root_; }  // The newest.
  bool empty() const { return anchor_ == tail_; }
  TimePoint expiry() const;  // When the oldest changes run out of time. Not when empty.
  std::uint64_t bytes() const { return bytes_; }
  Revision oldest() const { return anchor_->last; }

 private:
  void drop_old_marks();

  const HistoryBounds bounds_;
  RootRef root_;
  Ref<LogNode> anchor_;
  Ref<LogNode> tail_;
  Ref<const Marks> marks_;
  Revision marked_ = 0;
  std::size_t changes_since_mark_ = 0;
  std::uint64_t changes_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace thole::store
