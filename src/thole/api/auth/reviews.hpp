#pragma once
// The questions a client may ask about identity and rights: SelfSubjectReview, TokenReview, and the
// four access and rules reviews. Each is answered on create and never stored.
// Source: k8s.io/kubernetes/pkg/registry/authorization, pkg/registry/authentication.

#include "thole/api/auth/rbac_authorizer.hpp"
#include "thole/api/auth/request_authenticator.hpp"
#include "thole/api/virtual_resource.hpp"

namespace thole::api {

// `authorizer`, `authenticator` and `clock` outlive `resources`.
void add_reviews(VirtualResources& resources, RbacAuthorizer& authorizer,
                 const RequestAuthenticator& authenticator, const Clock& clock);

}  // namespace thole::api
