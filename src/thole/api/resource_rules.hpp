#pragma once
// How one kind behaves where kinds differ: the strategy of k8s.io/kubernetes/pkg/registry as data
// and a few hooks. `api/kinds` fills the table, one file an API group; the verbs read it and know
// no kind by name. A kind without an entry gets the defaults, which are those of a custom resource.
//
// Threads: immutable once the server has started.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thole/base/clock.hpp"
#include "thole/base/random.hpp"
#include "thole/base/result.hpp"
#include "thole/codec/value.hpp"
#include "thole/schema/type.hpp"

namespace thole::api {

// What hooks may use. `subresource` is "" or "status" and so on.
struct RuleContext {
  codec::Arena& arena;
  const schema::Resource& resource;
  std::string_view subresource;
  WallTime now;
  Random& random;
  std::vector<std::string>& warnings;
};

// Reasons as in field.Error: "FieldValueRequired", "FieldValueInvalid", "FieldValueForbidden",
// "FieldValueDuplicate", "FieldValueNotSupported", "FieldValueTooLong", ...
using Causes = std::vector<ErrorCause>;

enum class NameRule {
  DnsSubdomain,  // Most kinds.
  DnsLabel,      // Namespaces (and Services, with a letter first: Dns1035Label).
  Dns1035Label,
  PathSegment,  // RBAC kinds, Events: whatever fits in a path.
};

struct ResourceRules {
  NameRule name_rule = NameRule::DnsSubdomain;
  bool allow_create_on_update = false;
  bool allow_unconditional_update = true;
  bool returns_deleted_object = false;
  bool has_generation = true;  // metadata.generation starts at 1, and grows with the spec.
  bool has_status = false;     // A create drops status; an update of the object keeps the old one.
  bool immutable = false;      // No update at all changes anything but metadata.
  std::vector<std::string> finalizers_on_create;  // For example "kubernetes.io/pvc-protection".
  // spec.terminationGracePeriodSeconds and the like: what a delete waits for. Null: at once.
  // Returns the seconds to wait for, given what the client asked (-1 when it did not); 0 is now.
  std::int64_t (*grace_period)(codec::Value object, std::int64_t asked) = nullptr;

  // Changes the object that a delete leaves behind because something still holds it.
  void (*begin_delete)(RuleContext&, codec::Value object) = nullptr;
  // Whether something beside metadata.finalizers holds the object (a namespace's spec.finalizers).
  bool (*held)(codec::Value object) = nullptr;

  // After decoding (and again after mutating admission), beside the schema's defaults.
  void (*default_object)(RuleContext&, codec::Value object) = nullptr;
  // Resets what a client may not set; the generic parts (status, generation) are done before.
  void (*prepare_for_create)(RuleContext&, codec::Value object) = nullptr;
  void (*prepare_for_update)(RuleContext&, codec::Value object, codec::Value old) = nullptr;
  // Appends what is wrong, in upstream's order and words; metadata has been checked before.
  void (*validate_create)(RuleContext&, codec::Value object, Causes& causes) = nullptr;
  void (*validate_update)(RuleContext&, codec::Value object, codec::Value old,
                          Causes& causes) = nullptr;
  // The same for the status subresource; the generic part keeps spec and labels before.
  void (*prepare_for_status_update)(RuleContext&, codec::Value object, codec::Value old) = nullptr;
  // Sorts out what is no single field's fault. Ran last, without failing.
  void (*warn)(RuleContext&, codec::Value object, codec::Value old) = nullptr;
  // JSON pointers ("/spec/replicas") of the scale subresource; empty when there is none.
  std::string scale_spec_path;
  std::string scale_status_path;
  std::string scale_selector_path;  // A LabelSelector object, or the text form itself.
};

class RulesTable {
 public:
  // The last entry wins. `resource` is the plural.
  void set(std::string_view group, std::string_view resource, ResourceRules rules);
  const ResourceRules& find(std::string_view group, std::string_view resource) const;

 private:
  std::map<std::pair<std::string, std::string>, ResourceRules, std::less<>> rules_;
  ResourceRules fallback_;
};

}  // namespace thole::api
