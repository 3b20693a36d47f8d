// NetworkPolicy, Ingress and IngressClass.
#include "thole/api/kinds/groups.hpp"

namespace thole::api::kinds {
namespace {

using codec::Value;

void default_policy(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  const Value spec = object.get("spec");
  for (const std::string_view direction : {"ingress", "egress"}) {
    for (const Value& rule : spec.get(direction).elements()) {
      for (const Value& port : rule.get("ports").elements()) fill.text(port, "protocol", "TCP");
    }
  }
  if (!spec.is_object() || spec.get("policyTypes").size() > 0) return;
  const Value types = Value::array(context.arena);
  types.push_back(context.arena, Value::string("Ingress"));
  if (spec.get("egress").size() > 0) types.push_back(context.arena, Value::string("Egress"));
  spec.set(context.arena, "policyTypes", types);
}

void default_ingress_class(RuleContext& context, Value object) {
  Fill(context.arena).text(object.get("spec").get("parameters"), "scope", "Cluster");
}

void validate_ingress(RuleContext&, Value object, Causes& causes) {
  const Value spec = object.get("spec");
  if (spec.get("rules").size() == 0 && spec.get("defaultBackend").is_null()) {
    invalid(causes, Path("spec"), spec, "either `defaultBackend` or `rules` must be specified");
  }
  std::size_t rule_index = 0;
  for (const Value& rule : spec.get("rules").elements()) {
    const Path at = Path("spec.rules")[rule_index++];
    const Value http = rule.get("http");
    if (!http.is_object()) continue;
    if (http.get("paths").size() == 0) required(causes, at / "http" / "paths");
    std::size_t index = 0;
    for (const Value& path : http.get("paths").elements()) {
      const Path path_at = (at / "http" / "paths")[index++];
      const std::string_view type = path.string_or("pathType");
      const std::string_view text = path.string_or("path");
      if (type.empty()) {
        required(causes, path_at / "pathType", "pathType must be specified");
      } else if (type == "Exact" || type == "Prefix") {
        if (!text.starts_with('/')) {
          invalid(causes, path_at / "path", Value::string(text), "must be an absolute path");
        }
      } else if (type != "ImplementationSpecific") {
        not_supported(causes, path_at / "pathType", path.get("pathType"),
                      {"Exact", "ImplementationSpecific", "Prefix"});
      }
      const Value backend = path.get("backend");
      if (backend.get("service").is_null() && backend.get("resource").is_null()) {
        required(causes, path_at / "backend", "resource or service backend is required");
      }
    }
  }
}

void validate_ingress_update(RuleContext& context, Value object, Value, Causes& causes) {
  validate_ingress(context, object, causes);
}

void validate_ingress_class_update(RuleContext&, Value object, Value old, Causes& causes) {
  immutable(causes, Path("spec.controller"), object.get("spec").get("controller"),
            old.get("spec").get("controller"));
}

}  // namespace

void hook_networking(RulesTable& table) {
  edit(table, "networking.k8s.io", "networkpolicies",
       [](ResourceRules& rules) { rules.default_object = default_policy; });
  edit(table, "networking.k8s.io", "ingressclasses", [](ResourceRules& rules) {
    rules.default_object = default_ingress_class;
    rules.validate_update = validate_ingress_class_update;
  });
  edit(table, "networking.k8s.io", "ingresses", [](ResourceRules& rules) {
    rules.validate_create = validate_ingress;
    rules.validate_update = validate_ingress_update;
  });
}

}  // namespace thole::api::kinds
