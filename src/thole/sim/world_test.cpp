#include "thole/sim/world.hpp"

#include <gtest/gtest.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <random>
#include <set>

#include "thole/base/signal.hpp"
#include "thole/base/text.hpp"

namespace thole::sim {
namespace {

using namespace std::chrono_literals;

std::size_t thread_count() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

asio::awaitable<void> letters(Executor& executor, char letter, std::string& out) {
  for (int i = 0; i < 3; ++i) {
    out += letter;
    co_await sleep_for(executor, 1h);
  }
}

// Four coroutines whose timers are all due together.
std::string order_of(std::uint64_t seed, Scheduler::Policy policy) {
  World world({.seed = seed, .policy = policy});
  std::string out;
  Executor& main = world.seams().main;
  for (const char letter : {'a', 'b', 'c', 'd'}) {
    spawn(main, "letters", letters(main, letter, out));
  }
  EXPECT_EQ(world.run_until_quiet(), World::End::Quiet);
  EXPECT_EQ(world.now(), TimePoint(1h + 3h));
  return out;
}

TEST(World, OrdersWhatIsReadyTogetherByItsSeed) {
  for (const auto policy : {Scheduler::Policy::Uniform, Scheduler::Policy::Priorities}) {
    std::set<std::string> orders;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      const std::string order = order_of(seed, policy);
      EXPECT_EQ(order, order_of(seed, policy));
      ASSERT_EQ(order.size(), 12u);
      // Time orders the three rounds whatever the seed says.
      for (std::size_t round = 0; round < 3; ++round) {
        std::string sorted = order.substr(round * 4, 4);
        std::ranges::sort(sorted);
        EXPECT_EQ(sorted, "abcd");
      }
      orders.insert(order.substr(0, 4));
    }
    EXPECT_EQ(orders.size(), 24u);  // Every order of the four was met.
  }
}

TEST(World, KeepsTheOrderOfWhatOneExecutorPostsToAnother) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    World world(seed);
    const Seams seams = world.seams();
    std::string out;
    for (Executor* sender : seams.io) {
      sender->post([&, sender] {
        for (int i = 0; i < 5; ++i) {
          seams.main.post([&out, sender, &seams, i] {
            out += static_cast<char>((sender == seams.io[0] ? 'a' : 'A') + i);
          });
        }
      });
    }
    world.run_until_quiet();
    std::string small;
    std::string large;
    for (const char c : out) (c >= 'a' ? small : large) += c;
    EXPECT_EQ(small, "abcde");
    EXPECT_EQ(large, "ABCDE");
  }
}

TEST(World, FreezesTimeWhileTasksRunAndSkipsItOtherwise) {
  World world(1);
  const Seams seams = world.seams();
  const TimePoint begin = world.now();
  world.run([](Seams s, TimePoint from) -> asio::awaitable<void> {
    EXPECT_EQ(s.clock.now(), from);
    co_await sleep_for(s.main, 24h * 365);
    EXPECT_EQ(s.clock.now(), from + 24h * 365);
  }(seams, begin));
  EXPECT_EQ(world.run_for(1h), World::End::Quiet);
  EXPECT_EQ(world.now(), begin + 24h * 365 + 1h);
}

TEST(World, StepsAndDriftsTheWallClockOnly) {
  World world(1);
  const Seams seams = world.seams();
  const WallTime wall = seams.clock.wall();
  world.driver().step_wall(-2h);
  EXPECT_EQ(seams.clock.wall(), wall - 2h);
  world.driver().drift_wall(100);
  world.run_for(1'000'000s);
  EXPECT_EQ(seams.clock.wall(), wall - 2h + 1'000'000s + 100s);
}

TEST(World, StopsWhatNeverSuspends) {
  World world({.seed = 1, .step_count_max = 1000});
  Executor& main = world.seams().main;
  std::function<void()> again = [&] { main.post(again); };
  main.post(again);
  EXPECT_EQ(world.run_until_quiet(), World::End::StepBound);
}

