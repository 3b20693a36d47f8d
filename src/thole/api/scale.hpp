#pragma once
// The scale subresource: an autoscaling/v1 Scale as a view of an object's replicas.
// Threads: the request's executor.

#include "thole/api/call.hpp"
#include "thole/api/environment.hpp"

namespace thole::api {

// get, update and patch. The kind's rules say where its replicas are.
Async<message::Response> serve_scale(const Environment& environment, Call& call);

}  // namespace thole::api
