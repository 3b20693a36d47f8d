// How a Tree changes. See the header for what may be changed in place.

#include <algorithm>
#include <array>
#include <utility>

#include "thole/base/result.hpp"
#include "thole/store/tree.hpp"

namespace thole::store {
namespace {

using Entry = Node::Entry;

// A node below this size joins a neighbour when both fit into one.
constexpr std::uint32_t kFanLow = 10;
constexpr std::uint32_t kFanJoined = 28;

void retain(std::uint8_t level, const void* pointer) {
  if (level == 0) {
    static_cast<const Value*>(pointer)->retain();
  } else {
    static_cast<const Node*>(pointer)->retain();
  }
}

// The entries of one or two nodes, being rearranged. Keys point into the nodes they came from,
// which stay alive until `retire`.
class Draft {
 public:
  explicit Draft(std::uint8_t level) : level_(level) {}

  // `node`'s count passes to the draft. What it points to is taken over when nobody else has it.
  void take(Node* node, const std::string_view* first_key = nullptr) {
    const bool own = node->unique();
    for (std::uint32_t i = 0; i < node->size(); ++i) {
      const void* pointer = level_ == 0 ? static_cast<const void*>(node->value(i))
                                        : static_cast<const void*>(node->child(i));
      if (!own) retain(level_, pointer);
      const bool renamed = i == 0 && first_key != nullptr;
      entries_[size_++] = {renamed ? *first_key : node->key(i), pointer};
    }
    sources_[source_count_++] = {node, own};
  }

  void insert(std::uint32_t at, Entry entry) {
    std::move_backward(entries_.begin() + at, entries_.begin() + size_,
                       entries_.begin() + size_ + 1);
    entries_[at] = entry;
    ++size_;
  }
  const void* remove(std::uint32_t at) {
    const void* pointer = entries_[at].pointer;
    std::move(entries_.begin() + at + 1, entries_.begin() + size_, entries_.begin() + at);
    --size_;
    return pointer;
  }
  Entry& operator[](std::uint32_t at) { return entries_[at]; }
  std::uint32_t size() const { return size_; }

  Node* make(std::uint32_t from, std::uint32_t to, Revision stamp) const {
    return Node::make(level_, std::span(entries_).subspan(from, to - from), stamp);
  }

  // The nodes it was made from are not needed any more.
  void retire() {
    for (std::uint32_t i = 0; i < source_count_; ++i) {
      const auto [node, own] = sources_[i];
      if (own) {
        Node::free_block(node);
      } else {
        node->release();
      }
    }
  }

 private:
  struct Source {
    Node* node;
    bool own;
  };
  std::uint8_t level_;
  std::uint32_t size_ = 0;
  std::uint32_t source_count_ = 0;
  std::array<Entry, 2 * Node::kFanMax + 2> entries_;
  std::array<Source, 2> sources_;
};

// What a node has become: one node, or two.
struct Made {
  Node* left = nullptr;
  Node* right = nullptr;
};

Made finish(Draft& draft, std::uint32_t inserted_at, Revision stamp) {
  Made made;
  if (draft.size() <= Node::kFanMax) {
    made.left = draft.make(0, draft.size(), stamp);
  } else {
    // Names often arrive in order; then the left node is left nearly full.
    const bool at_end = inserted_at + 1 == draft.size();
    const std::uint32_t middle = at_end ? draft.size() - 3 : draft.size() / 2;
    made.left = draft.make(0, middle, stamp);
    made.right = draft.make(middle, draft.size(), stamp);
  }
  draft.retire();
  return made;
}

}  // namespace

// One put or erase on its way down. Its functions take over one count of the node they are given,
// and return nodes with one.
class TreeEdit {
 public:
  TreeEdit(std::string_view name, ValuePtr value, Revision now)
      : name_(name), value_(std::move(value)), now_(now) {}

  Made put(Node* node) { return node->is_leaf() ? put_leaf(node) : put_inner(node); }
  // Null when nothing is left. The name must be there.
  Node* erase(Node* node) { return node->is_leaf() ? erase_leaf(node) : erase_inner(node); }

  ValuePtr old_value() { return std::move(value_); }

 private:
  Made put_leaf(Node* node);
  Made put_inner(Node* node);
  Node* erase_leaf(Node* node);
  Node* erase_inner(Node* node);

  // The child, with a count that the caller may pass on. That of a node which stays whole is one
  // more; that of a node which is ours alone is the node's own, and `replace_child` puts another.
  static Node* borrow_child(Node* node, bool own, std::uint32_t at) {
    const Node* child = node->child(at);
    if (!own) child->retain();
    return const_cast<Node*>(child);
  }

  static Node* rebuilt(Draft& draft, Revision now) {
    Node* made = draft.size() == 0 ? nullptr : draft.make(0, draft.size(), now);
    draft.retire();
    return made;
  }

  void join_if_small(Draft& draft, std::uint8_t child_level, std::uint32_t at) const;

