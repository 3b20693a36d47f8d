#pragma once
// Tree is a persistent B-tree from names to values: copying one is copying a pointer, and a change
// copies only the nodes on its path. Inner nodes know how many names lie under them.
//
// A node is one block: its pointers, the ends of its keys, and its keys. A writer changes a node
// in place when it holds the only count of it and of every node above: then nobody else can reach
// it. (Counts answer that across forks too, without a number that must be unique in the process.)
//
// Threads: reading, any; a Tree that is changed belongs to one thread.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "thole/store/value.hpp"

namespace thole::store {

class Node;
using NodePtr = Ref<const Node>;

class Node final : public Counted<Node> {
 public:
  static constexpr std::uint32_t kFanMax = 32;

  struct Entry {
    std::string_view key;
    const void* pointer;  // A Value in a leaf, else a Node.
  };

  // Takes over the counts of what `entries` point to. `stamp` is when it was made.
  static Node* make(std::uint8_t level, std::span<const Entry> entries, Revision stamp);

  bool is_leaf() const { return level_ == 0; }
  std::uint8_t level() const { return level_; }
  std::uint32_t size() const { return size_; }
  std::uint64_t count() const { return count_; }  // Of names below.
  std::uint64_t bytes() const { return bytes_; }  // Of names and values below.
  Revision stamp() const { return stamp_; }
  std::size_t footprint() const;

  // In an inner node, key(i) is not greater than any name below child i; key(0) means nothing.
  std::string_view key(std::uint32_t i) const {
    const std::uint32_t begin = i == 0 ? 0 : ends()[i - 1];
    return {text() + begin, ends()[i] - begin};
  }
  const Value* value(std::uint32_t i) const { return static_cast<const Value*>(pointers()[i]); }
  const Node* child(std::uint32_t i) const { return static_cast<const Node*>(pointers()[i]); }

  std::uint32_t lower_bound(std::string_view name) const;  // First key not less than it.
  std::uint32_t child_for(std::string_view name) const;    // Where it lies in an inner node.

  static void destroy(Node* node);
  // Frees the block; the counts of what it points to belong to the caller.
  static void free_block(Node* node);

 private:
  friend class TreeEdit;
  Node() = default;

  const void** pointers() { return reinterpret_cast<const void**>(this + 1); }
  const void* const* pointers() const { return reinterpret_cast<const void* const*>(this + 1); }
  const std::uint32_t* ends() const {
    return reinterpret_cast<const std::uint32_t*>(pointers() + size_);
  }
  const char* text() const { return reinterpret_cast<const char*>(ends() + size_); }
  void sum_up();

  std::uint8_t level_ = 0;
  std::uint8_t size_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t bytes_ = 0;
  Revision stamp_ = 0;
};

class Tree {
 public:
  Tree() = default;

  const Node* root() const { return root_.get(); }
  const Node* give_up_root() { return root_.give_up(); }  // With its count.
  std::uint64_t count() const { return root_ ? root_->count() : 0; }
  std::uint64_t bytes() const { return root_ ? root_->bytes() : 0; }

  const Value* find(std::string_view name) const;
  std::uint64_t rank(std::string_view name) const;  // How many names are less.

  // Returns what was there, or null. Nodes made on the way are stamped `now`.
  ValuePtr put(std::string_view name, ValuePtr value, Revision now);
  ValuePtr erase(std::string_view name, Revision now);

  // From names in strictly growing order; much faster than one by one.
  class Loader;

 private:
  explicit Tree(NodePtr root) : root_(std::move(root)) {}
  NodePtr root_;
};

// Builds a tree from names in strictly growing order.
class Tree::Loader {
 public:
  Loader();
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  void add(std::string_view name, ValuePtr value);
  Tree finish();

 private:
  struct Level;
  void push(std::size_t level, std::string_view key, const void* pointer);
  void flush(std::size_t level);

  std::vector<std::unique_ptr<Level>> levels_;
};

}  // namespace thole::store
