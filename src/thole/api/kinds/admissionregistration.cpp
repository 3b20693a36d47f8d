// Webhook configurations and admission policies.
#include "thole/api/kinds/groups.hpp"

namespace thole::api::kinds {
namespace {

using codec::Value;

constexpr std::string_view kGroup = "admissionregistration.k8s.io";

void default_rules(const Fill& fill, Value rules) {
  for (const Value& rule : rules.elements()) fill.text(rule, "scope", "*");
}

void default_webhooks(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  for (const Value& webhook : object.get("webhooks").elements()) {
    fill.integer(webhook.get("clientConfig").get("service"), "port", 443);
    default_rules(fill, webhook.get("rules"));
    fill.text(webhook, "failurePolicy", "Fail");
    fill.text(webhook, "matchPolicy", "Equivalent");
    fill.object(webhook, "namespaceSelector");
    fill.object(webhook, "objectSelector");
    fill.integer(webhook, "timeoutSeconds", 10);
    if (context.resource.plural == "mutatingwebhookconfigurations") {
      fill.text(webhook, "reinvocationPolicy", "Never");
    }
  }
}

void default_match(const Fill& fill, Value resources) {
  if (!resources.is_object()) return;
  fill.text(resources, "matchPolicy", "Equivalent");
  fill.object(resources, "namespaceSelector");
  fill.object(resources, "objectSelector");
  default_rules(fill, resources.get("resourceRules"));
  default_rules(fill, resources.get("excludeResourceRules"));
}

void default_policy(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  const Value spec = object.get("spec");
  fill.text(spec, "failurePolicy", "Fail");
  default_match(fill, spec.get("matchConstraints"));
}

void default_binding(RuleContext& context, Value object) {
  default_match(Fill(context.arena), object.get("spec").get("matchResources"));
}

}  // namespace

void hook_admissionregistration(RulesTable& table) {
  for (const std::string_view resource :
       {"mutatingwebhookconfigurations", "validatingwebhookconfigurations"}) {
    edit(table, kGroup, resource,
         [](ResourceRules& rules) { rules.default_object = default_webhooks; });
  }
  for (const std::string_view resource :
       {"mutatingadmissionpolicies", "validatingadmissionpolicies"}) {
    edit(table, kGroup, resource,
         [](ResourceRules& rules) { rules.default_object = default_policy; });
  }
  for (const std::string_view resource :
       {"mutatingadmissionpolicybindings", "validatingadmissionpolicybindings"}) {
    edit(table, kGroup, resource,
         [](ResourceRules& rules) { rules.default_object = default_binding; });
  }
}

}  // namespace thole::api::kinds
