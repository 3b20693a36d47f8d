#pragma once
// The inbox of a loop: any thread pushes tasks, the loop's thread takes all of them at once, and
// whoever pushes into the inbox of a sleeping loop is told to wake it, once a sleep.
//
// One word says everything: null (awake, nothing there), kAsleep (asleep, nothing there), or the
// newest node of a list. So a task can't come between "nothing there" and "asleep" unseen.

#include <atomic>
#include <vector>

#include "thole/base/executor.hpp"

namespace thole::real {

class Inbox {
 public:
  Inbox() = default;
  ~Inbox() {
    std::vector<Task> dropped;
    take(dropped);
  }
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // Any thread. True: the owner was asleep, and the caller, alone, must wake it.
  [[nodiscard]] bool push(Task task) {
    Node* node = new Node{nullptr, std::move(task)};
    Node* newest = newest_.load(std::memory_order_relaxed);
    do {
      node->next = newest == asleep() ? nullptr : newest;
      // Release: pairs with the acquire in `take`, which reads the node.
    } while (!newest_.compare_exchange_weak(newest, node, std::memory_order_release,
                                            std::memory_order_relaxed));
    return newest == asleep();
  }

  // The owner. Appends all tasks in the order in which they were pushed. Awake from then on.
  void take(std::vector<Task>& tasks) {
    if (newest_.load(std::memory_order_relaxed) == nullptr) return;
    Node* node = newest_.exchange(nullptr, std::memory_order_acquire);
    if (node == asleep()) return;
    Node* oldest = nullptr;
    while (node != nullptr) {
      Node* next = node->next;
      node->next = oldest;
      oldest = node;
      node = next;
    }
    while (oldest != nullptr) {
      tasks.push_back(std::move(oldest->task));
      delete std::exchange(oldest, oldest->next);
    }
  }

  // The owner. False: something came; don't sleep.
  [[nodiscard]] bool fall_asleep() {
    Node* expected = nullptr;
    return newest_.compare_exchange_strong(expected, asleep(), std::memory_order_relaxed);
  }

 private:
  struct Node {
    Node* next;
    Task task;
  };

  Node* asleep() { return &asleep_; }

  Node asleep_{nullptr, nullptr};
  std::atomic<Node*> newest_ = nullptr;
};

}  // namespace thole::real
