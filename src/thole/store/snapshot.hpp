#pragma once
// A Snapshot pins the state at one revision: it never changes, and it costs nothing but the
// memory of what was replaced meanwhile. A Cursor walks one resource of it in byte order.
//
// Threads: a Snapshot may be copied and read from any thread.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "thole/store/value.hpp"

namespace thole::store {

class Node;
class Root;
class Tree;

// Stands on one (name, value), or is at the end. Needs its Snapshot to stay alive.
class Cursor {
 public:
  Cursor() = default;

  bool valid() const { return depth_ != 0; }
  std::string_view name() const;
  const Value& value() const;
  ValuePtr share() const { return ValuePtr::share(&value()); }
  void next();

 private:
  friend class Snapshot;
  friend Cursor walk(const Tree& tree);
  struct Level {
    const Node* node;
    std::uint32_t index;
  };
  static constexpr std::size_t kDepthMax = 16;  // Each level but the last holds ten times more.

  Cursor(const Node* root, std::string_view from, std::string_view prefix);
  void step_over_ends();

  std::array<Level, kDepthMax> levels_;
  std::size_t depth_ = 0;
  std::string prefix_;
};

Cursor walk(const Tree& tree);  // All of it. For the inside of the store.

struct ResourceInfo {
  std::string resource;
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;  // Of keys and values.
  Revision last_changed = 0;
};

class Snapshot {
 public:
  Snapshot();  // Of nothing, at revision 0.
  Snapshot(const Snapshot&);
  Snapshot(Snapshot&&) noexcept;
  Snapshot& operator=(Snapshot) noexcept;
  ~Snapshot();

  Revision revision() const;

  // Null when it is not there. The pointer is good while this Snapshot, or a copy, is.
  const Value* find(std::string_view resource, std::string_view name) const;
  ValuePtr get(std::string_view resource, std::string_view name) const;

  // All names that start with `prefix` and are not less than `from`, in order. To go on behind a
  // name, start from it with a zero byte appended.
  Cursor scan(std::string_view resource, std::string_view prefix = {},
              std::string_view from = {}) const;
  // How many names that scan would visit, in O(log n).
  std::uint64_t count(std::string_view resource, std::string_view prefix = {},
                      std::string_view from = {}) const;

  // Zeros for a resource that has no objects (and last_changed 0 if it never had since the start).
  ResourceInfo info(std::string_view resource) const;
  std::vector<ResourceInfo> resources() const;  // In order.

  // Equal pointers mean equal content of that resource, as long as one of the two is pinned. Null
  // for a resource that never was.
  const void* identity(std::string_view resource) const;
  // Keeps the content of that resource alone. Its get() is the identity.
  std::shared_ptr<const void> pin(std::string_view resource) const;

 private:
  friend class Store;
  friend struct StoreState;
  explicit Snapshot(Ref<const Root> root);

  Ref<const Root> root_;
};

}  // namespace thole::store
