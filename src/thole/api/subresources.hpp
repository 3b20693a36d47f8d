#pragma once
// What may be done below an object: its status, its scale, and what VirtualResources answer.
// Threads: the request's executor.

#include "thole/api/call.hpp"
#include "thole/api/environment.hpp"

namespace thole::api {

Async<message::Response> serve_subresource(const Environment& environment, Call& call);
Async<message::Response> answer_virtual(const Environment& environment, Call& call,
                                        VirtualResource& handler);

}  // namespace thole::api
