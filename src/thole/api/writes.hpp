#pragma once
// The verbs that write. Each ends in a store::Txn whose precondition is what the verb looked at.
// Threads: the request's executor.

#include "thole/api/call.hpp"
#include "thole/api/environment.hpp"
#include "thole/api/options.hpp"

namespace thole::api {

Async<message::Response> create_object(const Environment& environment, Call& call);
Async<message::Response> update_object(const Environment& environment, Call& call);
Async<message::Response> patch_object(const Environment& environment, Call& call);
Async<message::Response> delete_object(const Environment& environment, Call& call);
Async<message::Response> delete_collection(const Environment& environment, Call& call);

// What create and an update that creates share, from the decoded object on.
Async<message::Response> create_decoded(const Environment& environment, Call& call,
                                        codec::Value object, const WriteOptions& options);

// `fieldManager`, or what stands in front of the slash in the User-Agent.
std::string manager_of(const Call& call, const WriteOptions& options);

// The custom resource's own rules, or those of the table.
const ResourceRules& rules_of(const Environment& environment, const Call& call);
RuleContext rule_context(const Environment& environment, Call& call);
bool keeps_status(const Call& call, const ResourceRules& rules);

}  // namespace thole::api
