#include <algorithm>
#include <array>

#include "thole/memmodel/clients_test.hpp"
#include "thole/sync/mpmc_queue.hpp"
#include "thole/sync/mpsc_queue.hpp"
#include "thole/sync/spsc_ring.hpp"
#include "thole/sync/treiber_stack.hpp"
#include "thole/sync/work_stealing_deque.hpp"

namespace thole::memmodel {
namespace {

using P = ModelPolicy;

// What came out, in the order in which one thread got it. 0 is nothing.
struct Got {
  std::array<int, 8> values{};
  std::size_t count = 0;
  template <typename Optional>
  void add(const Optional& value) {
    if (!value) return;
    check(count < values.size(), "elements come out without end");
    values[count++] = static_cast<int>(*value);
  }
};

// Each of 1..pushed came out once, over all.
void check_all(std::initializer_list<const Got*> all, int pushed) {
  std::array<int, 16> seen{};
  for (const Got* got : all) {
    for (std::size_t i = 0; i < got->count; ++i) {
      const int value = got->values[i];
      check(value >= 1 && value <= pushed, "an element came out that nobody put in");
      ++seen[static_cast<std::size_t>(value)];
    }
  }
  for (int value = 1; value <= pushed; ++value) {
    check(seen[static_cast<std::size_t>(value)] != 0, "an element was lost");
    check(seen[static_cast<std::size_t>(value)] == 1, "an element came out twice");
  }
}

void check_rising(const Got& got) {
  for (std::size_t i = 1; i < got.count; ++i) {
    check(got.values[i - 1] < got.values[i], "elements of one producer came out of order");
  }
}

template <std::size_t capacity>
struct RingClient {
  sync::SpscRing<int, P> ring{capacity};
  int pushed = 0;
  Got got;

  void produce() {
    for (int i = 0; i < 3; ++i) {
      if (ring.push(pushed + 1)) ++pushed;
    }
  }
  void consume() {
    for (int i = 0; i < 3; ++i) got.add(ring.pop());
  }
  void finish() {
    check(pushed >= static_cast<int>(std::min<std::size_t>(capacity, 3)), "full before it was");
    const std::size_t before = got.count;
    while (auto value = ring.pop()) got.add(value);
    check(got.count - before <= capacity, "held more than its capacity");
    check_rising(got);
    check_all({&got}, pushed);
  }
};

struct QueueClient {
  sync::MpscQueue<int, P> queue;
  Got got;
  int first = 0;

  void push_one() { first += queue.push(1) ? 1 : 0; }
  void push_two() { queue.push(2); }
  void push_two_three() {
    queue.push(2);
    queue.push(3);
  }
  void push_three() { queue.push(3); }
  void pop_two() {
    got.add(queue.pop());
    got.add(queue.pop());
  }
  void drain_once() {
    queue.drain([&](int value) { got.add(std::optional<int>(value)); });
  }
  int expected = 2;
  void finish() {
    while (auto value = queue.pop()) got.add(value);
    check_all({&got}, static_cast<int>(got.count));
    check(static_cast<int>(got.count) >= expected, "an element was lost");
  }
};

// 2 and 3 come from one producer.
struct OrderedQueueClient : QueueClient {
  void finish() {
    expected = 3;
    QueueClient::finish();
    std::size_t two = 0;
    std::size_t three = 0;
    for (std::size_t i = 0; i < got.count; ++i) {
      if (got.values[i] == 2) two = i;
      if (got.values[i] == 3) three = i;
    }
    check(two < three, "elements of one producer came out of order");
  }
};

template <typename Queue, int prefill>
struct TurnClient {
  Queue queue{2};
  Got got_a;
  Got got_b;
  std::array<int, 4> accepted{};

