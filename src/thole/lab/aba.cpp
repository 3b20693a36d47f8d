#include <array>
#include <ostream>

#include "thole/lab/table.hpp"
#include "thole/memmodel/client.hpp"
#include "thole/sync/treiber_stack.hpp"

namespace thole::lab {

namespace {

using P = memmodel::ModelPolicy;
using sync::acquire;
using sync::relaxed;
using sync::release;

struct Node : sync::StackLink<Node, P> {};

// A stack that compares the pointer only.
class ValueOnlyStack {
 public:
  void push(Node* node) {
    Node* head = head_.load(relaxed);
    do {
      node->next.store(head, relaxed);
    } while (!head_.compare_exchange_weak(head, node, release, relaxed));
  }
  Node* pop() {
    Node* head = head_.load(acquire);
    while (head != nullptr) {
      Node* next = head->next.load(relaxed);
      if (head_.compare_exchange_weak(head, next, relaxed, acquire)) return head;
      P::retry();
    }
    return nullptr;
  }

 private:
  P::atomic<Node*> head_{nullptr};
};

// A is taken, B is taken, A comes back, while another thread is about to take A.
template <typename Stack>
struct Client {
  std::array<Node, 2> nodes;
  Stack stack;
  Node* first = nullptr;
  Node* second = nullptr;
  Client() {
    stack.push(&nodes[1]);
    stack.push(&nodes[0]);
  }
  void pop() { first = stack.pop(); }
  void take_two_and_return_one() {
    Node* top = stack.pop();
    second = stack.pop();
    if (top != nullptr) stack.push(top);
  }
  void finish() {
    Node* top = stack.pop();
    memmodel::check(second == nullptr || (top != second && first != second),
                    "a node that a thread holds is on the stack as well");
  }
};

template <typename Stack>
memmodel::Report run(const char* name) {
  using C = Client<Stack>;
  return memmodel::explore(memmodel::program_of<C>(name, {&C::pop, &C::take_two_and_return_one}));
}

}  // namespace

int show_aba(const Request& request, std::ostream& out) {
  if (request.format == Format::Table) {
    out << "A compare-and-swap asks whether a word is what it was, not whether it stayed so. A "
           "stack\n"
           "whose top goes A, B, A fools it: the new top is a node that somebody holds. A version\n"
           "beside the pointer tells the two apart. Every execution of two threads is "
           "explored.\n\n";
  }
  const memmodel::Report naive = run<ValueOnlyStack>("pointer only");
  const memmodel::Report tagged = run<sync::TreiberStack<Node, P>>("pointer and version");
  Table table({"head", "executions", "result", "trace"});
  const auto add = [&](const char* name, const memmodel::Report& report) {
    table.add({name, std::to_string(report.graphs),
               report.failure    ? report.failure->what
               : report.passed() ? "holds in every execution"
                                 : "not exhausted",
               request.format == Format::Json && report.failure ? report.failure->trace : ""});
  };
  add("pointer only", naive);
  add("TaggedPtr, 16 bits of version", tagged);
  table.write(out, request.format);
  if (request.format == Format::Table && naive.failure) {
    out << "\nHow the pointer-only stack loses:\n" << naive.failure->trace;
  }
  return naive.failure && tagged.passed() ? 0 : 1;
}

}  // namespace thole::lab
