#pragma once
// TreiberStack is a stack of nodes that its caller owns and that keep their type for as long as the
// stack lives (a pool, an array): pop reads `next` of a node that another thread may have popped
// and pushed again, and the version in the head is what makes its compare-and-swap fail then.
//
// Progress: lock-free.
// Threads: any.
// Orders: push's release pairs with pop's acquire of the head: the node was filled, and its `next`
//   set, before it could be found. The compare-and-swap of pop is relaxed on success and acquire on
//   failure: what it took was published by what the load before it acquired; the new head below it
//   was published by an older push, whose release sequence each read-modify-write continues. `next`
//   is a relaxed atomic, because a late reader may look at it while the node's next owner writes.
// Size: one word, and one a node.
// Source: R. K. Treiber, "Systems programming: coping with parallelism" (IBM RJ 5118, 1986).

#include "thole/sync/tagged_ptr.hpp"

namespace thole::sync {

// What a node has to contain.
template <typename Node, typename P>
struct StackLink {
  typename P::template atomic<Node*> next{nullptr};
};

// Node derives from StackLink<Node, P>.
template <typename Node, typename P, unsigned tag_bits = 16>
class TreiberStack {
 public:
  using Head = TaggedPtr<Node, tag_bits>;

  TreiberStack() = default;
  TreiberStack(const TreiberStack&) = delete;
  TreiberStack& operator=(const TreiberStack&) = delete;

  void push(Node* node) {
    Head head = head_.load(relaxed);
    for (;;) {
      node->next.store(head.pointer(), relaxed);
      if (head_.compare_exchange_weak(head, head.next(node), release, relaxed)) return;
      P::retry();
    }
  }

  // Null when it is empty.
  Node* pop() {
    Head head = head_.load(acquire);
    while (head.pointer() != nullptr) {
      Node* next = head.pointer()->next.load(relaxed);
      Node* top = head.pointer();
      if (head_.compare_exchange_weak(head, head.next(next), relaxed, acquire)) return top;
      P::retry();
    }
    return nullptr;
  }

 private:
  typename P::template atomic<Head> head_{Head()};
};

}  // namespace thole::sync
