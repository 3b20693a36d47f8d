#include "thole/base/executor.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <thread>

#include "thole/base/blocking.hpp"
#include "thole/base/signal.hpp"
#include "thole/base/test_executor.hpp"

namespace thole {
namespace {

using namespace std::chrono_literals;

char letter(Signal::Outcome outcome) {
  switch (outcome) {
    case Signal::Outcome::Notified:
      return 'N';
    case Signal::Outcome::TimedOut:
      return 'T';
    case Signal::Outcome::Closed:
      return 'C';
  }
  return '?';
}

TEST(Spawn, RunsLaterAndSleepsInTheExecutorsTime) {
  TestExecutor executor;
  std::string trace;
  spawn(executor, "sleeper", [](TestExecutor& own, std::string& out) -> asio::awaitable<void> {
    out += "a";
    co_await sleep_for(own, 2h);
    out += "c";
    co_await sleep_until(own, TimePoint(1h));  // Past: goes on at once.
    out += "d";
  }(executor, trace));
  spawn(executor, "other", [](TestExecutor& own, std::string& out) -> asio::awaitable<void> {
    co_await sleep_for(own, 1h);
    out += "b";
  }(executor, trace));
  EXPECT_EQ(trace, "");
  executor.run();
  EXPECT_EQ(trace, "abcd");
  EXPECT_EQ(executor.now(), TimePoint(2h));
}

TEST(SpawnDeathTest, StopsTheProcessWhenAnExceptionEscapes) {
  TestExecutor executor;
  spawn(executor, "thrower", []() -> asio::awaitable<void> {
    throw std::runtime_error("out of ideas");
    co_return;
  }());
  EXPECT_DEATH(executor.run(), "exception left thrower: out of ideas");
}

struct SignalTest : ::testing::Test {
  // Waits `count` times and notes each outcome.
  static asio::awaitable<void> waits(Signal* signal, int count, std::string* out) {
    for (int i = 0; i < count; ++i) *out += letter(co_await signal->wait());
  }
  static asio::awaitable<void> waits_until(Signal* signal, TimePoint when, std::string* out) {
    *out += letter(co_await signal->wait_until(when));
  }

  TestExecutor executor;
  std::optional<Signal> signal{std::in_place, executor};
  std::string trace;
};

TEST_F(SignalTest, RemembersOneNotification) {
  signal->notify();
  signal->notify();
  spawn(executor, "waiter", waits(&*signal, 2, &trace));
  executor.run();
  EXPECT_EQ(trace, "N");  // Two notifications collapsed into one; the second wait still waits.
  signal->notify();
  executor.run();
  EXPECT_EQ(trace, "NN");
}

TEST_F(SignalTest, KeepsANotificationThatComesBeforeTheWaiterRanAgain) {
  spawn(executor, "waiter", waits(&*signal, 2, &trace));
  executor.run();
  signal->notify();  // Wakes the waiter, which has not run yet...
  signal->notify();  // ...so this one is for its next wait.
  executor.run();
  EXPECT_EQ(trace, "NN");
}

TEST_F(SignalTest, TimesOutAndIsNotDisturbedByTheOldTimer) {
  spawn(executor, "waiter", waits_until(&*signal, TimePoint(5s), &trace));
  executor.run();
  EXPECT_EQ(trace, "T");
  EXPECT_EQ(executor.now(), TimePoint(5s));

  spawn(executor, "waiter", waits_until(&*signal, TimePoint(9s), &trace));
  executor.post([this] { signal->notify(); });
  executor.run();
  EXPECT_EQ(trace, "TN");
  EXPECT_EQ(executor.now(), TimePoint(5s));  // The second timer was cancelled.
}

TEST_F(SignalTest, SaysClosedFromThenOn) {
  spawn(executor, "waiter", waits(&*signal, 3, &trace));
  executor.run();
  signal->close();
  signal->notify();
  executor.run();
  EXPECT_EQ(trace, "CCC");
  EXPECT_TRUE(signal->closed());
}

TEST_F(SignalTest, TellsItsWaiterWhenItIsDestroyed) {
  spawn(executor, "waiter", waits(&*signal, 1, &trace));
  executor.run();
  signal.reset();
  EXPECT_EQ(trace, "");
  executor.run();
  EXPECT_EQ(trace, "C");
}

TEST_F(SignalTest, IsNotifiedByOtherThreadsOnceForMany) {
  Signal::Remote remote = signal->remote();
  spawn(executor, "waiter", waits(&*signal, 2, &trace));
  executor.run();
  std::thread([remote] {
    for (int i = 0; i < 100; ++i) remote.notify();
  }).join();
  executor.run();
  EXPECT_EQ(trace, "N");
  signal.reset();
  remote.notify();  // After the Signal is gone: nothing happens.
  executor.run();
  EXPECT_EQ(trace, "NC");
}

struct Guard {
  explicit Guard(int& count) : alive(count) { ++alive; }
  ~Guard() { --alive; }
  int& alive;
};

// Each of these coroutines owns what it waits in, so nobody but the executor can end them.
TEST(Executor, DestroysSuspendedCoroutinesWithItself) {
  int alive = 0;
  std::optional<TestExecutor> executor(std::in_place);
  spawn(*executor, "sleep", [](TestExecutor& own, int& count) -> asio::awaitable<void> {
    const Guard guard(count);
    co_await sleep_for(own, 1h);
  }(*executor, alive));
  for (const bool deadline : {false, true}) {
    spawn(*executor, "signal",
          [](TestExecutor& own, int& count, bool timed) -> asio::awaitable<void> {
            const Guard guard(count);
            Signal signal(own);
            auto remote = signal.remote();
            co_await (timed ? signal.wait_until(TimePoint(1h)) : signal.wait());
            remote.notify();
          }(*executor, alive, deadline));
  }
  executor->run_ready();
  ASSERT_EQ(alive, 3);
  executor.reset();
  EXPECT_EQ(alive, 0);
}

class InlineBlocking : public Blocking {
 public:
  void run(Task work, Executor& executor, Task done) override {
    if (dropping) return;
    work();
    executor.post(std::move(done));
  }
  bool dropping = false;
};

TEST(RunBlocking, ResumesAfterTheWork) {
  TestExecutor executor;
  InlineBlocking blocking;
  std::string trace;
  const auto body = [&](bool dropped) -> asio::awaitable<void> {
    blocking.dropping = dropped;
    co_await run_blocking(blocking, executor, [&] { trace += "work "; });
    trace += "done ";
  };
  spawn(executor, "caller", body(false));
  executor.run();
  EXPECT_EQ(trace, "work done ");
  spawn(executor, "caller", body(true));
  executor.run();
  EXPECT_EQ(trace, "work done ");
}

}  // namespace
}  // namespace thole
