// HorizontalPodAutoscaler (v2, the version it is stored in).
#include "thole/api/kinds/groups.hpp"

namespace thole::api::kinds {
namespace {

using codec::Arena;
using codec::Value;

Value policy(Arena& arena, std::string_view type, std::int64_t value) {
  const Value out = Value::object(arena);
  out.set(arena, "type", Value::string(type));
  out.set(arena, "value", Value::integer(value));
  out.set(arena, "periodSeconds", Value::integer(15));
  return out;
}

void default_rules(const Fill& fill, Value behavior, std::string_view direction) {
  Arena& arena = fill.arena();
  const Value rules = fill.object(behavior, direction);
  const bool up = direction == "scaleUp";
  if (up) fill.integer(rules, "stabilizationWindowSeconds", 0);
  fill.text(rules, "selectPolicy", "Max");
  if (rules.get("policies").is_null()) {
    const Value policies = Value::array(arena);
    if (up) policies.push_back(arena, policy(arena, "Pods", 4));
    policies.push_back(arena, policy(arena, "Percent", 100));
    rules.set(arena, "policies", policies);
  }
}

void default_autoscaler(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  Arena& arena = context.arena;
  const Value spec = object.get("spec");
  fill.integer(spec, "minReplicas", 1);
  if (context.resource.version == "v1") return;  // Its metrics stand in annotations.
  if (spec.is_object() && spec.get("metrics").size() == 0) {
    const Value target = Value::object(arena);
    target.set(arena, "type", Value::string("Utilization"));
    target.set(arena, "averageUtilization", Value::integer(80));
    const Value resource = Value::object(arena);
    resource.set(arena, "name", Value::string("cpu"));
    resource.set(arena, "target", target);
    const Value metric = Value::object(arena);
    metric.set(arena, "type", Value::string("Resource"));
    metric.set(arena, "resource", resource);
    const Value metrics = Value::array(arena);
    metrics.push_back(arena, metric);
    spec.set(arena, "metrics", metrics);
  }
  if (const Value behavior = spec.get("behavior"); behavior.is_object()) {
    default_rules(fill, behavior, "scaleUp");
    default_rules(fill, behavior, "scaleDown");
  }
}

void validate_autoscaler(RuleContext&, Value object, Causes& causes) {
  const Value spec = object.get("spec");
  const std::int64_t least = spec.int_or("minReplicas", 1);
  const std::int64_t most = spec.int_or("maxReplicas", 0);
  if (least < 1) {
    invalid(causes, Path("spec.minReplicas"), spec.get("minReplicas"),
            "must be greater than or equal to 1");
  }
  if (most < 1) {
    invalid(causes, Path("spec.maxReplicas"), Value::integer(most), "must be greater than 0");
  }
  if (most < least) {
    invalid(causes, Path("spec.maxReplicas"), Value::integer(most),
            "must be greater than or equal to `minReplicas`");
  }
  const Value target = spec.get("scaleTargetRef");
  if (target.string_or("kind").empty()) required(causes, Path("spec.scaleTargetRef.kind"));
  if (target.string_or("name").empty()) required(causes, Path("spec.scaleTargetRef.name"));
}

void validate_autoscaler_update(RuleContext& context, Value object, Value, Causes& causes) {
  validate_autoscaler(context, object, causes);
}

}  // namespace

void hook_autoscaling(RulesTable& table) {
  edit(table, "autoscaling", "horizontalpodautoscalers", [](ResourceRules& rules) {
    rules.default_object = default_autoscaler;
    rules.validate_create = validate_autoscaler;
    rules.validate_update = validate_autoscaler_update;
  });
}

}  // namespace thole::api::kinds
