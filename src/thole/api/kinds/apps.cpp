// Deployment, ReplicaSet, StatefulSet, DaemonSet, ControllerRevision, and ReplicationController.
#include "thole/api/kinds/groups.hpp"

namespace thole::api::kinds {
namespace {

using codec::Value;

void default_deployment(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  const Value spec = object.get("spec");
  default_pod_template(fill, object);
  fill.integer(spec, "replicas", 1);
  const Value strategy = fill.object(spec, "strategy");
  fill.nonempty(strategy, "type", "RollingUpdate");
  if (strategy.string_or("type") == "RollingUpdate") {
    const Value rolling = fill.object(strategy, "rollingUpdate");
    fill.text(rolling, "maxUnavailable", "25%");
    fill.text(rolling, "maxSurge", "25%");
  }
  fill.integer(spec, "revisionHistoryLimit", 10);
  fill.integer(spec, "progressDeadlineSeconds", 600);
}

void default_replica_set(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  default_pod_template(fill, object);
  fill.integer(object.get("spec"), "replicas", 1);
}

void default_daemon_set(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  const Value spec = object.get("spec");
  default_pod_template(fill, object);
  const Value strategy = fill.object(spec, "updateStrategy");
  fill.nonempty(strategy, "type", "RollingUpdate");
  if (strategy.string_or("type") == "RollingUpdate") {
    const Value rolling = fill.object(strategy, "rollingUpdate");
    fill.integer(rolling, "maxUnavailable", 1);
    fill.integer(rolling, "maxSurge", 0);
  }
  fill.integer(spec, "revisionHistoryLimit", 10);
}

void default_stateful_set(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  const Value spec = object.get("spec");
  default_pod_template(fill, object);
  for (const Value& claim : spec.get("volumeClaimTemplates").elements()) {
    // Claims inside carry their kind, as upstream's defaulting of the embedded object has it.
    if (!claim.is_object()) continue;
    fill.nonempty(claim, "kind", "PersistentVolumeClaim");
    fill.nonempty(claim, "apiVersion", "v1");
    default_claim_spec(fill, fill.object(claim, "spec"));
    fill.nonempty(fill.object(claim, "status"), "phase", "Pending");
  }
  fill.nonempty(spec, "podManagementPolicy", "OrderedReady");
  const Value strategy = fill.object(spec, "updateStrategy");
  if (strategy.string_or("type").empty()) {
    fill.nonempty(strategy, "type", "RollingUpdate");
    fill.object(strategy, "rollingUpdate");
  }
  if (strategy.string_or("type") == "RollingUpdate") {
    fill.integer(strategy.get("rollingUpdate"), "partition", 0);
    fill.integer(strategy.get("rollingUpdate"), "maxUnavailable", 1);
  }
  const Value retention = fill.object(spec, "persistentVolumeClaimRetentionPolicy");
  fill.nonempty(retention, "whenDeleted", "Retain");
  fill.nonempty(retention, "whenScaled", "Retain");
  fill.integer(spec, "replicas", 1);
  fill.integer(spec, "revisionHistoryLimit", 10);
}

void default_replication_controller(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  const Value spec = object.get("spec");
  default_pod_template(fill, object);
  const Value labels = spec.at_path("template", "metadata", "labels");
  if (labels.is_object()) {
    if (spec.get("selector").size() == 0) {
      spec.set(context.arena, "selector", fill.copy(labels));
    }
    const Value metadata = fill.object(object, "metadata");
    if (metadata.get("labels").size() == 0) {
      metadata.set(context.arena, "labels", fill.copy(labels));
    }
  }
  fill.integer(spec, "replicas", 1);
}

// The selector is needed, selects something, and selects what the template makes.
void validate_selector_and_template(Value spec, std::string_view plural, Causes& causes) {
  const Path path("spec");
  const Value selector = spec.get("selector");
  if (selector.is_null()) {
    required(causes, path / "selector");
  } else {
    check_selector(causes, path / "selector", selector);
    if (selector_is_empty(selector)) {
      invalid(causes, path / "selector", selector,
              plural == "statefulsets" ? "empty selector is invalid for statefulset"
              : plural == "daemonsets" ? "empty selector is invalid for daemonset"
                                       : "empty selector is invalid for deployment");
    }
  }
  const Value pod_template = spec.get("template");
  const Value labels = pod_template.at_path("metadata", "labels");
  if (!selector.is_null() && !selector_is_empty(selector) && !selector_matches(selector, labels)) {
    invalid(causes, path / "template" / "metadata" / "labels", labels,
            "`selector` does not match template `labels`");
  }
  validate_pod_template(pod_template, path / "template", causes);
  const Value restart = pod_template.at_path("spec", "restartPolicy");
  if (restart.is_string() && restart.as_string() != "Always" && !restart.as_string().empty()) {
    not_supported(causes, path / "template" / "spec" / "restartPolicy", restart, {"Always"});
  }
}

void validate_workload(RuleContext& context, Value object, Causes& causes) {
  const Value spec = object.get("spec");
  non_negative(causes, Path("spec.replicas"), spec.get("replicas"));
  validate_selector_and_template(spec, context.resource.plural, causes);
  non_negative(causes, Path("spec.minReadySeconds"), spec.get("minReadySeconds"));
  non_negative(causes, Path("spec.revisionHistoryLimit"), spec.get("revisionHistoryLimit"));
}

void validate_deployment(RuleContext& context, Value object, Causes& causes) {
  validate_workload(context, object, causes);
  const Value spec = object.get("spec");
  const Value strategy = spec.get("strategy");
  const std::string_view type = strategy.string_or("type");
  if (type == "Recreate") {
    if (strategy.get("rollingUpdate").is_object()) {
      forbidden(causes, Path("spec.strategy.rollingUpdate"),
                "may not be specified when strategy `type` is 'Recreate'");
    }
  } else if (type != "RollingUpdate") {
    not_supported(causes, Path("spec.strategy.type"), strategy.get("type"),
                  {"Recreate", "RollingUpdate"});
  }
  const Value deadline = spec.get("progressDeadlineSeconds");
  non_negative(causes, Path("spec.progressDeadlineSeconds"), deadline);
  if (deadline.is_int() && deadline.as_int() <= spec.int_or("minReadySeconds", 0)) {
    invalid(causes, Path("spec.progressDeadlineSeconds"), deadline,
            "must be greater than minReadySeconds");
  }
}

void validate_deployment_update(RuleContext& context, Value object, Value old, Causes& causes) {
  validate_deployment(context, object, causes);
  immutable(causes, Path("spec.selector"), object.get("spec").get("selector"),
            old.get("spec").get("selector"));
}

void validate_workload_update(RuleContext& context, Value object, Value old, Causes& causes) {
  validate_workload(context, object, causes);
  immutable(causes, Path("spec.selector"), object.get("spec").get("selector"),
            old.get("spec").get("selector"));
}

void validate_stateful_set_update(RuleContext& context, Value object, Value old, Causes& causes) {
  validate_workload(context, object, causes);
  const Value now = object.get("spec").clone(context.arena);
  const Value before = old.get("spec");
  for (const std::string_view field :
       {"replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy", "minReadySeconds"}) {
    const Value value = before.get(field);
    if (value.is_null()) {
      now.erase(field);
    } else {
      now.set(context.arena, field, value);
    }
  }
  if (now == before) return;
  forbidden(causes, Path("spec"),
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
            "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
            "'minReadySeconds' are forbidden");
}

// A revision is never changed.
void validate_revision_update(RuleContext&, Value object, Value old, Causes& causes) {
  immutable(causes, Path("data"), object.get("data"), old.get("data"));
}

}  // namespace

void hook_apps(RulesTable& table) {
  edit(table, "apps", "deployments", [](ResourceRules& rules) {
    rules.default_object = default_deployment;
    rules.validate_create = validate_deployment;
    rules.validate_update = validate_deployment_update;
  });
  edit(table, "apps", "replicasets", [](ResourceRules& rules) {
    rules.default_object = default_replica_set;
    rules.validate_create = validate_workload;
    rules.validate_update = validate_workload_update;
  });
  edit(table, "apps", "daemonsets", [](ResourceRules& rules) {
    rules.default_object = default_daemon_set;
    rules.validate_create = validate_workload;
    rules.validate_update = validate_workload_update;
  });
  edit(table, "apps", "statefulsets", [](ResourceRules& rules) {
    rules.default_object = default_stateful_set;
    rules.validate_create = validate_workload;
    rules.validate_update = validate_stateful_set_update;
  });
  edit(table, "apps", "controllerrevisions",
       [](ResourceRules& rules) { rules.validate_update = validate_revision_update; });
  edit(table, "", "replicationcontrollers",
       [](ResourceRules& rules) { rules.default_object = default_replication_controller; });
}

}  // namespace thole::api::kinds
