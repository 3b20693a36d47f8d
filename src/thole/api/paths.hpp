#pragma once
// What is served beside resources and discovery: /, /version, /metrics.
// Threads: the request's executor.

#include "thole/api/call.hpp"
#include "thole/api/environment.hpp"

namespace thole::api {

message::Response answer_path(const Environment& environment, Call& call);

// X-Kubernetes-PF-*-UID: the flow schema and priority level the request would fall under.
void add_flow_headers(const Environment& environment, const Call& call,
                      message::Response& response);

}  // namespace thole::api
