#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include "thole/real/sync_policy.hpp"
#include "thole/sync/treiber_stack.hpp"
#include "thole/sync/work_stealing_deque.hpp"

namespace thole::sync {
namespace {

using P = real::SyncPolicy;

struct PoolNode : StackLink<PoolNode, P> {
  std::atomic<int> users{0};
};

TEST(TreiberStack, GivesEachNodeToOneThreadAtATime) {
  std::array<PoolNode, 4> nodes;
  TreiberStack<PoolNode, P> stack;
  for (PoolNode& node : nodes) stack.push(&node);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 30'000; ++i) {
          PoolNode* node = stack.pop();
          if (node == nullptr) continue;
          ASSERT_EQ(++node->users, 1);
          --node->users;
          stack.push(node);
        }
      });
    }
  }
  std::size_t left = 0;
  while (stack.pop() != nullptr) ++left;
  EXPECT_EQ(left, nodes.size());
}

TEST(WorkStealingDeque, GivesEachElementOnceWhileItGrows) {
  constexpr std::uint64_t count = 60'000;
  WorkStealingDeque<std::uint64_t, P> deque(2);
  std::array<std::vector<std::uint64_t>, 3> got;
  std::atomic<bool> done{false};
  {
    std::vector<std::jthread> thieves;
    for (std::size_t t = 1; t < 3; ++t) {
      thieves.emplace_back([&, t] {
        while (!done) {
          if (auto value = deque.steal()) got[t].push_back(*value);
        }
      });
    }
    std::mt19937_64 random(1);
    for (std::uint64_t i = 0; i < count; ++i) {
      deque.push(i);
      if (random() % 3 == 0) {
        if (auto value = deque.pop()) got[0].push_back(*value);
      }
    }
    while (auto value = deque.pop()) got[0].push_back(*value);
    done = true;
  }
  std::vector<int> seen(count, 0);
  for (const auto& values : got) {
    for (std::uint64_t value : values) ++seen[value];
  }
  EXPECT_EQ(seen, std::vector<int>(count, 1));
}

}  // namespace
}  // namespace thole::sync
