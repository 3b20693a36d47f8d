// Pods: what only a pod of its own gets, its life, and the checks that catch most mistakes.
#include <algorithm>
#include <set>

#include "thole/api/kinds/groups.hpp"
#include "thole/api/names.hpp"
#include "thole/base/text.hpp"

namespace thole::api::kinds {
namespace {

using codec::Value;

void default_pod(RuleContext& context, Value pod) {
  const Fill fill(context.arena);
  const Value spec = pod.get("spec");
  default_pod_spec(fill, spec);
  fill.boolean(spec, "enableServiceLinks", true);
  if (spec.int_or("terminationGracePeriodSeconds", 0) < 0) {
    spec.set(context.arena, "terminationGracePeriodSeconds", Value::integer(1));
  }
  for (const std::string_view list : {"initContainers", "containers"}) {
    for (const Value& container : spec.get(list).elements()) {
      const Value resources = container.get("resources");
      if (const Value limits = resources.get("limits"); limits.is_object()) {
        fill.missing(fill.object(resources, "requests"), limits);
      }
      if (!spec.bool_or("hostNetwork", false)) continue;
      for (const Value& port : container.get("ports").elements()) {
        fill.nonzero(port, "hostPort", port.int_or("containerPort", 0));
      }
    }
  }
}

// The quality of service class, from cpu and memory of all containers.
std::string_view qos_of(Value spec) {
  bool any = false;
  bool guaranteed = true;
  for (const std::string_view list : {"initContainers", "containers"}) {
    for (const Value& container : spec.get(list).elements()) {
      const Value limits = container.at_path("resources", "limits");
      const Value requests = container.at_path("resources", "requests");
      for (const std::string_view resource : {"cpu", "memory"}) {
        const Value limit = limits.get(resource);
        const Value request = requests.get(resource);
        any = any || !limit.is_null() || !request.is_null();
        if (limit.is_null() || !(request.is_null() || request == limit)) guaranteed = false;
      }
    }
  }
  return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
}

void prepare_create(RuleContext& context, Value pod) {
  const Value status = Value::object(context.arena);
  status.set(context.arena, "phase", Value::string("Pending"));
  if (pod.at_path("spec", "schedulingGates").size() > 0) {
    const Value condition = Value::object(context.arena);
    condition.set(context.arena, "type", Value::string("PodScheduled"));
    condition.set(context.arena, "status", Value::string("False"));
    condition.set(context.arena, "lastProbeTime", Value());
    condition.set(context.arena, "lastTransitionTime", Value());
    condition.set(context.arena, "reason", Value::string("SchedulingGated"));
    condition.set(context.arena, "message",
                  Value::string("Scheduling is blocked due to non-empty scheduling gates"));
    const Value conditions = Value::array(context.arena);
    conditions.push_back(context.arena, condition);
    status.set(context.arena, "conditions", conditions);
  }
  status.set(context.arena, "qosClass", Value::string(qos_of(pod.get("spec"))));
  pod.set(context.arena, "status", status);
}

void validate_container(const Value& container, const Path& path, std::set<std::string>& names,
                        Causes& causes) {
  const std::string_view name = container.string_or("name");
  if (name.empty()) {
    required(causes, path / "name");
  } else {
    for (const std::string& reason : check_dns_label(name)) {
      invalid(causes, path / "name", Value::string(name), reason);
    }
    if (!names.emplace(name).second) duplicate(causes, path / "name", Value::string(name));
  }
  if (container.string_or("image").empty()) required(causes, path / "image");

  std::size_t index = 0;
  for (const Value& port : container.get("ports").elements()) {
    const Path at = (path / "ports")[index++];
    const std::int64_t number = port.int_or("containerPort", 0);
    if (number == 0) {
      required(causes, at / "containerPort");
    } else if (number < 1 || number > 65535) {
      invalid(causes, at / "containerPort", port.get("containerPort"),
              "must be between 1 and 65535, inclusive");
    }
    const Value protocol = port.get("protocol");
    if (protocol.is_string() && protocol.as_string() != "TCP" && protocol.as_string() != "UDP" &&
        protocol.as_string() != "SCTP") {
      not_supported(causes, at / "protocol", protocol, {"SCTP", "TCP", "UDP"});
    }
  }
  const Value pull = container.get("imagePullPolicy");
  if (pull.is_string() && pull.as_string() != "Always" && pull.as_string() != "IfNotPresent" &&
      pull.as_string() != "Never") {
    not_supported(causes, path / "imagePullPolicy", pull, {"Always", "IfNotPresent", "Never"});
  }
}

void validate_spec(Value spec, const Path& path, Causes& causes) {
  std::set<std::string> volumes;
  std::size_t index = 0;
  for (const Value& volume : spec.get("volumes").elements()) {
    const Path at = (path / "volumes")[index++];
    const std::string_view name = volume.string_or("name");
    if (name.empty()) {
      required(causes, at / "name");
    } else {
      for (const std::string& reason : check_dns_label(name)) {
        invalid(causes, at / "name", Value::string(name), reason);
      }
      if (!volumes.emplace(name).second) duplicate(causes, at / "name", Value::string(name));
    }
  }

  const Value containers = spec.get("containers");
  if (containers.size() == 0) required(causes, path / "containers");
  std::set<std::string> names;
  for (const std::string_view list : {"containers", "initContainers"}) {
    index = 0;
    for (const Value& container : spec.get(list).elements()) {
      const Path at = (path / list)[index++];
      validate_container(container, at, names, causes);
      std::size_t mount_index = 0;
      for (const Value& mount : container.get("volumeMounts").elements()) {
        const Path mount_at = (at / "volumeMounts")[mount_index++];
        const std::string_view name = mount.string_or("name");
        if (name.empty()) {
          required(causes, mount_at / "name");
        } else if (!volumes.contains(std::string(name))) {
          causes.push_back(
              {"FieldValueNotFound", cat("Not found: \"", name, "\""), (mount_at / "name").text()});
        }
        if (mount.string_or("mountPath").empty()) required(causes, mount_at / "mountPath");
      }
    }
  }

  const Value restart = spec.get("restartPolicy");
  const std::string_view policy = spec.string_or("restartPolicy");
  if (policy.empty()) {
    required(causes, path / "restartPolicy");
  } else if (policy != "Always" && policy != "OnFailure" && policy != "Never") {
    not_supported(causes, path / "restartPolicy", restart, {"Always", "Never", "OnFailure"});
  }
}

void validate_pod_create(RuleContext&, Value pod, Causes& causes) {
  validate_spec(pod.get("spec"), Path("spec"), causes);
}

// Of a pod that exists only a few fields may change.
void validate_pod_update(RuleContext& context, Value pod, Value old, Causes& causes) {
  validate_spec(pod.get("spec"), Path("spec"), causes);
  if (!causes.empty()) return;
  const Value now = pod.get("spec").clone(context.arena);
  const Value before = old.get("spec");
  for (const std::string_view list : {"containers", "initContainers"}) {
    const auto new_ones = now.get(list).elements();
    const auto old_ones = before.get(list).elements();
    if (new_ones.size() != old_ones.size()) continue;
    for (std::size_t i = 0; i < new_ones.size(); ++i) {
      new_ones[i].set(context.arena, "image", old_ones[i].get("image"));
    }
  }
  const auto keep_old = [&](std::string_view field) {
    const Value value = before.get(field);
    if (value.is_null()) {
      now.erase(field);
    } else {
      now.set(context.arena, field, value);
    }
  };
  if (before.get("activeDeadlineSeconds").is_null() || now.get("activeDeadlineSeconds").is_int()) {
    keep_old("activeDeadlineSeconds");
  }
  // Tolerations may only be added.
  const auto old_tolerations = before.get("tolerations").elements();
  const auto new_tolerations = now.get("tolerations").elements();
  const bool kept =
      std::all_of(old_tolerations.begin(), old_tolerations.end(), [&](const Value& toleration) {
        return std::any_of(new_tolerations.begin(), new_tolerations.end(),
                           [&](const Value& other) { return other == toleration; });
      });
  if (kept) keep_old("tolerations");
  // Gates may only go.
  if (now.get("schedulingGates").size() <= before.get("schedulingGates").size()) {
    keep_old("schedulingGates");
  }
  if (before.int_or("terminationGracePeriodSeconds", 0) < 0 &&
      now.int_or("terminationGracePeriodSeconds", 0) == 1) {
    keep_old("terminationGracePeriodSeconds");
  }
  if (now == before) return;
  forbidden(causes, Path("spec"),
            "pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
            "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to "
            "be set to 1 if it was previously negative)");
}

// A pod that no node has seen, or that has ended, goes at once; others have their grace period.
std::int64_t grace_period(Value pod, std::int64_t asked) {
  std::int64_t period = asked;
  if (period < 0) period = pod.get("spec").int_or("terminationGracePeriodSeconds", 30);
  if (pod.get("spec").string_or("nodeName").empty()) return 0;
  const std::string_view phase = pod.get("status").string_or("phase");
  if (phase == "Failed" || phase == "Succeeded") return 0;
  return period < 0 ? 1 : period;
}

}  // namespace

void validate_pod_template(Value pod_template, const Path& path, Causes& causes) {
  check_labels(causes, path / "metadata" / "labels", pod_template.at_path("metadata", "labels"));
  validate_spec(pod_template.get("spec"), path / "spec", causes);
}

void hook_pods(RulesTable& table) {
  edit(table, "", "pods", [](ResourceRules& rules) {
    rules.default_object = default_pod;
    rules.prepare_for_create = prepare_create;
    rules.validate_create = validate_pod_create;
    rules.validate_update = validate_pod_update;
    rules.grace_period = grace_period;
  });
  edit(table, "", "podtemplates", [](ResourceRules& rules) {
    rules.default_object = [](RuleContext& context, Value object) {
      const Fill fill(context.arena);
      if (const Value inner = object.get("template"); inner.is_object()) {
        default_pod_spec(fill, fill.object(inner, "spec"));
      }
    };
  });
}

}  // namespace thole::api::kinds
