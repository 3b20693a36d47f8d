#pragma once
// Which resources are served now: the built-in catalog, and what CRDs add. The verbs and discovery
// ask here on each request; an answer is a view of one moment and stays valid while it is held.
//
// Threads: any.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "thole/schema/type.hpp"

namespace thole::api {

struct ResourceRules;

// One served resource, with what keeps it alive.
struct Served {
  const schema::Resource* resource = nullptr;
  std::shared_ptr<const void> owner;     // Null for built-in ones.
  const ResourceRules* rules = nullptr;  // Of a custom resource; null: the table's.
  bool custom = false;                   // Items in a list carry apiVersion and kind.
  std::string deprecation_warning;       // Sent with each answer when not empty.
  // The CRD is being deleted: creates are refused with 405.
  bool terminating = false;

  explicit operator bool() const { return resource != nullptr; }
};

class Resources {
 public:
  virtual ~Resources() = default;
  virtual Served find(std::string_view group, std::string_view version,
                      std::string_view plural) const = 0;
  // All of them in discovery's order: groups by priority, versions by priority, then by name.
  virtual std::vector<Served> all() const = 0;
};

}  // namespace thole::api
