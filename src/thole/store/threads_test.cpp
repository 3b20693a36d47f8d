// The store under real threads: what one thread is promised while others write, fork and let go.

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "thole/store/testing.hpp"

namespace thole::store {
namespace {

// A thread with a queue. Timers wait for the end: these tests take no time.
class ThreadExecutor final : public Executor, public Clock {
 public:
  ThreadExecutor() : thread_([this] { work(); }) {}
  ~ThreadExecutor() override {
    stop();
    while (!ready_.empty() || drop_one_suspended()) std::exchange(ready_, {});
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    news_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  void post(Task task) override {
    {
      const std::lock_guard lock(mutex_);
      ready_.push_back(std::move(task));
    }
    news_.notify_one();
  }
  std::unique_ptr<Timer> call_at(TimePoint, Task) override { return std::make_unique<Timer>(); }
  Clock& clock() override { return *this; }
  bool is_current() const override { return std::this_thread::get_id() == thread_.get_id(); }
  asio::any_io_executor handle() override { return make_handle(*this, context_); }
  TimePoint now() const override { return TimePoint(std::chrono::hours(1)); }
  WallTime wall() const override { return WallTime(std::chrono::hours(1)); }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      news_.wait(lock, [this] { return stopped_ || !ready_.empty(); });
      if (ready_.empty()) return;
      Task task = std::move(ready_.front());
      ready_.pop_front();
      lock.unlock();
      task();
      task = nullptr;
      lock.lock();
    }
  }

  asio::execution_context context_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<Task> ready_;
  bool stopped_ = false;
  std::thread thread_;
};

struct Counter {
  std::atomic<int> writers;
  std::atomic<int> conflicts{0};
};

// Adds one to a number, again and again, and tries anew on a conflict.
asio::awaitable<void> count_up(Store& store, Executor& executor, int times, Counter& counter) {
  for (int done = 0; done < times;) {
    const Snapshot snapshot = store.snapshot();
    const Value* present = snapshot.find("numbers", "n");
    const int next = std::stoi(std::string(present->bytes())) + 1;
    Txn txn;
    txn.push_back(Op::put({"numbers", "n"}, Expect::at(present->revision()), cat(next)));
    const auto written = co_await store.commit(executor, std::move(txn));
    if (written) {
      ++done;
    } else {
      counter.conflicts.fetch_add(1);
    }
  }
  counter.writers.fetch_sub(1);
}

TEST(StoreThreads, LoseNoUpdateAndSeeEachChangeOnce) {
  constexpr int kTimes = 400;
  constexpr int kThreads = 3;
  ThreadExecutor sequencer;
  std::vector<std::unique_ptr<ThreadExecutor>> executors;
  StoreSeams seams;
  seams.sequencer = &sequencer;
  auto store = Store::in_memory({}, seams);
  const Revision base = store->newest();
  VirtualExecutor setup;
  ASSERT_TRUE(setup.run(store->commit(setup, {Op::put({"numbers", "n"}, {}, "0")})));

  std::atomic<int> news{0};
  for (int i = 0; i < kThreads; ++i) executors.push_back(std::make_unique<ThreadExecutor>());
  Subscription subscription = store->subscribe(*executors[0], [&] { news.fetch_add(1); });
  Counter counter{kThreads};
  for (auto& executor : executors) {
    spawn(*executor, "writer", count_up(*store, *executor, kTimes, counter));
  }

  // Meanwhile this thread reads the log, looks at the past and makes forks.
  LogReader reader = *store->read_log(base);
  int seen = -1;
  while (counter.writers.load() > 0 || seen < kThreads * kTimes) {
    const auto step = reader.next();
    ASSERT_NE(step, LogReader::Step::Overrun);
    if (step == LogReader::Step::Nothing) {
      std::this_thread::yield();
      continue;
    }
    ++seen;
    ASSERT_EQ(reader.change()->after()->bytes(), std::to_string(seen));
    if (seen % 50 == 0) {
      auto past = store->snapshot_at(reader.change()->revision());
      // A reader may be an instant ahead of what is published.
      while (!past && past.error().kind == ErrorKind::Timeout) {
        std::this_thread::yield();
        past = store->snapshot_at(reader.change()->revision());
      }
      ASSERT_TRUE(past) << past.error().message;
      ASSERT_EQ(past->find("numbers", "n")->bytes(), std::to_string(seen));
      const auto fork = store->fork(sequencer);
      ASSERT_TRUE(setup.run(fork->commit(setup, {Op::erase({"numbers", "n"}, {})})));
    }
  }
  EXPECT_EQ(store->snapshot().find("numbers", "n")->bytes(), std::to_string(kThreads * kTimes));
  EXPECT_EQ(store->newest(), base + 1 + kThreads * kTimes);
  for (auto& executor : executors) executor->stop();
  EXPECT_GT(news.load(), 0);
  store.reset();
  sequencer.stop();
}

TEST(StoreThreads, FreeWhatSeveralHoldInWhateverOrder) {
  ThreadExecutor sequencer;
  StoreSeams seams;
  seams.sequencer = &sequencer;
  StoreOptions options;
  options.history_changes = 8;
  auto store = Store::in_memory(options, seams);
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!stop.load()) {
        const Snapshot snapshot = store->snapshot();
        std::uint64_t count = 0;
        for (Cursor at = snapshot.scan("pods"); at.valid(); at.next()) ++count;
        ASSERT_EQ(count, snapshot.count("pods"));
      }
    });
  }
  VirtualExecutor writer;
  for (int i = 0; i < 2'000; ++i) {
    const Key key{"pods", cat("p", i * 7 % 100)};
    Txn txn;
    txn.push_back(i % 3 == 2 ? Op::erase(key, {}) : Op::put(key, {}, cat(i)));
    ASSERT_TRUE(writer.run(store->commit(writer, std::move(txn))));
  }
  stop.store(true);
  for (auto& reader : readers) reader.join();
  store.reset();
  sequencer.stop();
}

}  // namespace
}  // namespace thole::store