  TurnClient() {
    // A lap first, so that the turns are not those of the beginning.
    for (int i = 0; i < 2; ++i) check(queue.push(9), "full before it was");
    for (int i = 0; i < 2; ++i) check(queue.pop().has_value(), "empty before it was");
    for (int i = 0; i < prefill; ++i) queue.push(i + 1);
  }
  void push_a() { accepted[0] = queue.push(prefill + 1) ? 1 : 0; }
  void push_b() { accepted[1] = queue.push(prefill + 2) ? 1 : 0; }
  void pop_a() { got_a.add(queue.pop()); }
  void pop_b() { got_b.add(queue.pop()); }
  void pop_twice() {
    pop_a();
    pop_a();
  }
  void push_pop() {
    push_a();
    pop_a();
  }
  void finish() {
    Got rest;
    while (auto value = queue.pop()) rest.add(value);
    check(rest.count <= 2, "held more than its capacity");
    std::array<int, 8> seen{};
    for (const Got* got : {&got_a, &got_b, &rest}) {
      for (std::size_t i = 0; i < got->count; ++i) {
        check(got->values[i] >= 1 && got->values[i] <= 4, "an element nobody put in");
        ++seen[static_cast<std::size_t>(got->values[i])];
      }
    }
    for (int v = 1; v <= prefill; ++v)
      check(seen[static_cast<std::size_t>(v)] == 1, "lost or twice");
    for (int v = 0; v < 2; ++v) {
      check(
          seen[static_cast<std::size_t>(prefill + 1 + v)] == accepted[static_cast<std::size_t>(v)],
          "an accepted element was lost or came out twice");
    }
    for (int i = 0; i < 2; ++i) check(queue.push(5), "full though everything was taken");
    while (queue.pop()) {
    }
  }
};

struct StackNode : sync::StackLink<StackNode, P> {
  typename P::cell<int> value;
};

template <unsigned tag_bits>
struct StackClient {
  std::array<StackNode, 3> nodes;
  sync::TreiberStack<StackNode, P, tag_bits> stack;
  StackNode* a = nullptr;
  StackNode* b = nullptr;
  StackNode* c = nullptr;
  int in = 2;

  StackClient() {
    for (int i = 0; i < 3; ++i) nodes[static_cast<std::size_t>(i)].value.put(i);
    stack.push(&nodes[1]);
    stack.push(&nodes[0]);
  }
  void pop_a() { a = stack.pop(); }
  // A goes, B goes, A comes back: the head looks as it did.
  void aba() {
    b = stack.pop();
    c = stack.pop();
    if (b != nullptr) stack.push(b);
    b = nullptr;
  }
  void push_fresh() {
    nodes[2].value.put(7);
    stack.push(&nodes[2]);
    in = 3;
  }
  void pop_and_look() {
    b = stack.pop();
    if (b != nullptr) check(b->value.read() >= 0, "a node without its value");
  }
  void pop_push() {
    a = stack.pop();
    if (a == nullptr) return;
    a->value.put(4);
    stack.push(a);
    a = nullptr;
  }
  void finish() {
    std::array<int, 3> seen{};
    const auto count = [&](StackNode* node) {
      if (node == nullptr) return;
      ++seen[static_cast<std::size_t>(node - nodes.data())];
    };
    count(a);
    count(b);
    count(c);
    for (int i = 0; i < 4; ++i) {
      StackNode* node = stack.pop();
      if (node == nullptr) break;
      check(i < 3, "the stack has become a ring");
      count(node);
    }
    for (int i = 0; i < in; ++i) {
      check(seen[static_cast<std::size_t>(i)] != 0, "a node was lost");
      check(seen[static_cast<std::size_t>(i)] == 1, "a node was given out twice");
    }
  }
};

template <std::size_t capacity, int prefill>
struct DequeClient {
  sync::WorkStealingDeque<int, P> deque{capacity};
  Got own;
  Got stolen;
  Got stolen_too;
  int pushed = prefill;