TEST(World, SaysWhenATaskCanNeverEnd) {
  World world(1);
  Signal never(world.seams().main);
  const auto result = world.try_run([](Signal& signal) -> asio::awaitable<int> {
    co_await signal.wait();
    co_return 1;
  }(never));
  EXPECT_FALSE(result.has_value());
}

TEST(World, RunsBlockingWorkAfterADelay) {
  World world(3);
  const Seams seams = world.seams();
  world.run([](Seams s) -> asio::awaitable<void> {
    bool done = false;
    co_await run_blocking(s.blocking, s.main, [&] {
      EXPECT_FALSE(s.main.is_current());
      done = true;
    });
    EXPECT_TRUE(done);
    EXPECT_TRUE(s.main.is_current());
  }(seams));
  EXPECT_GT(world.now(), TimePoint(1h));
}

struct Guard {
  explicit Guard(int& count) : alive(count) { ++alive; }
  ~Guard() { --alive; }
  Guard(const Guard&) = delete;
  int& alive;
};

// A program in every kind of suspension, which logs and posts when it is destroyed.
struct Program {
  Program(Seams given, int& count) : seams(given), alive(count), guard(count), signal(given.main) {
    for (int kind = 0; kind < 5; ++kind) spawn(seams.main, "part", part(kind));
  }
  ~Program() {
    seams.log.write(LogLevel::Info, "program", "ends");
    seams.main.post([] { ADD_FAILURE() << "a task of the dead ran"; });
    signal.notify();
  }

  asio::awaitable<void> part(int kind) {
    const Guard own(alive);
    if (kind == 0) co_await sleep_for(seams.main, 1h);
    if (kind == 1) co_await signal.wait();
    if (kind == 2) {
      auto listener = seams.network.listen({"127.0.0.1:80"}, seams.main);
      co_await (*listener)->accept(*seams.io[0]);
    }
    if (kind == 3) {
      co_await run_blocking(seams.blocking, seams.main, [] {});
      co_await sleep_for(seams.main, 1h);
    }
    if (kind == 4) {
      auto file = co_await seams.disk.open("log", Disk::Open::CreateNew);
      if (!file) file = co_await seams.disk.open("log", Disk::Open::ReadWrite);
      for (;;) co_await (*file)->sync();
    }
    ADD_FAILURE() << "a coroutine of the dead went on";
  }

  Seams seams;
  int& alive;
  Guard guard;
  Signal signal;
};

TEST(Process, DestroysEverythingOnceWhenItIsKilledOrItsWorldEnds) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (int how = 0; how < 3; ++how) {
      int alive = 0;
      {
        World world(seed);
        Process& process = world.process("program");
        process.start([&](Seams seams) { return std::make_shared<Program>(seams, alive); });
        world.run_for(30ms);
        EXPECT_EQ(alive, 6);
        if (how == 0) process.kill();
        if (how == 1) process.power_off();
        if (how < 2) {
          world.run_for(2h);
          EXPECT_EQ(alive, 0);
          EXPECT_FALSE(process.running());
          EXPECT_EQ(process.log_lines().size(), 0u);  // Its destructor's line had no effect.
          // The port is free again, and so is the name.
          process.start([&](Seams seams) { return std::make_shared<Program>(seams, alive); });
          world.run_for(30ms);
          EXPECT_EQ(alive, 6);
        }
      }
      EXPECT_EQ(alive, 0);
    }
  }
}

TEST(Process, MayBeKilledByItsOwnTask) {
  World world(1);
  int alive = 0;
  Process& process = world.process("program");
  process.start([&](Seams seams) -> std::shared_ptr<void> {
    spawn(seams.main, "suicide", [](Seams s, Process& self, int& count) -> asio::awaitable<void> {
      const Guard guard(count);
      co_await sleep_for(s.main, 1s);
      self.kill();
      auto file = co_await s.disk.open("log", Disk::Open::CreateNew);  // Never returns.
      ADD_FAILURE() << "the dead opened a file";
    }(seams, process, alive));
    return nullptr;
  });
  world.run_for(10s);
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(process.storage().find("log"), nullptr);
}

