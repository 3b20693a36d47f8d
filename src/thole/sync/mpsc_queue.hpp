#pragma once
// MpscQueue is the unbounded queue from many threads to one. Producers push onto a chain with one
// compare-and-swap; the consumer takes the whole chain with one exchange and turns it round, so a
// batch costs the consumer one contended instruction, however long it is.
//
// Progress: push is lock-free, pop and drain are wait-free but for the length of the batch.
// Threads: any thread may push; one thread at a time may pop, drain or ask empty().
// Orders: push's release pairs with the acquire of take_all: it carries the element and, because
//   a push is a read-modify-write, every older one below it (a release sequence). Nothing weaker
//   would do: with relaxed on either side the node's fields would race. push reads the head
//   relaxed: it stores that pointer and never looks through it. There is no ABA: a push that
//   links to a node which left and came back links to what is the head now.
// Size: two lines apart; one node of two words and T an element.
// Source: R. K. Treiber, "Systems programming: coping with parallelism" (1986), in its
//   take-everything form.

#include <optional>

#include "thole/sync/order.hpp"

namespace thole::sync {

template <typename T, typename P>
class MpscQueue {
 public:
  MpscQueue() = default;
  MpscQueue(const MpscQueue&) = delete;
  MpscQueue& operator=(const MpscQueue&) = delete;
  ~MpscQueue() {
    while (pop()) {
    }
  }

  // Returns whether nothing was waiting to be taken before: exactly then the consumer may be
  // asleep, and has to be told. One wake-up a batch follows from it.
  bool push(T value) {
    Node* node = make<Node, P>();
    node->value.put(std::move(value));
    Node* head = head_.load(relaxed);
    for (;;) {
      node->next.put(head);
      if (head_.compare_exchange_weak(head, node, release, relaxed)) return head == nullptr;
      node->next.drop();
      P::retry();
    }
  }

  // The oldest element, or nothing when there is none.
  std::optional<T> pop() {
    if (batch_ == nullptr) take_all();
    if (batch_ == nullptr) return std::nullopt;
    Node* node = batch_;
    batch_ = node->next.take();
    std::optional<T> value(node->value.take());
    destroy<P>(node);
    return value;
  }

  // Hands each element that was there when it began to `visit(T)`, oldest first; returns how many.
  template <typename Visit>
  std::size_t drain(Visit visit) {
    std::size_t count = 0;
    if (batch_ == nullptr) take_all();
    while (batch_ != nullptr) {
      Node* node = batch_;
      batch_ = node->next.take();
      T value = node->value.take();
      destroy<P>(node);
      visit(std::move(value));
      ++count;
    }
    return count;
  }

  // Only a hint for anyone but the consumer: a push may be on its way.
  bool empty() const { return batch_ == nullptr && head_.load(relaxed) == nullptr; }

 private:
  struct Node {
    typename P::template cell<Node*> next;
    typename P::template cell<T> value;
  };

  void take_all() {
    if (head_.load(relaxed) == nullptr) return;  // Keeps an idle consumer from writing.
    Node* node = head_.exchange(nullptr, acquire);
    while (node != nullptr) {
      Node* older = node->next.take();
      node->next.put(batch_);
      batch_ = node;
      node = older;
    }
  }

  alignas(apart) typename P::template atomic<Node*> head_{nullptr};
  alignas(apart) Node* batch_ = nullptr;  // The consumer's own, oldest first.
};

}  // namespace thole::sync
