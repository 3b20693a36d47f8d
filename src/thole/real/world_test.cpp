#include "thole/real/world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <latch>
#include <numeric>

#include "thole/base/signal.hpp"
#include "thole/real/log.hpp"

namespace thole::real {
namespace {

using namespace std::chrono_literals;

struct WorldTest : ::testing::Test {
  // Runs `task` on `executor` and waits for its end.
  void run(Executor& executor, asio::awaitable<void> task) {
    std::promise<void> done;
    spawn(executor, "test", [](auto inner, auto& promise) -> asio::awaitable<void> {
      co_await std::move(inner);
      promise.set_value();
    }(std::move(task), done));
    done.get_future().wait();
  }

  SystemClock clock;
  StderrLog log{clock, LogLevel::Warning};
  World world{{.io_thread_count = 2}, log};
  Seams seams = world.seams();
};

TEST_F(WorldTest, RunsWhatAThreadPostsInItsOrder) {
  std::vector<int> order;
  std::promise<void> done;
  world.start();
  for (int i = 0; i < 1000; ++i) seams.main.post([&order, i] { order.push_back(i); });
  seams.main.post([&] { done.set_value(); });
  done.get_future().wait();
  std::vector<int> expected(1000);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(order, expected);
}

TEST_F(WorldTest, LosesNoWakeUpWhenManyThreadsPostToASleepyLoop) {
  constexpr int kPosts = 20'000;
  world.start();
  std::latch all(2 * kPosts);
  for (Executor* sender : seams.io) {
    sender->post([&] {
      for (int i = 0; i < kPosts; ++i) seams.main.post([&] { all.count_down(); });
    });
  }
  all.wait();
  // One at a time, so that the loop falls asleep in between.
  for (int i = 0; i < 200; ++i) {
    std::promise<bool> ran;
    seams.main.post([&] { ran.set_value(seams.main.is_current()); });
    EXPECT_TRUE(ran.get_future().get());
    EXPECT_FALSE(seams.main.is_current());
  }
}

TEST_F(WorldTest, SleepsAndCancelsTimers) {
  world.start();
  run(seams.main, [this]() -> asio::awaitable<void> {
    bool fired = false;
    auto cancelled = seams.main.call_at(clock.now() + 1ms, [&] { fired = true; });
    cancelled.reset();
    const TimePoint begin = clock.now();
    co_await sleep_for(seams.main, 5ms);
    EXPECT_GE(clock.now() - begin, 5ms);
    EXPECT_LT(clock.now() - begin, 2s);
    EXPECT_FALSE(fired);
  }());
}

TEST_F(WorldTest, NotifiesASignalAcrossThreads) {
  world.start();
  run(seams.main, [this]() -> asio::awaitable<void> {
    int seen = 0;
    for (int i = 0; i < 500; ++i) {
      Signal signal(seams.main);
      seams.io[0]->post([remote = signal.remote(), &seen, i] {
        seen = i;
        remote.notify();
      });
      co_await signal.wait();
      EXPECT_EQ(seen, i);
    }
  }());
}

TEST_F(WorldTest, RunsBlockingWorkElsewhere) {
  world.start();
  run(seams.main, [this]() -> asio::awaitable<void> {
    std::thread::id elsewhere;
    co_await run_blocking(seams.blocking, seams.main,
                          [&] { elsewhere = std::this_thread::get_id(); });
    EXPECT_NE(elsewhere, std::this_thread::get_id());
    EXPECT_NE(elsewhere, std::thread::id());
    EXPECT_TRUE(seams.main.is_current());
  }());
}

TEST_F(WorldTest, DestroysEachUnfinishedCoroutineOnceWhenItStops) {
  struct Guard {
    explicit Guard(std::atomic<int>& count) : alive(count) { ++alive; }
    ~Guard() { --alive; }
    std::atomic<int>& alive;
  };
  std::atomic<int> alive = 0;
  std::latch begun(8);
  const auto sleeper = [&](Executor& executor, int kind) -> asio::awaitable<void> {
    const Guard guard(alive);
    Signal signal(executor);
    begun.count_down();
    if (kind == 0) co_await sleep_for(executor, 1h);
    if (kind == 1) co_await signal.wait();
    if (kind == 2) {
      auto listener = seams.network.listen({"127.0.0.1:0"}, executor);
      co_await (*listener)->accept(executor);
    }
    if (kind == 3) {
      co_await run_blocking(seams.blocking, executor, [] { std::this_thread::sleep_for(20ms); });
      co_await sleep_for(executor, 1h);
    }
  };
  for (Executor* executor : {&seams.main, seams.io[1]}) {
    for (int kind = 0; kind < 4; ++kind) spawn(*executor, "sleeper", sleeper(*executor, kind));
  }
  world.start();
  begun.wait();
  world.stop();
  EXPECT_EQ(alive, 0);
}

TEST_F(WorldTest, DrawsDifferentBytesEachTime) {
  std::vector<std::uint64_t> words;
  auto fork = seams.random.fork("other");
  for (int i = 0; i < 200; ++i) words.push_back(i % 2 == 0 ? seams.random.next() : fork->next());
  std::ranges::sort(words);
  EXPECT_EQ(std::ranges::adjacent_find(words), words.end());
  std::vector<std::byte> large(5000);
  seams.random.fill(large);
  EXPECT_LT(std::ranges::count(large, std::byte{0}), 100);
}

}  // namespace
}  // namespace thole::real
