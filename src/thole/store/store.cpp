#include "thole/store/store.hpp"

#include "thole/base/text.hpp"
#include "thole/store/builder.hpp"
#include "thole/store/state.hpp"

namespace thole::store {
namespace {

// Keeps a Waiter known to its Pending for exactly as long as it lives.
class Introduction {
 public:
  Introduction(Pending& pending, Waiter& waiter) : pending_(pending) { pending.waiter = &waiter; }
  ~Introduction() { pending_.waiter = nullptr; }
  Introduction(const Introduction&) = delete;
  Introduction& operator=(const Introduction&) = delete;

 private:
  Pending& pending_;
};

Async<Committed> submit(std::shared_ptr<StoreState> state, Ref<Pending> pending) {
  state->submit(pending);
  if (pending->state.load(std::memory_order_acquire) != Pending::Done) {
    Waiter waiter(*pending->executor);
    const Introduction introduction(*pending, waiter);
    Pending::State running = Pending::Running;
    if (pending->state.compare_exchange_strong(running, Pending::Waiting,
                                               std::memory_order_acq_rel)) {
      (void)co_await waiter.wait();
    }
  }
  co_return std::move(pending->result);
}

}  // namespace

Subscription::Subscription(Ref<State> state) : state_(std::move(state)) {}
Subscription::Subscription(Subscription&&) noexcept = default;
Subscription& Subscription::operator=(Subscription&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}
Subscription::Subscription() = default;
Subscription::~Subscription() {
  if (state_) state_->dead.store(true, std::memory_order_relaxed);
}

Store::Store(std::shared_ptr<StoreState> state) : state_(std::move(state)) {}

Store::~Store() {
  state_->closing_.store(true, std::memory_order_relaxed);
  // A timer belongs to its executor, and may be the last thing that is left there.
  Executor& sequencer = *state_->seams_.sequencer;
  sequencer.post([state = std::move(state_)] { state->stop_timer(); });
}

namespace {

std::shared_ptr<StoreState> state_in_memory(StoreOptions options, StoreSeams seams, RootRef root,
                                            Ref<Reclaimer> reclaimer) {
  options.folder.clear();
  auto history = std::make_unique<History>(
      HistoryBounds{options.history_time, options.history_changes, options.history_bytes},
      std::move(root), seams.sequencer->clock().now());
  return std::make_shared<StoreState>(std::move(options), seams, std::move(history),
                                      std::move(reclaimer), std::make_unique<NoJournal>());
}

}  // namespace

std::unique_ptr<Store> Store::in_memory(StoreOptions options, StoreSeams seams) {
  THOLE_ASSERT(seams.sequencer != nullptr);
  auto reclaimer = Ref<Reclaimer>::adopt(new Reclaimer(*seams.sequencer));
  RootRef root =
      Ref<Root>::adopt(new Root(StoreState::first_revision(*seams.sequencer), reclaimer));
  return std::unique_ptr<Store>(
      new Store(state_in_memory(std::move(options), seams, std::move(root), reclaimer)));
}

std::unique_ptr<Store> Store::fork(Executor& sequencer) const {
  StoreSeams seams = state_->seams_;
  seams.sequencer = &sequencer;
  auto reclaimer = Ref<Reclaimer>::adopt(new Reclaimer(sequencer));
  return std::unique_ptr<Store>(new Store(
      state_in_memory(state_->options_, seams, state_->published_.load()->root, reclaimer)));
}

Async<Committed> Store::commit(Executor& executor, Txn txn) {
  const std::shared_ptr<StoreState> state = state_;  // The Store may go while this waits.
  if (state->closing_.load(std::memory_order_relaxed)) {
    co_return fail(ErrorKind::ServiceUnavailable, "the store is closed");
  }
  THOLE_CO_CHECK(check_txn(txn, state->options_));
  if (state->waiting_.fetch_add(1, std::memory_order_relaxed) >= state->options_.pending_max) {
    state->waiting_.fetch_sub(1, std::memory_order_relaxed);
    co_return fail(ErrorKind::TooManyRequests, "too many writes are waiting");
  }
  co_return co_await submit(state, Ref<Pending>::adopt(new Pending(executor, std::move(txn))));
}

Async<void> Store::close(Executor& executor) {
  const std::shared_ptr<StoreState> state = state_;
  if (state->closing_.exchange(true)) co_return Result<void>();
  state->waiting_.fetch_add(1, std::memory_order_relaxed);
  auto pending = Ref<Pending>::adopt(new Pending(executor, {}));
  pending->close = true;
  (void)co_await submit(state, std::move(pending));
  co_return Result<void>();
}

Snapshot Store::snapshot() const { return Snapshot(state_->published_.load()->root); }

Revision Store::newest() const { return state_->published_.load()->root->revision; }
Revision Store::oldest() const { return state_->published_.load()->oldest; }

namespace {

Result<void> check_window(const Published& published, Revision revision) {
  if (revision > published.root->revision) {
    return fail(ErrorKind::Timeout, cat("revision ", revision, " is yet to come; the newest is ",
                                        published.root->revision));
  }
  if (revision < published.oldest) {
    return fail(ErrorKind::Expired,
                cat("revision ", revision, " is too old; the oldest is ", published.oldest));
  }
  return {};
}

}  // namespace

Result<Snapshot> Store::snapshot_at(Revision revision) const {
  const Ref<Published> published = state_->published_.load();
  THOLE_CHECK(check_window(*published, revision));
  RootRef root = published->root_at(revision, state_->reclaimer_);
  // The window may have passed it while we looked; then the newest window says so.
  if (!root) return fail(ErrorKind::Expired, cat("revision ", revision, " is too old"));
  return Snapshot(std::move(root));
}

Result<LogReader> Store::read_log(Revision after) const {
  const Ref<Published> published = state_->published_.load();
  THOLE_CHECK(check_window(*published, after));
  // Up to the last node that is wholly behind it: what the window drops before does not matter.
  Ref<LogNode> node = published->node_for(after);
  while (node->last < after) {
    Ref<LogNode> next = node->next.load();
    if (!next) return fail(ErrorKind::Expired, cat("revision ", after, " is too old"));
    if (next->last > after) break;
    node = std::move(next);
  }
  return LogReader(std::move(node), after);
}

Subscription Store::subscribe(Executor& executor, std::function<void()> news) {
  auto state = Ref<Subscription::State>::adopt(new Subscription::State(executor, std::move(news)));
  state_->add_subscriber(state);
  return Subscription(std::move(state));
}

}  // namespace thole::store
