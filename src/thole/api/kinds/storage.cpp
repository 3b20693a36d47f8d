// Storage classes and drivers, priority classes.
#include "thole/api/kinds/groups.hpp"

namespace thole::api::kinds {
namespace {

using codec::Value;

void default_class(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  fill.text(object, "reclaimPolicy", "Delete");
  fill.text(object, "volumeBindingMode", "Immediate");
}

void validate_class(RuleContext&, Value object, Causes& causes) {
  if (object.string_or("provisioner").empty()) required(causes, Path("provisioner"));
}

void validate_class_update(RuleContext& context, Value object, Value old, Causes& causes) {
  validate_class(context, object, causes);
  if (!(object.get("parameters") == old.get("parameters"))) {
    forbidden(causes, Path("parameters"), "updates to parameters are forbidden.");
  }
  if (!(object.get("provisioner") == old.get("provisioner"))) {
    forbidden(causes, Path("provisioner"), "updates to provisioner are forbidden.");
  }
  if (!(object.get("reclaimPolicy") == old.get("reclaimPolicy"))) {
    forbidden(causes, Path("reclaimPolicy"), "updates to reclaimPolicy are forbidden.");
  }
  immutable(causes, Path("volumeBindingMode"), object.get("volumeBindingMode"),
            old.get("volumeBindingMode"));
}

void default_driver(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  const Value spec = object.get("spec");
  fill.boolean(spec, "attachRequired", true);
  fill.boolean(spec, "podInfoOnMount", false);
  fill.boolean(spec, "storageCapacity", false);
  fill.text(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
  if (spec.is_object() && spec.get("volumeLifecycleModes").size() == 0) {
    const Value modes = Value::array(context.arena);
    modes.push_back(context.arena, Value::string("Persistent"));
    spec.set(context.arena, "volumeLifecycleModes", modes);
  }
  fill.boolean(spec, "requiresRepublish", false);
  fill.boolean(spec, "seLinuxMount", false);
  fill.boolean(spec, "preventPodSchedulingIfMissing", false);
}

void default_priority(RuleContext& context, Value object) {
  Fill(context.arena).text(object, "preemptionPolicy", "PreemptLowerPriority");
}

void validate_priority(RuleContext&, Value object, Causes& causes) {
  constexpr std::int64_t kUsersMax = 1'000'000'000;
  const std::string_view name = object.get("metadata").string_or("name");
  if (name.starts_with("system-")) {
    forbidden(causes, Path("metadata.name"),
              "priority class names with 'system-' prefix are reserved for system use only. error: "
              "not a system priority class");
  } else if (object.int_or("value", 0) > kUsersMax) {
    forbidden(causes, Path("value"),
              "maximum allowed value of a user defined priority is 1000000000");
  }
}

void validate_priority_update(RuleContext&, Value object, Value old, Causes& causes) {
  if (object.int_or("value", 0) != old.int_or("value", 0)) {
    forbidden(causes, Path("value"), "may not be changed in an update.");
  }
  immutable(causes, Path("preemptionPolicy"), object.get("preemptionPolicy"),
            old.get("preemptionPolicy"));
}

}  // namespace

void hook_storage(RulesTable& table) {
  edit(table, "storage.k8s.io", "storageclasses", [](ResourceRules& rules) {
    rules.default_object = default_class;
    rules.validate_create = validate_class;
    rules.validate_update = validate_class_update;
  });
  edit(table, "storage.k8s.io", "csidrivers",
       [](ResourceRules& rules) { rules.default_object = default_driver; });
  edit(table, "scheduling.k8s.io", "priorityclasses", [](ResourceRules& rules) {
    rules.default_object = default_priority;
    rules.validate_create = validate_priority;
    rules.validate_update = validate_priority_update;
  });
}

}  // namespace thole::api::kinds
