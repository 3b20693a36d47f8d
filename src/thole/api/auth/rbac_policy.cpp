#include "thole/api/auth/rbac_policy.hpp"

#include <algorithm>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {
namespace {

constexpr std::string_view kGroup = "rbac.authorization.k8s.io/";

std::vector<std::string> strings_of(const codec::Value& list) {
  std::vector<std::string> out;
  for (const codec::Value& item : list.elements()) {
    if (item.is_string()) out.emplace_back(item.as_string());
  }
  return out;
}

bool holds(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool holds_or_all(const std::vector<std::string>& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& item) { return item == "*" || item == text; });
}

// "*/scale" stands for that subresource of every resource.
bool resource_matches(const std::vector<std::string>& list, const Attributes& attributes) {
  for (const std::string& item : list) {
    if (item == "*") return true;
    const std::string_view rule = item;
    if (attributes.subresource.empty()) {
      if (rule == attributes.resource) return true;
      continue;
    }
    const std::size_t slash = rule.find('/');
    if (slash == std::string_view::npos) continue;
    if (rule == "*/" + attributes.subresource) return true;
    if (rule.substr(0, slash) == attributes.resource &&
        rule.substr(slash + 1) == attributes.subresource) {
      return true;
    }
  }
  return false;
}

// A star at the end stands for any rest.
bool url_matches(const std::vector<std::string>& list, std::string_view path) {
  for (const std::string_view rule : list) {
    if (rule == "*" || rule == path) return true;
    if (rule.ends_with('*')) {
      const std::string_view start = rule.substr(0, rule.find_last_not_of('*') + 1);
      if (path.starts_with(start)) return true;
    }
  }
  return false;
}

PolicyRules rules_of(const codec::Value& object) {
  auto rules = std::make_shared<std::vector<PolicyRule>>();
  for (const codec::Value& rule : object.get("rules").elements()) {
    rules->push_back(policy_rule_of(rule));
  }
  return rules;
}

// Calls `use(name, object)` for every object of one RBAC resource. The store's bytes are what this
// server wrote, so one that does not parse is a bug, and skipping it takes rights away, never
// gives them.
template <typename Use>
void each(const store::Snapshot& snapshot, std::string_view plural, Use use) {
  const std::string resource = cat(kGroup, plural);
  for (store::Cursor at = snapshot.scan(resource); at.valid(); at.next()) {
    const Result<codec::Document> document = codec::parse_json(at.value().bytes());
    if (document) use(at.name(), document->root);
  }
}

std::string joined(const std::vector<std::string>& errors) {
  if (errors.size() == 1) return errors.front();
  std::string out = "[";
  for (const std::string& error : errors) {
    if (out.size() > 1) out += ", ";
    out += error;
  }
  return out + "]";
}

}  // namespace

bool PolicyRule::allows(const Attributes& attributes) const {
  if (!holds_or_all(verbs, attributes.verb)) return false;
  if (!attributes.resource_request) return url_matches(non_resource_urls, attributes.path);
  return holds_or_all(api_groups, attributes.group) && resource_matches(resources, attributes) &&
         (resource_names.empty() || holds(resource_names, attributes.name));
}

PolicyRule policy_rule_of(const codec::Value& rule) {
  return {.verbs = strings_of(rule.get("verbs")),
          .api_groups = strings_of(rule.get("apiGroups")),
          .resources = strings_of(rule.get("resources")),
          .resource_names = strings_of(rule.get("resourceNames")),
          .non_resource_urls = strings_of(rule.get("nonResourceURLs"))};
}

std::shared_ptr<const RbacPolicy> RbacPolicy::compile(const store::Snapshot& snapshot) {
  auto policy = std::make_shared<RbacPolicy>();
  each(snapshot, "clusterroles", [&](std::string_view name, const codec::Value& object) {
    policy->cluster_roles_.emplace(name, rules_of(object));
  });
  each(snapshot, "roles", [&](std::string_view name, const codec::Value& object) {
    policy->roles_.emplace(name, rules_of(object));
  });
  each(snapshot, "clusterrolebindings", [&](std::string_view name, const codec::Value& object) {
    policy->add_binding(object, "ClusterRoleBinding", name, "", policy->cluster_grants_);
  });
  each(snapshot, "rolebindings", [&](std::string_view key, const codec::Value& object) {
    const std::size_t slash = key.find('/');
    if (slash == std::string_view::npos) return;
    const std::string namespace_(key.substr(0, slash));
    policy->add_binding(object, "RoleBinding", key.substr(slash + 1), namespace_,
                        policy->namespace_grants_[namespace_]);
  });
  return policy;
}

