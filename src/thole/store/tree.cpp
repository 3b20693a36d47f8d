#include "thole/store/tree.hpp"

#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "thole/base/result.hpp"

namespace thole::store {
namespace {

// A loader leaves this much room in its nodes, so that the first changes do not split them.
constexpr std::size_t kFanLoaded = 28;

std::size_t block_size(std::uint32_t size, std::size_t key_bytes) {
  return sizeof(Node) + size * (sizeof(void*) + sizeof(std::uint32_t)) + key_bytes;
}

}  // namespace

Node* Node::make(std::uint8_t level, std::span<const Entry> entries, Revision stamp) {
  THOLE_ASSERT(entries.size() <= kFanMax);
  std::size_t key_bytes = 0;
  for (const Entry& entry : entries) key_bytes += entry.key.size();

  const auto size = static_cast<std::uint32_t>(entries.size());
  Node* node = new (::operator new(block_size(size, key_bytes))) Node;
  node->level_ = level;
  node->size_ = static_cast<std::uint8_t>(size);
  node->stamp_ = stamp;

  auto* ends = const_cast<std::uint32_t*>(node->ends());
  char* text = const_cast<char*>(node->text());
  std::uint32_t end = 0;
  for (std::uint32_t i = 0; i < size; ++i) {
    node->pointers()[i] = entries[i].pointer;
    const std::string_view key = entries[i].key;
    if (!key.empty()) std::memcpy(text + end, key.data(), key.size());
    end += static_cast<std::uint32_t>(key.size());
    ends[i] = end;
  }
  node->sum_up();
  return node;
}

void Node::sum_up() {
  count_ = 0;
  bytes_ = 0;
  for (std::uint32_t i = 0; i < size_; ++i) {
    count_ += is_leaf() ? 1 : child(i)->count();
    bytes_ += is_leaf() ? key(i).size() + value(i)->footprint() : child(i)->bytes();
  }
}

std::size_t Node::footprint() const { return block_size(size_, size_ ? ends()[size_ - 1] : 0); }

std::uint32_t Node::lower_bound(std::string_view name) const {
  std::uint32_t low = 0;
  std::uint32_t high = size_;
  while (low < high) {
    const std::uint32_t middle = (low + high) / 2;
    if (key(middle) < name) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::uint32_t Node::child_for(std::string_view name) const {
  std::uint32_t low = 1;  // key(0) means nothing.
  std::uint32_t high = size_;
  while (low < high) {
    const std::uint32_t middle = (low + high) / 2;
    if (key(middle) <= name) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

void Node::destroy(Node* node) {
  for (std::uint32_t i = 0; i < node->size_; ++i) {
    if (node->is_leaf()) {
      node->value(i)->release();
    } else {
      node->child(i)->release();
    }
  }
  free_block(node);
}

void Node::free_block(Node* node) {
  node->~Node();
  ::operator delete(node);
}

const Value* Tree::find(std::string_view name) const {
  const Node* node = root_.get();
  if (node == nullptr) return nullptr;
  while (!node->is_leaf()) node = node->child(node->child_for(name));
  const std::uint32_t at = node->lower_bound(name);
  return at < node->size() && node->key(at) == name ? node->value(at) : nullptr;
}

std::uint64_t Tree::rank(std::string_view name) const {
  const Node* node = root_.get();
  if (node == nullptr) return 0;
  std::uint64_t less = 0;
  while (!node->is_leaf()) {
    const std::uint32_t at = node->child_for(name);
    for (std::uint32_t i = 0; i < at; ++i) less += node->child(i)->count();
    node = node->child(at);
  }
  return less + node->lower_bound(name);
}

// Entries of the last, unfinished node of one level.
struct Tree::Loader::Level {
  std::vector<std::pair<std::string, const void*>> entries;
};

Tree::Loader::Loader() = default;

Tree::Loader::~Loader() {
  // A loader that was not finished still holds what it was given.
  if (!levels_.empty()) (void)finish();
}

void Tree::Loader::add(std::string_view name, ValuePtr value) { push(0, name, value.give_up()); }

void Tree::Loader::push(std::size_t level, std::string_view key, const void* pointer) {
  if (level == levels_.size()) levels_.push_back(std::make_unique<Level>());
  auto& entries = levels_[level]->entries;
  if (entries.size() == kFanLoaded) flush(level);
  entries.emplace_back(key, pointer);
}

void Tree::Loader::flush(std::size_t level) {
  auto& entries = levels_[level]->entries;
  std::vector<Node::Entry> views;
  for (const auto& [key, pointer] : entries) views.push_back({key, pointer});
  const Node* node = Node::make(static_cast<std::uint8_t>(level), views, 0);
  const std::string first = std::move(entries.front().first);
  entries.clear();
  push(level + 1, first, node);
}

Tree Tree::Loader::finish() {
  if (levels_.empty()) return {};
  for (std::size_t level = 0;; ++level) {
    auto& entries = levels_[level]->entries;
    const bool top = level + 1 == levels_.size();
    if (top && level > 0 && entries.size() == 1) {
      Tree tree(NodePtr::adopt(static_cast<const Node*>(entries.front().second)));
      levels_.clear();
      return tree;
    }
    flush(level);
  }
}

}  // namespace thole::store