  DequeClient() {
    for (int i = 1; i <= prefill; ++i) deque.push(i);
  }
  void pop_once() { own.add(deque.pop()); }
  void pop_twice() {
    pop_once();
    pop_once();
  }
  void push_pop() {
    deque.push(++pushed);
    pop_once();
  }
  void pop_push() {
    pop_once();
    deque.push(++pushed);
  }
  void push_twice() {
    deque.push(++pushed);
    deque.push(++pushed);
  }
  void push_pop_pop() {
    push_pop();
    pop_once();
  }
  void steal() { stolen.add(deque.steal()); }
  void steal_twice() {
    steal();
    steal();
  }
  void steal_too() { stolen_too.add(deque.steal()); }
  void finish() {
    for (int i = 0; i < 8; ++i) {
      const auto value = deque.pop();
      if (!value) break;
      own.add(value);
    }
    check_rising(stolen);
    check_all({&own, &stolen, &stolen_too}, pushed);
  }
};

}  // namespace

Suite ring_suite() {
  using One = RingClient<1>;
  using Two = RingClient<2>;
  return {"SpscRing",
          {program_of<One>("capacity 1, 3 pushes, 3 pops", {&One::produce, &One::consume}),
           program_of<Two>("capacity 2, 3 pushes, 3 pops", {&Two::produce, &Two::consume})}};
}

Suite queue_suite() {
  using Q = QueueClient;
  using O = OrderedQueueClient;
  return {
      "MpscQueue",
      {program_of<Q>("push, push, 2 pops", {&Q::push_one, &Q::push_two, &Q::pop_two}),
       program_of<Q>("push, push, drain", {&Q::push_one, &Q::push_two, &Q::drain_once}),
       program_of<O>("push, 2 pushes, drain", {&O::push_one, &O::push_two_three, &O::drain_once}),
       program_of<O>("3 producers, 1 consumer", {&O::push_one, &O::push_two_three, &O::pop_two})}};
}

Suite turn_suite() {
  using Many = sync::MpmcQueue<int, P>;
  using One = sync::BoundedMpscQueue<int, P>;
  using M0 = TurnClient<Many, 0>;
  using M1 = TurnClient<Many, 1>;
  using M2 = TurnClient<Many, 2>;
  using S1 = TurnClient<One, 1>;
  return {
      "MpmcQueue, BoundedMpscQueue",
      {program_of<M0>("push | push", {&M0::push_a, &M0::push_b}),
       program_of<M0>("push | pop", {&M0::push_a, &M0::pop_a}),
       program_of<M2>("full: pop | pop", {&M2::pop_a, &M2::pop_b}),
       program_of<M2>("full: push | pop", {&M2::push_a, &M2::pop_b}),
       program_of<M1>("one: push | push | pop", {&M1::push_a, &M1::push_b, &M1::pop_a}),
       program_of<M1>("one: push, pop | pop", {&M1::push_pop, &M1::pop_b}),
       program_of<S1>("one consumer: push | push | pop", {&S1::push_a, &S1::push_b, &S1::pop_a}),
       program_of<S1>("one consumer: push | 2 pops", {&S1::push_a, &S1::pop_twice})}};
}

Suite stack_suite() {
  using S = StackClient<16>;
  return {"TreiberStack",
          {program_of<S>("pop | pop, pop, push back", {&S::pop_a, &S::aba}),
           program_of<S>("push | pop and look", {&S::push_fresh, &S::pop_and_look}),
           program_of<S>("pop, push | pop and look", {&S::pop_push, &S::pop_and_look}),
           program_of<S>("pop | pop | push", {&S::pop_a, &S::pop_and_look, &S::push_fresh})}};
}

Suite deque_suite() {
  using D0 = DequeClient<2, 0>;
  using D1 = DequeClient<2, 1>;
  using D2 = DequeClient<2, 2>;
  using G = DequeClient<1, 1>;
  return {"WorkStealingDeque",
          {program_of<D1>("last element: pop | steal", {&D1::pop_once, &D1::steal}),
           program_of<D0>("empty: pop, push | steal", {&D0::pop_push, &D0::steal}),
           program_of<D1>("last element: pop, push | steal", {&D1::pop_push, &D1::steal}),
           program_of<D1>("push, pop, pop | steal", {&D1::push_pop_pop, &D1::steal}),
           program_of<D2>("pop, pop | steal, steal", {&D2::pop_twice, &D2::steal_twice}),
           program_of<D2>("pop | steal | steal", {&D2::pop_once, &D2::steal, &D2::steal_too}),
           program_of<G>("grows: push, push | steal, steal", {&G::push_twice, &G::steal_twice})}};
}

}  // namespace thole::memmodel
