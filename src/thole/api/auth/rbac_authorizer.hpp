#pragma once
// The authorizer: members of system:masters may do everything, for everyone else the RBAC objects
// in the store decide. Any thread.

#include "thole/api/auth/rbac_policy.hpp"
#include "thole/api/authorizer.hpp"
#include "thole/store/derived.hpp"
#include "thole/store/store.hpp"

namespace thole::api {

class RbacAuthorizer : public Authorizer {
 public:
  // `store` outlives this.
  explicit RbacAuthorizer(const store::Store& store);

  Async<Decision> authorize(const Attributes& attributes) override;

  // The same without a coroutine.
  Decision decide(const Attributes& attributes);
  std::shared_ptr<const RbacPolicy> policy() { return policy_.get(store_.snapshot()); }

 private:
  const store::Store& store_;
  store::Derived<RbacPolicy> policy_;
};

}  // namespace thole::api
