#pragma once
// Whether some rules give all that others give: what a caller must hold who wants to hand rules on.
// Plain functions; any thread.
// Source: k8s.io/component-helpers/auth/rbac/validation.

#include <string>
#include <vector>

#include "thole/api/auth/rbac_policy.hpp"
#include "thole/base/result.hpp"

namespace thole::api {

// What `wanted` gives and `held` does not, one rule for each resource with its missing verbs. Fails
// with Invalid when `wanted` spells out more combinations than are worth comparing.
Result<std::vector<PolicyRule>> missing_rules(const std::vector<PolicyRule>& held,
                                              const std::vector<PolicyRule>& wanted);

// `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`
std::string compact_text(const PolicyRule& rule);
// `["a" "b"]`, as Go's %q prints a list.
std::string quoted_list(const std::vector<std::string>& list);

}  // namespace thole::api
