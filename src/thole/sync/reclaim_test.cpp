#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "thole/real/sync_policy.hpp"
#include "thole/sync/epoch_domain.hpp"
#include "thole/sync/event_count.hpp"
#include "thole/sync/hazard_domain.hpp"
#include "thole/sync/mpsc_queue.hpp"

namespace thole::sync {
namespace {

using P = real::SyncPolicy;

// A node that says in its last breath that it is gone; readers must never see that.
struct Node {
  std::uint64_t value = 7;
  std::atomic<int>* gone = nullptr;
  ~Node() {
    value = 0;
    if (gone != nullptr) ++*gone;
  }
};

Node* node_that_counts(std::atomic<int>& gone) {
  Node* node = make<Node, P>();
  node->gone = &gone;
  return node;
}

class Reclaim : public testing::TestWithParam<bool> {
  void SetUp() override {
    real::force_asymmetric_fallback(GetParam());
    real::start_asymmetric_fences();
  }
  void TearDown() override { real::force_asymmetric_fallback(false); }
};

TEST_P(Reclaim, EpochsFreeNothingThatASectionMaySee) {
  std::atomic<int> gone{0};
  EpochDomain<P> domain;
  EpochDomain<P>::Reader writer(domain);
  EpochDomain<P>::Reader reader(domain);
  {
    auto guard = reader.enter();
    writer.retire(node_that_counts(gone));
    EXPECT_EQ(writer.collect(), 1u);
    EXPECT_EQ(gone, 0);
  }
  {
    auto later = reader.enter();  // Began after the object was sealed, so it can't see it.
    EXPECT_EQ(writer.collect(), 0u);
    EXPECT_EQ(gone, 1);
  }
}

TEST_P(Reclaim, AThreadThatLeavesHandsOnWhatItRetired) {
  std::atomic<int> gone{0};
  {
    EpochDomain<P> domain;
    EpochDomain<P>::Reader reader(domain);
    {
      auto guard = reader.enter();
      std::jthread([&] {
        EpochDomain<P>::Reader leaving(domain);
        for (int i = 0; i < 3; ++i) leaving.retire(node_that_counts(gone));
      }).join();
      EXPECT_EQ(gone, 0);
    }
    EpochDomain<P>::Reader next(domain);  // Takes over the record.
    EXPECT_EQ(next.collect(), 0u);
    EXPECT_EQ(gone, 3);
    next.retire(node_that_counts(gone));
  }
  EXPECT_EQ(gone, 4);
}

template <typename Domain, typename Read, typename Retire>
void replace_under_readers(Read read, Retire retire) {
  std::atomic<int> gone{0};
  constexpr int count = 5'000;
  {
    Domain domain;
    std::atomic<bool> stop{false};
    typename P::atomic<Node*> root{node_that_counts(gone)};
    std::vector<std::jthread> readers;
    for (int r = 0; r < 2; ++r) {
      readers.emplace_back([&] {
        typename Domain::Reader reader(domain);
        while (!stop.load()) ASSERT_EQ(read(reader, root), 7u);
      });
    }
    {
      typename Domain::Reader writer(domain);
      for (int i = 0; i < count; ++i)
        retire(writer, root.exchange(node_that_counts(gone), acq_rel));
    }
    stop = true;
    readers.clear();
    destroy<P>(root.load(relaxed));
  }
  EXPECT_EQ(gone, count + 1);
}

TEST_P(Reclaim, EpochReadersSeeOnlyLivingNodes) {
  replace_under_readers<EpochDomain<P>>(
      [](auto& reader, auto& root) {
        auto guard = reader.enter();
        return root.load(acquire)->value;
      },
      [](auto& writer, Node* node) { writer.retire(node); });
}

TEST_P(Reclaim, HazardReadersSeeOnlyLivingNodes) {
  replace_under_readers<HazardDomain<P>>(
      [](auto& reader, auto& root) {
        const std::uint64_t value = reader.template protect<Node>(0, root)->value;
        reader.clear(0);
        return value;
      },
      [](auto& writer, Node* node) { writer.retire(node); });
}

TEST_P(Reclaim, HazardsBoundWhatWaits) {
  std::atomic<int> gone{0};
  HazardDomain<P> domain;
  using Reader = HazardDomain<P>::Reader;
  std::vector<std::unique_ptr<Reader>> readers;
  std::vector<Node*> held;
  for (int i = 0; i < 40; ++i) {
    readers.push_back(std::make_unique<Reader>(domain));
    for (std::size_t slot : {0u, 1u}) {
      P::atomic<Node*> root{node_that_counts(gone)};
      held.push_back(readers.back()->protect<Node>(slot, root));
    }
  }
  Reader& writer = *readers.front();
  for (Node* node : held) writer.retire(node);
  const int hazards = 80;
  for (int i = 1; i <= 1'000; ++i) {
    writer.retire(node_that_counts(gone));
    const int waiting = static_cast<int>(held.size()) + i - gone;
    ASSERT_LE(waiting, 2 * hazards + static_cast<int>(HazardDomain<P>::batch_size));
  }
  EXPECT_EQ(writer.collect(), held.size());
  readers.clear();
}

INSTANTIATE_TEST_SUITE_P(Fences, Reclaim, testing::Bool(),
                         [](const auto& param) { return param.param ? "Fallback" : "Membarrier"; });

TEST(EventCount, WakesAConsumerForEachBatch) {
  EventCount<P> events;
  MpscQueue<std::uint64_t, P> queue;
  constexpr std::uint64_t each = 20'000;
  std::uint64_t got = 0;
  std::jthread consumer([&] {
    while (got != 2 * each) {
      if (queue.drain([&](std::uint64_t) { ++got; }) != 0) continue;
      const auto key = events.prepare();
      if (queue.empty()) {
        events.wait(key);
      } else {
        events.cancel();
      }
    }
  });
  std::vector<std::jthread> producers;
  for (int p = 0; p < 2; ++p) {
    producers.emplace_back([&] {
      for (std::uint64_t i = 0; i < each; ++i) {
        if (queue.push(i)) events.notify_one();
      }
    });
  }
  consumer.join();
  EXPECT_EQ(got, 2 * each);
}

}  // namespace
}  // namespace thole::sync
