#pragma once
// Nobody gives away what he does not hold: who writes a role must hold its rules already (or the
// verb `escalate` on it), who writes a binding those of the role it names (or the verb `bind`).
// Members of system:masters may do either.
//
// Upstream does this in the storage of the four resources, after mutating admission and before
// validation. Here it is a plugin of the chain, which has to be the last one added.
// Source: k8s.io/kubernetes/pkg/registry/rbac/*/policybased. Any thread.

#include <memory>

#include "thole/api/admission.hpp"
#include "thole/api/auth/rbac_authorizer.hpp"

namespace thole::api {

// `authorizer` outlives the plugin.
std::unique_ptr<AdmissionPlugin> escalation_check(RbacAuthorizer& authorizer);

}  // namespace thole::api
