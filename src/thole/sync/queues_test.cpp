#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "thole/real/sync_policy.hpp"
#include "thole/sync/broadcast_log.hpp"
#include "thole/sync/mpmc_queue.hpp"
#include "thole/sync/mpsc_queue.hpp"
#include "thole/sync/seq_lock.hpp"
#include "thole/sync/spsc_ring.hpp"

namespace thole::sync {
namespace {

using P = real::SyncPolicy;

// Each producer's numbers must arrive in their order, all of them, once.
template <typename Push, typename Pop>
void hand_over(int producers, int consumers, std::uint64_t each, Push push, Pop pop) {
  std::vector<std::vector<std::vector<std::uint64_t>>> got(
      static_cast<std::size_t>(consumers),
      std::vector<std::vector<std::uint64_t>>(static_cast<std::size_t>(producers)));
  std::atomic<std::uint64_t> left{each * static_cast<std::uint64_t>(producers)};
  {
    std::vector<std::jthread> threads;
    for (int p = 0; p < producers; ++p) {
      threads.emplace_back([=] {
        for (std::uint64_t i = 0; i < each; ++i) push(static_cast<std::uint64_t>(p) << 32 | i);
      });
    }
    for (int c = 0; c < consumers; ++c) {
      threads.emplace_back([&, c] {
        while (left.load() != 0) {
          if (auto value = pop()) {
            got[static_cast<std::size_t>(c)][*value >> 32].push_back(*value & 0xffffffff);
            --left;
          } else {
            std::this_thread::yield();
          }
        }
      });
    }
  }
  for (std::size_t p = 0; p < static_cast<std::size_t>(producers); ++p) {
    std::vector<int> seen(each, 0);
    for (auto& consumer : got) {
      EXPECT_TRUE(std::is_sorted(consumer[p].begin(), consumer[p].end()));
      for (std::uint64_t number : consumer[p]) ++seen[number];
    }
    EXPECT_EQ(seen, std::vector<int>(each, 1));
  }
}

TEST(MpscQueue, GivesElementsInOrderAndSaysWhenTheConsumerMayBeAsleep) {
  MpscQueue<std::unique_ptr<int>, P> queue;
  EXPECT_TRUE(queue.push(std::make_unique<int>(1)));
  EXPECT_FALSE(queue.push(std::make_unique<int>(2)));
  EXPECT_EQ(**queue.pop(), 1);
  EXPECT_TRUE(queue.push(std::make_unique<int>(3)));  // 2 was taken from the shared part.
  std::vector<int> rest;
  while (queue.drain([&](std::unique_ptr<int> value) { rest.push_back(*value); }) != 0) {
  }
  EXPECT_EQ(rest, (std::vector<int>{2, 3}));
  EXPECT_TRUE(queue.empty());
  queue.push(std::make_unique<int>(4));  // Freed with the queue.
}

TEST(MpscQueue, LosesNothingBetweenThreads) {
  MpscQueue<std::uint64_t, P> queue;
  hand_over(3, 1, 20'000, [&](std::uint64_t v) { queue.push(v); }, [&] { return queue.pop(); });
}

TEST(SpscRing, LosesNothingBetweenThreads) {
  for (std::size_t capacity : {1u, 2u, 256u}) {
    SpscRing<std::uint64_t, P> ring(capacity);
    auto push = [&](std::uint64_t v) {
      while (!ring.push(std::move(v))) std::this_thread::yield();
    };
    hand_over(1, 1, capacity < 16 ? 2'000 : 50'000, push, [&] { return ring.pop(); });
  }
}

TEST(MpmcQueue, LosesNothingBetweenThreads) {
  for (std::size_t capacity : {2u, 64u}) {
    MpmcQueue<std::uint64_t, P> queue(capacity);
    BoundedMpscQueue<std::uint64_t, P> inbox(capacity);
    auto push = [](auto& q) {
      return [&q](std::uint64_t v) {
        while (!q.push(std::move(v))) std::this_thread::yield();
      };
    };
    hand_over(2, 2, 5'000, push(queue), [&] { return queue.pop(); });
    hand_over(2, 1, 5'000, push(inbox), [&] { return inbox.pop(); });
  }
}

// The model is a deque; seeds choose the operations.
TEST(BoundedQueues, AgreeWithADequeOnOneThread) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::size_t capacity = std::size_t{2} << (random() % 3);
    SpscRing<std::unique_ptr<std::uint64_t>, P> ring(capacity);
    MpmcQueue<std::unique_ptr<std::uint64_t>, P> queue(capacity);
    std::deque<std::uint64_t> model;
    for (int step = 0; step < 200; ++step) {
      if (random() % 2 == 0) {
        const std::uint64_t value = random();
        auto a = std::make_unique<std::uint64_t>(value);
        auto b = std::make_unique<std::uint64_t>(value);
        const bool fits = model.size() < capacity;
        ASSERT_EQ(ring.push(std::move(a)), fits);
        ASSERT_EQ(queue.push(std::move(b)), fits);
        ASSERT_EQ(a == nullptr, fits);  // A refused element stays with its owner.
        if (fits) model.push_back(value);
      } else {
        auto a = ring.pop();
        auto b = queue.pop();
        ASSERT_EQ(a.has_value(), !model.empty());
        ASSERT_EQ(b.has_value(), !model.empty());
        if (!model.empty()) {
          ASSERT_EQ(**a, model.front());
          ASSERT_EQ(**b, model.front());
          model.pop_front();
        }
      }
    }
  }
}

struct Triple {
  std::uint64_t a, b, c;
};

TEST(SeqLock, NeverGivesATornValue) {
  SeqLock<Triple, P> lock;
  std::jthread writer([&] {
    for (std::uint64_t i = 1; i <= 50'000; ++i) lock.store({i, 2 * i, 3 * i});
  });
  for (std::uint64_t last = 0; last < 50'000;) {
    const Triple value = lock.load();
    ASSERT_EQ(value.b, 2 * value.a);
    ASSERT_EQ(value.c, 3 * value.a);
    ASSERT_GE(value.a, last);
    last = value.a;
  }
}

TEST(BroadcastLog, TellsEachReaderWhatItLost) {
  BroadcastLog<Triple, P> log(4);
  auto cursor = log.newest();
  Triple value{};
  EXPECT_EQ(log.read(cursor, value), ReadStatus::Empty);
  for (std::uint64_t i = 0; i < 6; ++i) EXPECT_EQ(log.append({i, i, i}), i);
  EXPECT_EQ(log.read(cursor, value), ReadStatus::Overrun);
  EXPECT_EQ(cursor.lost, 2u);
  for (std::uint64_t i = 2; i < 6; ++i) {
    EXPECT_EQ(log.read(cursor, value), ReadStatus::Ok);
    EXPECT_EQ(value.a, i);
  }
  EXPECT_EQ(log.read(cursor, value), ReadStatus::Empty);
  EXPECT_EQ(log.oldest().next, 2u);
}

TEST(BroadcastLog, GivesEachReaderEveryEntryOrCountsIt) {
  BroadcastLog<Triple, P> log(64);
  constexpr std::uint64_t count = 50'000;
  std::vector<std::jthread> threads;
  for (int r = 0; r < 3; ++r) {
    threads.emplace_back([&] {
      BroadcastLog<Triple, P>::Cursor cursor;
      std::uint64_t read = 0;
      while (cursor.next < count) {
        Triple value{};
        const std::uint64_t number = cursor.next;
        switch (log.read(cursor, value)) {
          case ReadStatus::Ok:
            ASSERT_EQ(value.a, number);
            ASSERT_EQ(value.c, 3 * number);
            ++read;
            break;
          case ReadStatus::Empty:
            std::this_thread::yield();
            break;
          case ReadStatus::Overrun:
            break;
        }
      }
      ASSERT_EQ(read + cursor.lost, count);
    });
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    log.append({i, 2 * i, 3 * i});
    if (i % 32 == 0) std::this_thread::yield();
  }
}

}  // namespace
}  // namespace thole::sync
