#pragma once
// Impersonation: a request may ask, by headers, to run as somebody else, if its sender may.
//
// The constrained modes (verbs impersonate-on:<mode>:<verb> and impersonate:<mode>) are tried
// first, the verb `impersonate` last; when none allows it, the first refusal is the answer.
// Source: k8s.io/apiserver/pkg/endpoints/filters/impersonation.

#include <optional>

#include "thole/api/authenticator.hpp"
#include "thole/api/authorizer.hpp"
#include "thole/message/message.hpp"

namespace thole::api {

// Whom the headers ask for; nothing when they ask for nobody. Fails with BadRequest when they name
// groups, a uid or extras but no user.
Result<std::optional<UserInfo>> wanted_user(const message::Headers& headers);

// Who the request then runs as. Fails with Forbidden. `attributes` (of the request, with its
// sender as the user) and `authorizer` live until the coroutine has ended.
Async<UserInfo> impersonate(const Attributes& attributes, UserInfo wanted, Authorizer& authorizer);

}  // namespace thole::api