  std::string_view name_;
  ValuePtr value_;  // Of a put: the new one. Afterwards: the old one.
  Revision now_;
};

Made TreeEdit::put_leaf(Node* node) {
  const std::uint32_t at = node->lower_bound(name_);
  const bool present = at < node->size() && node->key(at) == name_;
  if (present && node->unique()) {
    node->bytes_ += value_->footprint() - node->value(at)->footprint();
    node->stamp_ = now_;
    value_ = ValuePtr::adopt(
        static_cast<const Value*>(std::exchange(node->pointers()[at], value_.give_up())));
    return {node, nullptr};
  }
  Draft draft(0);
  draft.take(node);
  if (present) {
    const void* fresh = value_.give_up();
    value_ = ValuePtr::adopt(static_cast<const Value*>(std::exchange(draft[at].pointer, fresh)));
  } else {
    draft.insert(at, {name_, value_.give_up()});
  }
  return finish(draft, at, now_);
}

Made TreeEdit::put_inner(Node* node) {
  const bool own = node->unique();
  const std::uint32_t at = node->child_for(name_);
  const std::uint64_t count_before = node->child(at)->count();
  const std::uint64_t bytes_before = node->child(at)->bytes();
  const Made made = put(borrow_child(node, own, at));
  if (own) {
    node->pointers()[at] = made.left;
    if (made.right == nullptr) {
      node->count_ += made.left->count() - count_before;
      node->bytes_ += made.left->bytes() - bytes_before;
      node->stamp_ = now_;
      return {node, nullptr};
    }
  }
  Draft draft(node->level());
  draft.take(node);
  if (!own) {
    static_cast<const Node*>(draft[at].pointer)->release();
    draft[at].pointer = made.left;
  }
  if (made.right) draft.insert(at + 1, {made.right->key(0), made.right});
  return finish(draft, made.right ? at + 1 : 0, now_);
}

Node* TreeEdit::erase_leaf(Node* node) {
  const std::uint32_t at = node->lower_bound(name_);
  THOLE_ASSERT(at < node->size() && node->key(at) == name_);
  Draft draft(0);
  draft.take(node);
  value_ = ValuePtr::adopt(static_cast<const Value*>(draft.remove(at)));
  return rebuilt(draft, now_);
}

Node* TreeEdit::erase_inner(Node* node) {
  const bool own = node->unique();
  const std::uint32_t at = node->child_for(name_);
  Node* const child = erase(borrow_child(node, own, at));

  Draft draft(node->level());
  const void* const untouched = own ? nullptr : node->child(at);
  draft.take(node);
  if (untouched) static_cast<const Node*>(untouched)->release();
  draft[at].pointer = child;
  if (child == nullptr) {
    draft.remove(at);
  } else {
    join_if_small(draft, child->level(), at);
  }
  return rebuilt(draft, now_);
}

void TreeEdit::join_if_small(Draft& draft, std::uint8_t child_level, std::uint32_t at) const {
  const auto node_at = [&](std::uint32_t i) {
    return const_cast<Node*>(static_cast<const Node*>(draft[i].pointer));
  };
  if (node_at(at)->size() >= kFanLow || draft.size() < 2) return;
  const std::uint32_t left = at + 1 < draft.size() ? at : at - 1;
  if (node_at(left)->size() + node_at(left + 1)->size() > kFanJoined) return;

  Draft joined(child_level);
  joined.take(node_at(left));
  // The first key of an inner node means nothing; what stands above it does.
  joined.take(node_at(left + 1), child_level == 0 ? nullptr : &draft[left + 1].key);
  Node* const node = rebuilt(joined, now_);
  draft.remove(left + 1);
  draft[left].pointer = node;
}

ValuePtr Tree::put(std::string_view name, ValuePtr value, Revision now) {
  THOLE_ASSERT(value);
  if (!root_) {
    const Node::Entry only{name, value.give_up()};
    root_ = NodePtr::adopt(Node::make(0, {&only, 1}, now));
    return nullptr;
  }
  TreeEdit edit(name, std::move(value), now);
  const Made made = edit.put(const_cast<Node*>(root_.give_up()));
  if (made.right) {
    const std::uint8_t level = made.left->level() + 1;
    const std::array<Node::Entry, 2> both = {Node::Entry{{}, made.left},
                                             Node::Entry{made.right->key(0), made.right}};
    root_ = NodePtr::adopt(Node::make(level, both, now));
  } else {
    root_ = NodePtr::adopt(made.left);
  }
  return edit.old_value();
}

ValuePtr Tree::erase(std::string_view name, Revision now) {
  if (find(name) == nullptr) return nullptr;
  TreeEdit edit(name, nullptr, now);
  root_ = NodePtr::adopt(edit.erase(const_cast<Node*>(root_.give_up())));
  while (root_ && !root_->is_leaf() && root_->size() == 1) {
    root_ = NodePtr::share(root_->child(0));
  }
  return edit.old_value();
}

}  // namespace thole::store
