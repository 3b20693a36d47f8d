#pragma once
// Strategic merge patch: a merge patch that merges lists by key, where the type says so, and obeys
// $patch, $retainKeys, $setElementOrder/<list> and $deleteFromPrimitiveList/<list>
// (k8s.io/apimachinery/pkg/util/strategicpatch, with the options of the API server). Threads: any.

#include "thole/schema/type.hpp"

namespace thole::schema {

// Changes `original` in place and returns the new root; `patch` is left alone. On error `original`
// may be half changed. Fails with BadRequest for a malformed directive and with InternalError
// where upstream does, for example for a list element without its merge key.
Result<codec::Value> strategic_merge(codec::Value original, const codec::Value& patch,
                                     const Type& type, codec::Arena& arena);

}  // namespace thole::schema
