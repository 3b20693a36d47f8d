#include "thole/store/root.hpp"

#include <algorithm>

#include "thole/base/result.hpp"

namespace thole::store {
namespace {

std::uint64_t bytes_since(const Node* node, Revision since) {
  if (node->stamp() <= since) return 0;  // What is below an old node is as old.
  std::uint64_t bytes = node->footprint();
  if (node->is_leaf()) return bytes;
  for (std::uint32_t i = 0; i < node->size(); ++i) bytes += bytes_since(node->child(i), since);
  return bytes;
}

}  // namespace

std::size_t Root::position(std::string_view resource) const {
  const auto at = std::lower_bound(
      resources.begin(), resources.end(), resource,
      [](const ResourceRef& one, std::string_view name) { return one->resource < name; });
  return static_cast<std::size_t>(at - resources.begin());
}

const ResourceRoot* Root::find(std::string_view resource) const {
  const std::size_t at = position(resource);
  if (at == resources.size() || resources[at]->resource != resource) return nullptr;
  return resources[at].get();
}

const Value* Root::find(std::string_view resource, std::string_view name) const {
  const ResourceRoot* found = find(resource);
  return found ? found->tree.find(name) : nullptr;
}

Ref<Root> Root::copy(Ref<Reclaimer> reclaimer) const {
  auto root = Ref<Root>::adopt(new Root(revision, std::move(reclaimer)));
  root->resources = resources;
  return root;
}

ResourceRoot& Root::mutable_resource(std::string_view resource) {
  const std::size_t at = position(resource);
  const bool present = at < resources.size() && resources[at]->resource == resource;
  if (present && resources[at]->unique()) return const_cast<ResourceRoot&>(*resources[at]);

  auto fresh = Ref<ResourceRoot>::adopt(new ResourceRoot);
  fresh->resource = resource;
  ResourceRoot& made = *fresh;
  if (present) {
    fresh->tree = resources[at]->tree;
    fresh->last_changed = resources[at]->last_changed;
    resources[at] = std::move(fresh);
  } else {
    resources.insert(resources.begin() + static_cast<std::ptrdiff_t>(at), std::move(fresh));
  }
  return made;
}

ValuePtr Root::put(std::string_view resource, std::string_view name, ValuePtr value, Revision now) {
  ResourceRoot& changed = mutable_resource(resource);
  changed.last_changed = now;
  return changed.tree.put(name, std::move(value), now);
}

ValuePtr Root::erase(std::string_view resource, std::string_view name, Revision now) {
  if (find(resource, name) == nullptr) return nullptr;
  ResourceRoot& changed = mutable_resource(resource);
  changed.last_changed = now;
  return changed.tree.erase(name, now);
}

std::uint64_t Root::node_bytes_since(Revision since) const {
  std::uint64_t bytes = 0;
  for (const ResourceRef& one : resources) {
    if (one->tree.root()) bytes += bytes_since(one->tree.root(), since);
  }
  return bytes;
}

std::uint64_t Root::value_bytes() const {
  std::uint64_t bytes = 0;
  for (const ResourceRef& one : resources) bytes += one->tree.bytes();
  return bytes;
}

std::uint64_t Root::count() const {
  std::uint64_t count = 0;
  for (const ResourceRef& one : resources) count += one->tree.count();
  return count;
}

void Root::destroy(Root* root) {
  // The reclaimer may be freed with its last root, so it is held by hand.
  const Ref<Reclaimer> reclaimer = root->reclaimer_;
  reclaimer->take(root);
}

Reclaimer::~Reclaimer() {
  // A slice that was posted to an executor that is torn down has not run.
  while (step(kNodesPerSlice)) {
  }
}

void Reclaimer::take(Root* root) {
  root->reclaimer_ = nullptr;  // Else a waiting root would keep its reclaimer, and that the root.
  Root* head = garbage_.load(std::memory_order_relaxed);
  do {
    root->next_garbage_ = head;
    // Pairs with the acquire of the exchange in `step`.
  } while (!garbage_.compare_exchange_weak(head, root, std::memory_order_release,
                                           std::memory_order_relaxed));
  if (!scheduled_.exchange(true, std::memory_order_acq_rel)) schedule();
}

void Reclaimer::end_of_batch() {
  if (step(kNodesPerSlice)) {
    schedule();
    return;
  }
  scheduled_.store(false, std::memory_order_seq_cst);
  // A root that came between the step and the store saw `scheduled_` and woke nobody.
  if (garbage_.load(std::memory_order_seq_cst) != nullptr &&
      !scheduled_.exchange(true, std::memory_order_acq_rel)) {
    schedule();
  }
}

void Reclaimer::schedule() {
  executor_.post([self = Ref<Reclaimer>::share(this)] { self->end_of_batch(); });
}

void Reclaimer::open(Root* root) {
  for (ResourceRef& one : root->resources) {
    auto* resource = const_cast<ResourceRoot*>(one.give_up());
    if (!resource->release_only()) continue;
    if (const Node* node = resource->tree.give_up_root(); node && node->release_only()) {
      nodes_.push_back(const_cast<Node*>(node));
    }
    delete resource;
  }
  delete root;
}

bool Reclaimer::step(std::size_t budget) {
  for (Root* root = garbage_.exchange(nullptr, std::memory_order_acquire); root;) {
    Root* const next = root->next_garbage_;
    open(root);
    root = next;
  }
  for (; budget > 0 && !nodes_.empty(); --budget) {
    Node* const node = nodes_.back();
    nodes_.pop_back();
    for (std::uint32_t i = 0; i < node->size(); ++i) {
      if (node->is_leaf()) {
        node->value(i)->release();
      } else if (node->child(i)->release_only()) {
        nodes_.push_back(const_cast<Node*>(node->child(i)));
      }
    }
    Node::free_block(node);
  }
  return !nodes_.empty();
}

}  // namespace thole::store
