#include "thole/store/snapshot.hpp"

#include <algorithm>

#include "thole/base/result.hpp"
#include "thole/store/root.hpp"

namespace thole::store {
namespace {

// The least name behind all that start with `prefix`; empty when there is none (all 0xff).
std::string behind(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) ++end.back();
  return end;
}

const Tree* tree_of(const Root* root, std::string_view resource) {
  const ResourceRoot* found = root ? root->find(resource) : nullptr;
  return found ? &found->tree : nullptr;
}

}  // namespace

Cursor::Cursor(const Node* root, std::string_view from, std::string_view prefix) : prefix_(prefix) {
  if (root == nullptr) return;
  levels_[depth_++] = {root, 0};
  while (!levels_[depth_ - 1].node->is_leaf()) {
    Level& level = levels_[depth_ - 1];
    level.index = level.node->child_for(from);
    THOLE_ASSERT(depth_ < kDepthMax);
    levels_[depth_] = {level.node->child(level.index), 0};
    ++depth_;
  }
  Level& leaf = levels_[depth_ - 1];
  leaf.index = leaf.node->lower_bound(from);
  step_over_ends();
}

// Makes a position behind the last entry of a node one in the next node, or the end.
void Cursor::step_over_ends() {
  while (depth_ > 0 && levels_[depth_ - 1].index == levels_[depth_ - 1].node->size()) {
    if (--depth_ > 0) ++levels_[depth_ - 1].index;
  }
  while (depth_ > 0 && !levels_[depth_ - 1].node->is_leaf()) {
    const Level& level = levels_[depth_ - 1];
    levels_[depth_++] = {level.node->child(level.index), 0};
  }
  if (depth_ > 0 && !name().starts_with(prefix_)) depth_ = 0;
}

std::string_view Cursor::name() const {
  THOLE_ASSERT(valid());
  return levels_[depth_ - 1].node->key(levels_[depth_ - 1].index);
}

const Value& Cursor::value() const {
  THOLE_ASSERT(valid());
  return *levels_[depth_ - 1].node->value(levels_[depth_ - 1].index);
}

void Cursor::next() {
  THOLE_ASSERT(valid());
  ++levels_[depth_ - 1].index;
  step_over_ends();
}

Cursor walk(const Tree& tree) { return Cursor(tree.root(), {}, {}); }

Snapshot::Snapshot() = default;
Snapshot::Snapshot(RootRef root) : root_(std::move(root)) {}
Snapshot::Snapshot(const Snapshot&) = default;
Snapshot::Snapshot(Snapshot&&) noexcept = default;
Snapshot& Snapshot::operator=(Snapshot other) noexcept {
  std::swap(root_, other.root_);
  return *this;
}
Snapshot::~Snapshot() = default;

Revision Snapshot::revision() const { return root_ ? root_->revision : 0; }

const Value* Snapshot::find(std::string_view resource, std::string_view name) const {
  return root_ ? root_->find(resource, name) : nullptr;
}

ValuePtr Snapshot::get(std::string_view resource, std::string_view name) const {
  return ValuePtr::share(find(resource, name));
}

Cursor Snapshot::scan(std::string_view resource, std::string_view prefix,
                      std::string_view from) const {
  const Tree* tree = tree_of(root_.get(), resource);
  return tree ? Cursor(tree->root(), std::max(prefix, from), prefix) : Cursor();
}

std::uint64_t Snapshot::count(std::string_view resource, std::string_view prefix,
                              std::string_view from) const {
  const Tree* tree = tree_of(root_.get(), resource);
  if (tree == nullptr) return 0;
  const std::string end = behind(prefix);
  const std::uint64_t before_end = end.empty() ? tree->count() : tree->rank(end);
  const std::uint64_t before_begin = tree->rank(std::max(prefix, from));
  return before_end - std::min(before_begin, before_end);
}

ResourceInfo Snapshot::info(std::string_view resource) const {
  ResourceInfo info{std::string(resource), 0, 0, 0};
  if (const ResourceRoot* found = root_ ? root_->find(resource) : nullptr) {
    info.count = found->tree.count();
    info.bytes = found->tree.bytes();
    info.last_changed = found->last_changed;
  }
  return info;
}

std::vector<ResourceInfo> Snapshot::resources() const {
  std::vector<ResourceInfo> all;
  if (!root_) return all;
  for (const ResourceRef& one : root_->resources) all.push_back(info(one->resource));
  return all;
}

const void* Snapshot::identity(std::string_view resource) const {
  return root_ ? root_->find(resource) : nullptr;
}

std::shared_ptr<const void> Snapshot::pin(std::string_view resource) const {
  const ResourceRoot* found = root_ ? root_->find(resource) : nullptr;
  if (found == nullptr) return nullptr;
  return {static_cast<const void*>(found), [kept = ResourceRef::share(found)](const void*) {}};
}

}  // namespace thole::store
