#pragma once
// A Root is the whole state at one revision: each resource with its tree. Freeing the last count
// of a root may mean freeing every object, so it is handed to a Reclaimer, which does it in slices.
//
// Threads: a Root is immutable once published; a Reclaimer is any thread's.

#include <atomic>
#include <string>
#include <vector>

#include "thole/base/executor.hpp"
#include "thole/store/ref.hpp"
#include "thole/store/tree.hpp"

namespace thole::store {

struct ResourceRoot final : Counted<ResourceRoot> {
  std::string resource;
  Tree tree;
  Revision last_changed = 0;
};
using ResourceRef = Ref<const ResourceRoot>;

class Reclaimer;

class Root final : public Counted<Root> {
 public:
  Root(Revision at, Ref<Reclaimer> reclaimer) : revision(at), reclaimer_(std::move(reclaimer)) {}

  const ResourceRoot* find(std::string_view resource) const;
  const Value* find(std::string_view resource, std::string_view name) const;

  // A copy that nobody else has, sharing all the resources.
  Ref<Root> copy(Ref<Reclaimer> reclaimer) const;
  // For a root that only the caller has. What it returns is what was there before.
  ValuePtr put(std::string_view resource, std::string_view name, ValuePtr value, Revision now);
  ValuePtr erase(std::string_view resource, std::string_view name, Revision now);

  // How much memory its nodes newer than `since` take.
  std::uint64_t node_bytes_since(Revision since) const;
  std::uint64_t value_bytes() const;  // Of all names and values.
  std::uint64_t count() const;

  static void destroy(Root* root);

  Revision revision;
  std::vector<ResourceRef> resources;  // Ordered by name.

 private:
  friend class Reclaimer;
  std::size_t position(std::string_view resource) const;
  ResourceRoot& mutable_resource(std::string_view resource);

  Ref<Reclaimer> reclaimer_;
  Root* next_garbage_ = nullptr;
};
using RootRef = Ref<const Root>;

class Reclaimer final : public Counted<Reclaimer> {
 public:
  explicit Reclaimer(Executor& executor) : executor_(executor) {}
  ~Reclaimer();

  static constexpr std::size_t kNodesPerSlice = 1'000;

  void take(Root* root);

  // While the sequencer works, what it lets go of waits for `end_of_batch` and needs no wake-up.
  bool begin_batch() { return !scheduled_.exchange(true, std::memory_order_acq_rel); }
  void end_of_batch();

 private:
  void schedule();
  bool step(std::size_t nodes);  // Whether anything is left.
  void open(Root* root);

  Executor& executor_;
  std::atomic<Root*> garbage_{nullptr};
  std::atomic<bool> scheduled_{false};  // Whoever set it owns `nodes_`.
  std::vector<Node*> nodes_;
};

}  // namespace thole::store
