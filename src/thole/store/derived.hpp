#pragma once
// Derived<T> caches a pure function of some resources: it is made again only when one of them
// changed, and copies (one for each fork of a store) start with what was made before.
//
//   Derived<Rules> rules({"rbac.authorization.k8s.io/roles"}, compile_rules);
//   std::shared_ptr<const Rules> now = rules.get(store.snapshot());
//
// Threads: any. Two threads that both find it stale may both make it; one result is kept.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thole/store/atomic_ref.hpp"
#include "thole/store/snapshot.hpp"

namespace thole::store {

template <typename T>
class Derived {
 public:
  using Make = std::function<std::shared_ptr<const T>(const Snapshot&)>;

  Derived(std::vector<std::string> resources, Make make)
      : resources_(std::move(resources)), make_(std::move(make)) {}
  Derived(const Derived& other)
      : resources_(other.resources_), make_(other.make_), entry_(other.entry_.load()) {}
  Derived& operator=(const Derived&) = delete;

  std::shared_ptr<const T> get(const Snapshot& snapshot) {
    if (const Ref<Entry> entry = entry_.load(); entry && matches(*entry, snapshot)) {
      return entry->made;
    }
    auto entry = Ref<Entry>::adopt(new Entry);
    entry->made = make_(snapshot);
    // Pinned, so that no other content can come to lie at the same address.
    for (const std::string& resource : resources_) entry->from.push_back(snapshot.pin(resource));
    std::shared_ptr<const T> made = entry->made;
    entry_.store(std::move(entry));
    return made;
  }

 private:
  struct Entry : Counted<Entry> {
    std::vector<std::shared_ptr<const void>> from;  // One a resource.
    std::shared_ptr<const T> made;
  };

  bool matches(const Entry& entry, const Snapshot& snapshot) const {
    for (std::size_t i = 0; i < resources_.size(); ++i) {
      if (entry.from[i].get() != snapshot.identity(resources_[i])) return false;
    }
    return true;
  }

  const std::vector<std::string> resources_;
  const Make make_;
  AtomicRef<Entry> entry_;
};

}  // namespace thole::store
