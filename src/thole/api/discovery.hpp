#pragma once
// What is served: /api, /apis, a group, a version, in the old form and the aggregated one, with
// ETags. Source: k8s.io/apiserver/pkg/endpoints/discovery. Threads: any.

#include <optional>
#include <string>

#include "thole/api/call.hpp"
#include "thole/api/environment.hpp"

namespace thole::api {

// The answer for a discovery path, or nothing when the path is none.
std::optional<Result<message::Response>> answer_discovery(const Environment& environment,
                                                          Call& call);

}  // namespace thole::api