void RbacPolicy::add_binding(const codec::Value& object, std::string_view kind,
                             std::string_view name, std::string_view namespace_, Grants& grants) {
  const std::string_view role_kind = object.at_path("roleRef", "kind").is_string()
                                         ? object.at_path("roleRef", "kind").as_string()
                                         : std::string_view();
  const std::string_view role_name = object.get("roleRef").string_or("name");
  auto binding = std::make_unique<Binding>();
  std::string shown(name);
  if (!namespace_.empty()) shown += cat("/", namespace_);
  binding->described = cat(kind, " ", codec::go_quote(shown), " of ", role_kind, " ",
                           codec::go_quote(role_name), " to ");
  binding->rules =
      role_kind == "ClusterRole" ? cluster_role(role_name) : role(namespace_, role_name);
  if (!binding->rules) {
    binding->error = cat(role_kind == "ClusterRole" ? "clusterrole" : "role",
                         ".rbac.authorization.k8s.io ", codec::go_quote(role_name), " not found");
  }

  for (const codec::Value& subject : object.get("subjects").elements()) {
    const std::string_view subject_kind = subject.string_or("kind");
    const std::string_view subject_name = subject.string_or("name");
    std::string key;
    std::string described = cat(subject_kind, " ", codec::go_quote(subject_name));
    if (subject_kind == "User") {
      key = cat("u:", subject_name);
    } else if (subject_kind == "Group") {
      key = cat("g:", subject_name);
    } else if (subject_kind == "ServiceAccount") {
      std::string_view of = subject.string_or("namespace");
      if (of.empty()) of = namespace_;
      if (of.empty()) continue;
      key = cat("u:system:serviceaccount:", of, ":", subject_name);
      described = cat(subject_kind, " ", codec::go_quote(cat(subject_name, "/", of)));
    } else {
      continue;
    }
    grants[key].push_back({binding.get(), std::move(described)});
  }
  bindings_.push_back(std::move(binding));
}

PolicyRules RbacPolicy::cluster_role(std::string_view name) const {
  const auto found = cluster_roles_.find(name);
  return found == cluster_roles_.end() ? nullptr : found->second;
}

PolicyRules RbacPolicy::role(std::string_view namespace_, std::string_view name) const {
  const auto found = roles_.find(cat(namespace_, "/", name));
  return found == roles_.end() ? nullptr : found->second;
}

void RbacPolicy::visit(const UserInfo& user, std::string_view namespace_,
                       const std::function<bool(const Grant&)>& visit) const {
  const auto visit_all = [&](const Grants& grants) {
    const auto visit_key = [&](const std::string& key) {
      const auto found = grants.find(key);
      if (found == grants.end()) return true;
      return std::all_of(found->second.begin(), found->second.end(), visit);
    };
    if (!visit_key("u:" + user.name)) return false;
    return std::all_of(user.groups.begin(), user.groups.end(),
                       [&](const std::string& group) { return visit_key("g:" + group); });
  };
  if (!visit_all(cluster_grants_) || namespace_.empty()) return;
  const auto found = namespace_grants_.find(namespace_);
  if (found != namespace_grants_.end()) visit_all(found->second);
}

Decision RbacPolicy::decide(const Attributes& attributes) const {
  Decision decision;
  std::vector<std::string> errors;
  visit(attributes.user, attributes.namespace_, [&](const Grant& grant) {
    if (!grant.binding->rules) {
      if (!holds(errors, grant.binding->error)) errors.push_back(grant.binding->error);
      return true;
    }
    for (const PolicyRule& rule : *grant.binding->rules) {
      if (!rule.allows(attributes)) continue;
      decision.answer = Decision::Answer::Allow;
      decision.reason = cat("RBAC: allowed by ", grant.binding->described, grant.subject);
      return false;
    }
    return true;
  });
  if (decision.answer != Decision::Answer::Allow && !errors.empty()) {
    decision.reason = "RBAC: " + joined(errors);
  }
  return decision;
}

std::vector<PolicyRule> RbacPolicy::rules_for(const UserInfo& user, std::string_view namespace_,
                                              std::vector<std::string>& errors) const {
  std::vector<PolicyRule> rules;
  visit(user, namespace_, [&](const Grant& grant) {
    if (!grant.binding->rules) {
      if (!holds(errors, grant.binding->error)) errors.push_back(grant.binding->error);
      return true;
    }
    rules.insert(rules.end(), grant.binding->rules->begin(), grant.binding->rules->end());
    return true;
  });
  return rules;
}

}  // namespace thole::api
