#pragma once
// JSON patch (RFC 6902) and JSON merge patch (RFC 7386), with the meaning and the words that
// upstream's library (gopkg.in/evanphx/json-patch.v4) and API server give them. Threads: any.

#include "thole/codec/value.hpp"

namespace thole::codec {

constexpr std::size_t json_patch_operations_max = 10'000;

// Applies `patch`, an array of operations, to `document` in place, and returns the new root. On
// error `document` is half changed. Fails with BadRequest for what is no patch, with
// RequestEntityTooLarge for too many operations, and with Invalid where one cannot be applied.
Result<Value> apply_json_patch(Value document, const Value& patch, Arena& arena);

// Returns what becomes of `document`, whose objects are changed in place. Nulls in `patch` delete.
Value apply_merge_patch(Value document, const Value& patch, Arena& arena);

// The merge patch that makes `to` of `from`.
Value create_merge_patch(const Value& from, const Value& to, Arena& arena);

}  // namespace thole::codec
