#pragma once
// The interface behind which a request gets its identity. `api/auth` implements it.

#include <optional>

#include "thole/api/attributes.hpp"
#include "thole/api/request_info.hpp"
#include "thole/base/async.hpp"
#include "thole/message/message.hpp"

namespace thole::api {

struct Caller {
  UserInfo user;                     // Who the request runs as.
  std::optional<UserInfo> original;  // Who sent it, when it impersonates `user`.
};

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // Anonymous callers are a Caller too, where they are allowed. Fails with Unauthorized for a
  // credential that does not hold, and with Forbidden or BadRequest when the request asks to
  // impersonate and may not or cannot. `request` and `info` live until the coroutine has ended.
  virtual Async<Caller> authenticate(const message::Request& request, const RequestInfo& info) = 0;
};

}  // namespace thole::api
