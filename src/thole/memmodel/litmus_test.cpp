#include "thole/memmodel/litmus.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>

#include "thole/memmodel/enumerate_test.hpp"

namespace thole::memmodel {
namespace {

constexpr std::uint64_t no_limit = 1'000'000;

TEST(Litmus, TheTableHoldsInVerdictsAndInCounts) {
  for (const LitmusRow& row : litmus_table()) {
    for (unsigned s = 0; s < 5; ++s) {
      Litmus litmus = parse_litmus(row.name, row.text, row.outcome);
      litmus.threads = strengthen(litmus.threads, static_cast<Strength>(s));
      // The fences of IRIW stand in the readers; its writers have one operation, so none there.
      const LitmusVerdict verdict = judge(litmus);
      SCOPED_TRACE(std::string(row.name) + ": " + show(litmus.threads));
      EXPECT_TRUE(verdict.exhausted);
      EXPECT_EQ(verdict.allowed, row.verdicts[s] == 'A');
      EXPECT_EQ(verdict.graphs, row.graphs[s]);
      std::uint64_t tried = 0;
      EXPECT_EQ(explored_graphs(litmus.threads),
                enumerated_graphs(litmus.threads, no_limit, tried));
    }
  }
}

struct Question {
  const char* name;
  const char* text;
  const char* outcome;
  bool allowed;
};

TEST(Litmus, WhatStandardsAndPeopleDifferOnIsDecidedAsCpp20Does) {
  const Question questions[] = {
      {"CoRR", "Wx1|Rx Rx", "1:0=1 1:1=0", false},
      {"CoWW", "Wx1 Wx2", "x=1", false},
      {"CoRW1", "Rx Wx1", "0:0=1", false},
      {"CoRW2", "Wx1|Rx Wx2", "1:0=1 x=1", false},
      {"CoWR", "Wx1 Rx|Wx2", "0:0=0", false},
      {"own relaxed store after a release", "Wx1 Wy1@rel Wy2|Ry@acq Rx", "1:0=2 1:1=0", true},
      {"MP through a relaxed rmw", "Wx1 Wy1@rel|Uy2|Ry@acq Rx", "1:0=1 2:0=2 2:1=0", false},
      {"MP through a relaxed store", "Wx1 Wy1@rel|Wy2|Ry@acq Rx", "2:0=2 2:1=0", true},
      {"IRIW, sc second reads", "Wx1@sc|Wy1@sc|Rx@acq Ry@sc|Ry@acq Rx@sc",
       "2:0=1 2:1=0 3:0=1 3:1=0", true},
      // The write happens before the second read, but by a synchronisation whose read is not sc,
      // and that orders nothing in psc (nor strongly happens before, in C++20's words). C++11
      // forbade it.
      {"RWC, acquire first read", "Wx1@sc|Rx@acq Ry@sc|Wy1@sc Rx@sc", "1:0=1 1:1=0 2:0=0", true},
      {"SB, sc stores, acquire loads", "Wx1@sc Ry@acq|Wy1@sc Rx@acq", "0:0=0 1:0=0", true},
      {"SB, sc fence and sc accesses", "Wx1 F@sc Ry|Wy1@sc Rx@sc", "0:0=0 1:0=0", false},
      {"SB, sc fence and acq_rel fence", "Wx1 F@sc Ry|Wy1 F@acq_rel Rx", "0:0=0 1:0=0", true},
      {"SB, acq_rel rmws", "Ux1@acq_rel Ry@acq|Uy1@acq_rel Rx@acq", "0:1=0 1:1=0", true},
      {"SB, sc rmw of one z as fences", "Wx1 Uz1@sc Ry|Wy1 Uz2@sc Rx", "0:1=0 1:1=0", false},
      {"SB, sc rmws as stores, relaxed loads", "Ux1@sc Ry|Uy1@sc Rx", "0:1=0 1:1=0", true},
      {"SB, sc rmws as stores, sc loads", "Ux1@sc Ry@sc|Uy1@sc Rx@sc", "0:1=0 1:1=0", false},
      {"SB light/heavy", "Wx1 F@light Ry|Wy1 F@heavy Rx", "0:0=0 1:0=0", false},
      {"SB heavy/heavy", "Wx1 F@heavy Ry|Wy1 F@heavy Rx", "0:0=0 1:0=0", false},
      {"SB heavy/sc fence", "Wx1 F@heavy Ry|Wy1 F@sc Rx", "0:0=0 1:0=0", false},
      {"SB light/light", "Wx1 F@light Ry|Wy1 F@light Rx", "0:0=0 1:0=0", true},
      {"SB light/sc fence", "Wx1 F@light Ry|Wy1 F@sc Rx", "0:0=0 1:0=0", true},
      {"SB light/sc accesses", "Wx1 F@light Ry|Wy1@sc Rx@sc", "0:0=0 1:0=0", true},
      {"hazard shape", "Wx1 F@light Ry|Uy1@acq_rel F@heavy Rx", "0:0=0 1:1=0", false},
      {"hazard shape, heavy an sc fence", "Wx1 F@light Ry|Uy1@acq_rel F@sc Rx", "0:0=0 1:1=0",
       true},
  };
  for (const Question& question : questions) {
    const Litmus litmus = parse_litmus(question.name, question.text, question.outcome);
    const LitmusVerdict verdict = judge(litmus);
    SCOPED_TRACE(question.name);
    EXPECT_TRUE(verdict.exhausted);
    EXPECT_EQ(verdict.allowed, question.allowed);
    std::uint64_t tried = 0;
    EXPECT_EQ(explored_graphs(litmus.threads), enumerated_graphs(litmus.threads, no_limit, tried));
  }
}

LitmusThreads generate(std::mt19937_64& random) {
  const auto pick = [&](std::initializer_list<Order> orders) {
    return orders.begin()[random() % orders.size()];
  };
  LitmusThreads threads(2 + random() % 2);
  const unsigned locations = 1 + random() % 3;
  std::uint8_t value = 1;
  for (auto& ops : threads) {
    const std::size_t count = 1 + random() % 4;
    for (std::size_t i = 0; i < count; ++i) {
      LitmusOp op;
      op.location = static_cast<std::uint8_t>(random() % locations);
      switch (random() % 8) {
        case 0:
        case 1:
        case 2:
          op.order = pick({Order::Relaxed, Order::Acquire, Order::SeqCst});
          break;
        case 3:
        case 4:
          op.type = LitmusOp::Type::Write;
          op.order = pick({Order::Relaxed, Order::Release, Order::SeqCst});
          op.value = value++;
          break;
        case 5:
        case 6:
          op.type = LitmusOp::Type::Exchange;
          op.order =
              pick({Order::Relaxed, Order::Acquire, Order::Release, Order::AcqRel, Order::SeqCst});
          op.value = value++;
          break;
        default:
          op.type = LitmusOp::Type::Fence;
          op.location = 0;
          op.order = pick({Order::Acquire, Order::Release, Order::AcqRel, Order::SeqCst,
                           Order::SeqCst, Order::Light, Order::Heavy});
      }
      ops.push_back(op);
    }
  }
  return threads;
}

TEST(Litmus, TheExplorerAndTheEnumeratorAgreeGraphForGraphOn5000Programs) {
  std::mt19937_64 random(20260705);
  std::uint64_t graphs = 0;
  std::uint64_t tried = 0;
  std::uint64_t most = 0;
  for (int compared = 0; compared < 5'000;) {
    const LitmusThreads threads = generate(random);
    const std::vector<std::string> expected = enumerated_graphs(threads, 3'000, tried);
    if (expected.empty()) continue;  // Too many to enumerate; every program has a graph.
    ASSERT_EQ(explored_graphs(threads), expected) << show(threads);
    graphs += expected.size();
    most = std::max<std::uint64_t>(most, expected.size());
    ++compared;
  }
  std::printf("  5000 programs, %llu graphs (at most %llu in one) of %llu candidates\n",
              static_cast<unsigned long long>(graphs), static_cast<unsigned long long>(most),
              static_cast<unsigned long long>(tried));
}

}  // namespace
}  // namespace thole::memmodel
