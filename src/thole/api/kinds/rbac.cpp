// Roles and bindings.
#include "thole/api/kinds/groups.hpp"

namespace thole::api::kinds {
namespace {

using codec::Value;

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

void default_binding(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  fill.nonempty(object.get("roleRef"), "apiGroup", kGroup);
  for (const Value& subject : object.get("subjects").elements()) {
    const std::string_view kind = subject.string_or("kind");
    if (kind == "User" || kind == "Group") fill.nonempty(subject, "apiGroup", kGroup);
  }
}

void validate_rules(Value object, bool namespaced, Causes& causes) {
  std::size_t index = 0;
  for (const Value& rule : object.get("rules").elements()) {
    const Path at = Path("rules")[index++];
    if (rule.get("verbs").size() == 0) {
      required(causes, at / "verbs", "verbs must contain at least one value");
    }
    const Value urls = rule.get("nonResourceURLs");
    if (urls.size() > 0) {
      if (namespaced) {
        invalid(causes, at / "nonResourceURLs", urls,
                "namespaced rules cannot apply to non-resource URLs");
      }
      if (rule.get("apiGroups").size() > 0 || rule.get("resources").size() > 0 ||
          rule.get("resourceNames").size() > 0) {
        invalid(causes, at / "nonResourceURLs", urls,
                "rules cannot apply to both regular resources and non-resource URLs");
      }
      continue;
    }
    if (rule.get("apiGroups").size() == 0) {
      required(causes, at / "apiGroups", "resource rules must supply at least one api group");
    }
    if (rule.get("resources").size() == 0) {
      required(causes, at / "resources", "resource rules must supply at least one resource");
    }
  }
}

void validate_role(RuleContext& context, Value object, Causes& causes) {
  validate_rules(object, context.resource.namespaced, causes);
}

void validate_role_update(RuleContext& context, Value object, Value, Causes& causes) {
  validate_role(context, object, causes);
}

void validate_binding(RuleContext& context, Value object, Causes& causes) {
  const Value ref = object.get("roleRef");
  if (ref.string_or("apiGroup") != kGroup) {
    not_supported(causes, Path("roleRef.apiGroup"), ref.get("apiGroup"), {kGroup});
  }
  const std::string_view kind = ref.string_or("kind");
  const bool namespaced = context.resource.namespaced;
  if (kind != "ClusterRole" && !(namespaced && kind == "Role")) {
    if (namespaced) {
      not_supported(causes, Path("roleRef.kind"), Value::string(kind), {"ClusterRole", "Role"});
    } else {
      not_supported(causes, Path("roleRef.kind"), Value::string(kind), {"ClusterRole"});
    }
  }
  if (ref.string_or("name").empty()) required(causes, Path("roleRef.name"));

  std::size_t index = 0;
  for (const Value& subject : object.get("subjects").elements()) {
    const Path at = Path("subjects")[index++];
    if (subject.string_or("name").empty()) required(causes, at / "name");
    const std::string_view subject_kind = subject.string_or("kind");
    const std::string_view group = subject.string_or("apiGroup");
    if (subject_kind == "ServiceAccount") {
      if (!group.empty()) {
        not_supported(causes, at / "apiGroup", subject.get("apiGroup"), {""});
      }
      if (!namespaced && subject.string_or("namespace").empty()) {
        required(causes, at / "namespace");
      }
    } else if (subject_kind == "User" || subject_kind == "Group") {
      if (group != kGroup)
        not_supported(causes, at / "apiGroup", subject.get("apiGroup"), {kGroup});
    } else {
      not_supported(causes, at / "kind", subject.get("kind"), {"Group", "ServiceAccount", "User"});
    }
  }
}

void validate_binding_update(RuleContext& context, Value object, Value old, Causes& causes) {
  validate_binding(context, object, causes);
  if (!(object.get("roleRef") == old.get("roleRef"))) {
    invalid(causes, Path("roleRef"), object.get("roleRef"), "cannot change roleRef");
  }
}

}  // namespace

void hook_rbac(RulesTable& table) {
  for (const std::string_view resource : {"roles", "clusterroles"}) {
    edit(table, kGroup, resource, [](ResourceRules& rules) {
      rules.validate_create = validate_role;
      rules.validate_update = validate_role_update;
    });
  }
  for (const std::string_view resource : {"rolebindings", "clusterrolebindings"}) {
    edit(table, kGroup, resource, [](ResourceRules& rules) {
      rules.default_object = default_binding;
      rules.validate_create = validate_binding;
      rules.validate_update = validate_binding_update;
    });
  }
}

}  // namespace thole::api::kinds
