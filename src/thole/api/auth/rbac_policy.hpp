#pragma once
// The RBAC objects of one moment, compiled: who may do what. Made when one of them changed, read by
// every request.
//
// Grants are found by the subject's name and by each group, so that a decision looks only at what
// concerns the caller. Immutable once made; any thread.
// Source: k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac, pkg/registry/rbac/validation.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "thole/api/attributes.hpp"
#include "thole/api/authorizer.hpp"
#include "thole/codec/value.hpp"
#include "thole/store/snapshot.hpp"

namespace thole::api {

// rbac.authorization.k8s.io/v1 PolicyRule.
struct PolicyRule {
  std::vector<std::string> verbs, api_groups, resources, resource_names, non_resource_urls;

  bool allows(const Attributes& attributes) const;
  bool operator==(const PolicyRule&) const = default;
};

PolicyRule policy_rule_of(const codec::Value& rule);
using PolicyRules = std::shared_ptr<const std::vector<PolicyRule>>;

class RbacPolicy {
 public:
  // Reads roles, clusterroles, rolebindings and clusterrolebindings.
  static std::shared_ptr<const RbacPolicy> compile(const store::Snapshot& snapshot);

  Decision decide(const Attributes& attributes) const;

  // Everything `user` may do in `namespace_` ("" for cluster-wide only); what could not be found
  // goes to `errors`.
  std::vector<PolicyRule> rules_for(const UserInfo& user, std::string_view namespace_,
                                    std::vector<std::string>& errors) const;

  // Null when there is no such role.
  PolicyRules cluster_role(std::string_view name) const;
  PolicyRules role(std::string_view namespace_, std::string_view name) const;

 private:
  struct Binding {
    std::string described;  // `ClusterRoleBinding "x" of ClusterRole "y" to `
    PolicyRules rules;      // Null: the role does not exist.
    std::string error;
  };
  struct Grant {
    const Binding* binding;
    std::string subject;  // `Group "z"`
  };
  // By "u:name" or "g:group".
  using Grants = std::map<std::string, std::vector<Grant>, std::less<>>;
  using Roles = std::map<std::string, PolicyRules, std::less<>>;

  // Calls `visit` with each grant of the user until it returns false.
  void visit(const UserInfo& user, std::string_view namespace_,
             const std::function<bool(const Grant&)>& visit) const;
  void add_binding(const codec::Value& object, std::string_view kind, std::string_view name,
                   std::string_view namespace_, Grants& grants);

  Roles cluster_roles_;  // By name.
  Roles roles_;          // By "namespace/name".
  std::vector<std::unique_ptr<Binding>> bindings_;
  Grants cluster_grants_;
  std::map<std::string, Grants, std::less<>> namespace_grants_;
};

}  // namespace thole::api