// A canary and its opposite: the hash must not move without a cause, and must with one.
std::uint64_t hash_of_run(std::uint64_t seed, std::uint64_t leak, bool canary,
                          World::Options options = {}, std::string* difference = nullptr,
                          const Trace* other = nullptr) {
  const std::vector<char> shift(leak);  // Moves what is allocated later.
  options.seed = seed;
  World world(options);
  for (const char* name : {"one", "two"}) {
    world.process(name).start([&world, canary](Seams seams) -> std::shared_ptr<void> {
      const auto chatter = [](World& own, Seams s, bool bad) -> asio::awaitable<void> {
        auto random = s.random.fork("chatter");
        for (int i = 0; i < 30; ++i) {
          const std::uint64_t outside = bad ? std::random_device()() : 0;
          co_await sleep_for(s.main, Duration(random->below(1'000'000) + outside % 1000));
          own.note("said");
        }
      };
      spawn(seams.main, "chatter", chatter(world, seams, canary));
      spawn(*seams.io[0], "chatter",
            [](auto talk, World& own, Seams s, bool bad) -> asio::awaitable<void> {
              co_await talk(own, s, bad);
            }(chatter, world,
                                                         Seams{.clock = seams.clock,
                                                               .disk = seams.disk,
                                                               .network = seams.network,
                                                               .random = seams.random,
                                                               .blocking = seams.blocking,
                                                               .log = seams.log,
                                                               .main = *seams.io[0],
                                                               .sequencer = seams.sequencer,
                                                               .io = {seams.io[0]}},
                                                         canary));
      return nullptr;
    });
  }
  world.run_until_quiet();
  if (difference != nullptr) *difference = Trace::first_difference(*other, world.trace());
  return world.trace().hash();
}

TEST(Trace, IsEqualForEqualSeedsAndDiffersForOthers) {
  std::set<std::uint64_t> hashes;
  std::vector<std::uint64_t> first;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) first.push_back(hash_of_run(seed, 0, false));
  for (std::uint64_t seed = 40; seed >= 1; --seed) {  // In reverse order, from other addresses.
    EXPECT_EQ(hash_of_run(seed, seed * 997, false), first[seed - 1]);
    hashes.insert(first[seed - 1]);
  }
  EXPECT_EQ(hashes.size(), 40u);
}

TEST(Trace, TurnsRedForACanaryThatDrawsFromOutside) {
  EXPECT_NE(hash_of_run(1, 0, true), hash_of_run(1, 0, true));
}

TEST(Trace, ShowsTheFirstEventThatDiffers) {
  Trace a(true);
  Trace b(true);
  for (Trace* trace : {&a, &b}) trace->add("send", {1, 0}, std::string_view("hello"));
  EXPECT_EQ(Trace::first_difference(a, b), "");
  a.add("step", {7});
  b.add("step", {8});
  EXPECT_EQ(Trace::first_difference(a, b),
            "  event 0: send 1 0 \"hello\" (5 bytes)\n"
            "a event 1: step 7\n"
            "b event 1: step 8\n");
}

TEST(World, AddsNoThread) {
  const std::size_t before = thread_count();
  hash_of_run(7, 0, false);
  EXPECT_EQ(thread_count(), before);
}

// The canary for the test above: what Asio would do behind our back.
TEST(World, WouldShowTheThreadThatAnAsioTimerStarts) {
  const std::size_t before = thread_count();
  World world(1);
  const asio::steady_timer timer(world.seams().main.handle());
  EXPECT_GT(thread_count(), before);
}

}  // namespace
}  // namespace thole::sim
