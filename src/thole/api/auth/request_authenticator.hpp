#pragma once
// Finds out who sent a request: the in-process identity of its transport, a client certificate, a
// bearer token, or nobody in particular; then whom it asks to impersonate.
//
// A credential that was given and does not hold is 401, never anonymous, unless another one holds.
// Threads: any, as the Clock and Authorizer it was given allow.
// Source: k8s.io/apiserver/pkg/authentication/request, pkg/authentication/group.

#include <memory>
#include <optional>

#include "thole/api/auth/tokens.hpp"
#include "thole/api/auth/verified_chains.hpp"
#include "thole/api/authenticator.hpp"
#include "thole/api/authorizer.hpp"
#include "thole/base/clock.hpp"
#include "thole/codec/x509.hpp"

namespace thole::api {

struct AuthenticatorOptions {
  std::optional<codec::CaBundle> client_ca;  // Without it certificates are not looked at.
  std::shared_ptr<const TokenTable> tokens;  // Null: no tokens.
  bool anonymous = true;
};

class RequestAuthenticator : public Authenticator {
 public:
  // `clock` and `authorizer` outlive this.
  RequestAuthenticator(AuthenticatorOptions options, const Clock& clock, Authorizer& authorizer)
      : options_(std::move(options)), clock_(clock), authorizer_(authorizer) {}

  Async<Caller> authenticate(const message::Request& request, const RequestInfo& info) override;

  // The user behind a bearer token, with system:authenticated; for TokenReview.
  std::optional<UserInfo> user_of_token(std::string_view token) const;

 private:
  Result<UserInfo> sender(const message::Request& request) const;

  const AuthenticatorOptions options_;
  const Clock& clock_;
  Authorizer& authorizer_;
  const VerifiedChains verified_;
};

}  // namespace thole::api
