// Bugs that were published, or that people write again and again, as small programs: the explorer
// has to find each, and to pass the corrected one beside it.

#include <gtest/gtest.h>

#include <array>

#include "thole/memmodel/clients_test.hpp"
#include "thole/sync/treiber_stack.hpp"
#include "thole/sync/work_stealing_deque.hpp"

namespace thole::memmodel {
namespace {

using P = ModelPolicy;
using sync::acq_rel;
using sync::acquire;
using sync::relaxed;
using sync::release;
using sync::seq_cst;

// Two threads announce themselves and enter when the other has not. acq_rel is not enough.
template <std::memory_order order>
struct Dekker {
  std::array<P::atomic<int>, 2> wants{};
  P::cell<int> inside;
  Dekker() { inside.put(0); }
  void enter(std::size_t me) {
    wants[me].exchange(1, order);
    P::fence(order);
    if (wants[1 - me].load(order == seq_cst ? seq_cst : acquire) == 0) inside.put(1);
  }
  void one() { enter(0); }
  void two() { enter(1); }
  void finish() {}
};

// A reader names what it looks at; a writer frees what it does not see named.
template <bool store_load_fence>
struct Hazard {
  P::atomic<P::cell<int>*> root{sync::make<P::cell<int>, P>()};
  P::atomic<P::cell<int>*> named{nullptr};
  P::cell<int>* kept = nullptr;
  Hazard() { root.load(relaxed)->put(1); }
  void read() {
    P::cell<int>* seen = root.load(relaxed);
    named.store(seen, release);
    if (store_load_fence) P::light();
    if (root.load(acquire) == seen && seen != nullptr) check(seen->read() == 1, "wrong node");
    named.store(nullptr, release);
  }
  void replace() {
    kept = root.exchange(nullptr, acq_rel);
    P::heavy();
    if (named.load(acquire) == kept) return;
    sync::destroy<P>(kept);
    kept = nullptr;
  }
  void finish() {
    if (kept != nullptr) sync::destroy<P>(kept);
  }
};

template <bool fenced>
struct Sequence {
  P::atomic<int> number{0};
  P::atomic<int> a{0};
  P::atomic<int> b{0};
  void write() {
    number.store(1, relaxed);
    P::fence(release);
    a.store(1, relaxed);
    b.store(1, relaxed);
    number.store(2, release);
  }
  void read() {
    const int before = number.load(acquire);
    const int one = a.load(relaxed);
    const int two = b.load(relaxed);
    if (fenced) P::fence(acquire);
    if (before % 2 == 0 && number.load(relaxed) == before) check(one == two, "a torn value");
  }
  void finish() {}
};

// The dequeue of Michael and Scott: head is read, then its next; without looking at head again,
// head may be a node that was freed and whose next belongs to another life. Nodes come from a pool.
template <bool look_again>
struct MichaelScott {
  struct Node {
    P::atomic<Node*> next{nullptr};
  };
  std::array<Node, 3> pool;
  P::atomic<Node*> head{&pool[0]};
  MichaelScott() { pool[0].next.store(&pool[1], relaxed); }
  void dequeue() {
    Node* first = head.load(acquire);
    if (first != &pool[0]) return;
    Node* next = first->next.load(acquire);
    if (look_again && head.load(acquire) != first) return;
    check(next == &pool[1], "next of a node that is no longer the first");
  }
  // Moves head on, and gives the old first node a second life.
  void recycle() {
    head.store(&pool[1], release);
    pool[0].next.store(&pool[2], release);
  }
  void finish() {}
};

// The stack whose head carries a version of 2 bits: four changes bring the same head back.
template <unsigned tag_bits>
struct Wrapping {
  struct Node : sync::StackLink<Node, P> {};
  std::array<Node, 3> nodes;
  sync::TreiberStack<Node, P, tag_bits> stack;
  Node* got = nullptr;
  std::array<Node*, 3> taken{};
  Wrapping() {
    for (Node& node : nodes) stack.push(&node);
  }
  void pop() { got = stack.pop(); }
  // Three out and the first one back in: four changes, and what was below it is in use.
  void churn() {
    for (Node*& node : taken) node = stack.pop();
    if (taken[0] == nullptr) return;
    stack.push(taken[0]);
    taken[0] = nullptr;
  }
  void finish() {
    Node* top = stack.pop();
    for (Node* node : taken) {
      if (node != nullptr) check(top != node && got != node, "a node that is in use was given out");
    }
  }
};

template <typename Client>
void expect(bool found, std::vector<void (Client::*)()> threads, unsigned retries = 3) {
  Options options;
  options.retry_count_max = retries;
  const Report report = explore(program_of<Client>("bug", threads), options);
  if (found) {
    ASSERT_TRUE(report.failure.has_value()) << report.text();
    EXPECT_FALSE(report.failure->trace.empty());
  } else {
    EXPECT_TRUE(report.passed()) << report.failure.value_or(Failure{}).text();
  }
}

TEST(PublishedBugs, DekkerWithAcquireAndReleaseLetsBothIn) {
  using Bad = Dekker<std::memory_order_acq_rel>;
  using Good = Dekker<std::memory_order_seq_cst>;
  expect<Bad>(true, {&Bad::one, &Bad::two});
  expect<Good>(false, {&Good::one, &Good::two});
}

TEST(PublishedBugs, AHazardWithoutAStoreLoadFenceIsFreedUnderItsReader) {
  using Bad = Hazard<false>;
  using Good = Hazard<true>;
  expect<Bad>(true, {&Bad::read, &Bad::replace});
  expect<Good>(false, {&Good::read, &Good::replace});
}

TEST(PublishedBugs, ASequenceLockWithoutItsAcquireFenceGivesATornValue) {
  using Bad = Sequence<false>;
  using Good = Sequence<true>;
  expect<Bad>(true, {&Bad::write, &Bad::read});
  expect<Good>(false, {&Good::write, &Good::read});
}

TEST(PublishedBugs, MichaelAndScottsDequeueNeedsItsSecondLook) {
  using Bad = MichaelScott<false>;
  using Good = MichaelScott<true>;
  expect<Bad>(true, {&Bad::dequeue, &Bad::recycle});
  expect<Good>(false, {&Good::dequeue, &Good::recycle});
}

TEST(PublishedBugs, AChaseLevResizeWithoutReleaseHandsOutAnEmptyRing) {
  struct Client {
    sync::WorkStealingDeque<int, P> deque{1};
    int stolen = 0;
    void push() {
      deque.push(1);
      deque.push(2);
    }
    void steal() {
      if (auto value = deque.steal()) stolen = *value;
    }
    void finish() { check(stolen == 0 || stolen == 1, "a wrong element"); }
  };
  const Program program = program_of<Client>("resize", {&Client::push, &Client::steal});
  const Report good = explore(program);
  ASSERT_TRUE(good.passed()) << good.text();
  int killed = 0;
  for (const Site& site : good.sites) {
    if (site.operation != Operation::Store || site.order != Order::Release) continue;
    Options options;
    options.mutation = {Mutation::Change::Weaken, site, Order::Relaxed};
    killed += explore(program, options).failure.has_value() ? 1 : 0;
  }
  EXPECT_GE(killed, 1);
}

TEST(PublishedBugs, AVersionOfTwoBitsWrapsAndTheStackLosesANode) {
  using Bad = Wrapping<2>;
  using Good = Wrapping<16>;
  expect<Bad>(true, {&Bad::pop, &Bad::churn}, 6);
  expect<Good>(false, {&Good::pop, &Good::churn}, 6);
}

}  // namespace
}  // namespace thole::memmodel
