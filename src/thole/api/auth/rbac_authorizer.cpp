#include "thole/api/auth/rbac_authorizer.hpp"

#include <algorithm>

namespace thole::api {

RbacAuthorizer::RbacAuthorizer(const store::Store& store)
    : store_(store),
      policy_({"rbac.authorization.k8s.io/clusterroles", "rbac.authorization.k8s.io/roles",
               "rbac.authorization.k8s.io/clusterrolebindings",
               "rbac.authorization.k8s.io/rolebindings"},
              &RbacPolicy::compile) {}

Async<Decision> RbacAuthorizer::authorize(const Attributes& attributes) {
  co_return decide(attributes);
}

Decision RbacAuthorizer::decide(const Attributes& attributes) {
  const std::vector<std::string>& groups = attributes.user.groups;
  if (std::find(groups.begin(), groups.end(), "system:masters") != groups.end()) {
    return {Decision::Answer::Allow, ""};
  }
  return policy()->decide(attributes);
}

}  // namespace thole::api
