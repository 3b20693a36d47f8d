// The half of StoreState that works: batches, publication, answers, and the window's end.

#include <algorithm>
#include <utility>

#include "thole/base/text.hpp"
#include "thole/store/builder.hpp"
#include "thole/store/state.hpp"

namespace thole::store {
namespace {

// Takes the whole of a list that is pushed to from any thread; it comes newest first.
template <typename T>
T* take_all(std::atomic<T*>& list) {
  // Acquire pairs with the release in `push`.
  return list.exchange(nullptr, std::memory_order_acq_rel);
}

template <typename T>
void push(std::atomic<T*>& list, T* item) {
  item->next = list.load(std::memory_order_relaxed);
  // Sequentially consistent, so that it and the look at `busy_` that follows are ordered against
  // the sequencer, which clears `busy_` and looks here: one of the two sees the other.
  while (!list.compare_exchange_weak(item->next, item, std::memory_order_seq_cst,
                                     std::memory_order_relaxed)) {
  }
}

}  // namespace

void Subscription::State::wake() {
  // The exchange pairs with the one in the task: a task that was posted and has yet to run will
  // see what was published before this.
  if (posted.exchange(true, std::memory_order_acq_rel)) return;
  executor.post([self = Ref<State>::share(this)] {
    self->posted.exchange(false, std::memory_order_acq_rel);
    if (!self->dead.load(std::memory_order_relaxed)) self->news();
  });
}

Revision StoreState::first_revision(Executor& executor) {
  const auto wall = executor.clock().wall().time_since_epoch();
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(wall).count();
  return micros > 0 ? static_cast<Revision>(micros) : 1;
}

StoreState::StoreState(StoreOptions options, StoreSeams seams, std::unique_ptr<History> history,
                       Ref<Reclaimer> reclaimer, std::unique_ptr<Journal> journal)
    : options_(std::move(options)),
      seams_(seams),
      reclaimer_(std::move(reclaimer)),
      history_(std::move(history)),
      root_(history_->root()),
      journal_(std::move(journal)) {
  published_.store(history_->publish());
}

StoreState::~StoreState() {
  for (Pending* at = take_all(inbox_); at;) {
    Ref<Pending>::adopt(std::exchange(at, at->next));
  }
  for (auto* at = take_all(new_subscribers_); at;) {
    Ref<Subscription::State>::adopt(std::exchange(at, at->next));
  }
}

void StoreState::submit(Ref<Pending> pending) {
  push(inbox_, pending.give_up());
  start();
}

void StoreState::add_subscriber(Ref<Subscription::State> subscriber) {
  push(new_subscribers_, subscriber.give_up());
}

void StoreState::start() {
  if (busy_.exchange(true, std::memory_order_seq_cst)) return;
  if (journal_->immediate()) {
    work_inline();
  } else {
    hand_over();
  }
}

void StoreState::hand_over() {
  spawn(*seams_.sequencer, "store.sequencer", work(shared_from_this()));
}

void StoreState::work_inline() {
  const auto self = shared_from_this();
  for (int round = 0; round < kInlineRounds; ++round) {
    const bool reclaiming = reclaimer_->begin_batch();
    Batch batch = take_batch();
    if (!batch.empty()) {
      Builder builder(*root_, reclaimer_);
      build(batch, builder);
      if (builder.changed()) publish(builder);
      answer(batch);
    }
    tend_history();
    if (reclaiming) reclaimer_->end_of_batch();
    if (!keep_role()) return;
  }
  hand_over();  // Others keep coming; this thread has its own work to do.
}

asio::awaitable<void> StoreState::work([[maybe_unused]] std::shared_ptr<StoreState> self) {
  do {
    const bool reclaiming = reclaimer_->begin_batch();
    Batch batch = take_batch();
    if (!batch.empty()) {
      Builder builder(*root_, reclaimer_);
      build(batch, builder);
      if (builder.changed()) {
        const Result<void> durable = co_await journal_->append(builder.changes(), builder.root());
        if (durable) {
          publish(builder);
        } else {
          // Even a conflict may have been one with a change that is not there now.
          for (const auto& pending : batch) {
            if (!pending->close) pending->result = std::unexpected(durable.error());
          }
        }
      }
      if (batch.back()->close) co_await journal_->close();
      answer(batch);
    }
    tend_history();
    if (reclaiming) reclaimer_->end_of_batch();
  } while (keep_role());
}

bool StoreState::has_news() const {
  return inbox_.load(std::memory_order_seq_cst) != nullptr ||
         expiry_due_.load(std::memory_order_seq_cst);
}

bool StoreState::keep_role() {
  if (queue_begin_ < queue_.size() || has_news()) return true;
  busy_.store(false, std::memory_order_seq_cst);
  // Who came before the store found the role taken and left it to us.
  return has_news() && !busy_.exchange(true, std::memory_order_seq_cst);
}

StoreState::Batch StoreState::take_batch() {
  if (queue_begin_ == queue_.size()) {
    queue_.clear();
    queue_begin_ = 0;
    for (Pending* at = take_all(inbox_); at; at = at->next) {
      queue_.push_back(Ref<Pending>::adopt(at));
    }
    std::reverse(queue_.begin(), queue_.end());
  }
  Batch batch;
  std::size_t bytes = 0;
  while (queue_begin_ < queue_.size() && batch.size() < kTxnsPerBatch && bytes < kBytesPerBatch) {
    batch.push_back(std::move(queue_[queue_begin_++]));
    for (const Op& op : batch.back()->txn) bytes += op.value ? op.value->footprint() : 0;
    if (batch.back()->close) break;
  }
  return batch;
}

void StoreState::build(Batch& batch, Builder& builder) {
  for (const auto& pending : batch) {
    if (closed_) {
      pending->result = fail(ErrorKind::ServiceUnavailable, "the store is closed");
    } else if (pending->close) {
      closed_ = true;
      pending->result = Committed{root_->revision, {}};
    } else {
      pending->result = builder.apply(std::move(pending->txn));
    }
  }
}

void StoreState::publish(Builder& builder) {
  root_ = builder.root();
  history_->append(root_, builder.take_changes(), now());
  published_.store(history_->publish());
  wake_subscribers();
}

void StoreState::answer(Batch& batch) {
  // One task an executor. A batch comes from few of them.
  std::vector<std::pair<Executor*, Batch>> wakes;
  for (auto& pending : batch) {
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    // Release shows the result to a caller that sees Done; acquire pairs with its Waiting.
    if (pending->state.exchange(Pending::Done, std::memory_order_acq_rel) != Pending::Waiting) {
      continue;
    }
    Executor* const executor = pending->executor;
    auto at = std::find_if(wakes.begin(), wakes.end(),
                           [&](const auto& wake) { return wake.first == executor; });
    if (at == wakes.end()) at = wakes.emplace(at, executor, Batch());
    at->second.push_back(std::move(pending));
  }
  for (auto& [executor, woken] : wakes) {
    executor->post([all = std::move(woken)] {
      for (const auto& pending : all) {
        if (pending->waiter) pending->waiter->resume(0);
      }
    });
  }
}

void StoreState::wake_subscribers() {
  for (auto* at = take_all(new_subscribers_); at;) {
    subscribers_.push_back(Ref<Subscription::State>::adopt(std::exchange(at, at->next)));
  }
  std::erase_if(subscribers_,
                [](const auto& one) { return one->dead.load(std::memory_order_relaxed); });
  for (const auto& one : subscribers_) one->wake();
}

void StoreState::tend_history() {
  if (expiry_due_.exchange(false, std::memory_order_seq_cst)) timer_armed_ = false;
  const Revision oldest = history_->oldest();
  const bool more = history_->trim(now());
  if (history_->oldest() != oldest) published_.store(history_->publish());
  if (closed_ || timer_armed_) return;
  if (more) {
    timer_armed_ = true;
    expire_later(std::nullopt);
  } else if (!history_->empty()) {
    timer_armed_ = true;
    // Not for each batch a timer of its own.
    expire_later(std::max(history_->expiry(), now() + options_.history_time / 32));
  }
}

// Comes back to `tend_history`, at once or at `when`.
void StoreState::expire_later(std::optional<TimePoint> when) {
  seams_.sequencer->post([weak = weak_from_this(), when] {
    const auto state = weak.lock();
    if (!state) return;
    const auto expire = [weak] {
      const auto self = weak.lock();
      if (!self) return;
      self->expiry_due_.store(true, std::memory_order_seq_cst);
      self->start();
    };
    if (when) {
      state->timer_ = state->seams_.sequencer->call_at(*when, expire);
    } else {
      expire();
    }
  });
}

}  // namespace thole::store
