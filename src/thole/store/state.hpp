#pragma once
// What is behind a Store: the queue of Txns, and the sequencer that works it off.
//
// The sequencer is a role that one thread has at a time: whoever turns `busy_` from false to true.
// Members under "the sequencer's" are touched in that role only. Work may pass the role on to a
// task on the sequencer's executor, but never lets go of it while there is something to do.

#include <atomic>
#include <memory>
#include <vector>

#include "thole/base/clock.hpp"
#include "thole/store/history.hpp"
#include "thole/store/journal.hpp"
#include "thole/store/store.hpp"

namespace thole::store {

class Builder;

// A Txn on its way, between the coroutine that waits for it and the sequencer.
struct Pending final : Counted<Pending> {
  enum State : std::uint8_t { Running, Waiting, Done };

  Pending(Executor& caller, Txn what) : executor(&caller), txn(std::move(what)) {}

  Executor* const executor;
  Waiter* waiter = nullptr;  // Touched on `executor` only.
  Txn txn;
  bool close = false;  // Not a Txn, but the end.
  Result<Committed> result{std::unexpect, Error{}};
  // Running -> Waiting by the caller, anything -> Done by the sequencer, once the result is there.
  std::atomic<State> state{Running};
  Pending* next = nullptr;
};

class Subscription::State final : public Counted<Subscription::State> {
 public:
  State(Executor& where, std::function<void()> what) : executor(where), news(std::move(what)) {}

  void wake();

  Executor& executor;
  const std::function<void()> news;
  std::atomic<bool> posted{false};
  std::atomic<bool> dead{false};
  State* next = nullptr;
};

struct StoreState final : std::enable_shared_from_this<StoreState> {
  StoreState(StoreOptions options, StoreSeams seams, std::unique_ptr<History> history,
             Ref<Reclaimer> reclaimer, std::unique_ptr<Journal> journal);
  ~StoreState();

  // Any thread's.
  void submit(Ref<Pending> pending);
  void add_subscriber(Ref<Subscription::State> subscriber);

  // The microseconds of the wall clock: more than any earlier store on this machine reached.
  static Revision first_revision(Executor& executor);

  void stop_timer() { timer_.reset(); }  // On the sequencer's executor.

  const StoreOptions options_;
  const StoreSeams seams_;
  const Ref<Reclaimer> reclaimer_;
  AtomicRef<Published> published_;
  std::atomic<bool> closing_{false};
  std::atomic<std::size_t> waiting_{0};  // Txns that are not answered.

 private:
  static constexpr std::size_t kTxnsPerBatch = 1'024;
  static constexpr std::size_t kBytesPerBatch = 4u << 20;
  static constexpr int kInlineRounds = 4;

  using Batch = std::vector<Ref<Pending>>;

  void start();        // Takes the role, if nobody has it, and works.
  void work_inline();  // On any thread, for a journal that needs no waiting.
  asio::awaitable<void> work(std::shared_ptr<StoreState> self);
  void hand_over();  // Goes on as `work` on the sequencer's executor.
  bool has_news() const;
  bool keep_role();  // False when it was given up because nothing is left.

  Batch take_batch();
  void build(Batch& batch, Builder& builder);
  void publish(Builder& builder);
  void answer(Batch& batch);
  void tend_history();
  void wake_subscribers();
  void expire_later(std::optional<TimePoint> when);
  TimePoint now() const { return seams_.sequencer->clock().now(); }

  std::atomic<bool> busy_{false};
  std::atomic<Pending*> inbox_{nullptr};  // Newest first.
  std::atomic<Subscription::State*> new_subscribers_{nullptr};
  std::atomic<bool> expiry_due_{false};

  // The sequencer's.
  std::unique_ptr<History> history_;
  RootRef root_;
  std::unique_ptr<Journal> journal_;
  std::vector<Ref<Pending>> queue_;  // In order; from `queue_begin_` on.
  std::size_t queue_begin_ = 0;
  std::vector<Ref<Subscription::State>> subscribers_;
  bool timer_armed_ = false;
  bool closed_ = false;

  // The sequencer executor's.
  std::unique_ptr<Timer> timer_;
};

}  // namespace thole::store
