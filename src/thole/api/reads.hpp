#pragma once
// get and list, and the snapshot a request's resourceVersion means.
// Threads: the request's executor.

#include "thole/api/call.hpp"
#include "thole/api/environment.hpp"
#include "thole/api/options.hpp"
#include "thole/api/stored.hpp"

namespace thole::api {

Async<message::Response> get_object(const Environment& environment, Call& call);
Async<message::Response> list_objects(const Environment& environment, Call& call);

// The newest state, once it has come to `revision`. Fails with Timeout after three seconds.
Async<store::Snapshot> snapshot_not_older(const Environment& environment, Executor& executor,
                                          store::Revision revision);

// The selection that query, path and kind make together.
Result<Selection> selection_of(const Call& call, const ListOptions& options);

}  // namespace thole::api
