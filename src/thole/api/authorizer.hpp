#pragma once
// The interface behind which a request is allowed or not. `api/auth` implements it.

#include <string>

#include "thole/api/attributes.hpp"
#include "thole/base/async.hpp"

namespace thole::api {

struct Decision {
  enum class Answer { Allow, Deny, NoOpinion } answer = Answer::NoOpinion;
  std::string reason;
};

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  // An Error is an evaluation error: the request is refused with 500. `attributes` live until the
  // coroutine has ended.
  virtual Async<Decision> authorize(const Attributes& attributes) = 0;
};

}  // namespace thole::api
