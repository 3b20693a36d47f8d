#pragma once
// The continue token of a paged LIST: where to go on, and at which revision. In upstream's own
// encoding (k8s.io/apiserver/pkg/storage/continue.go), which some clients look into.

#include <cstdint>
#include <string>
#include <string_view>

#include "thole/base/result.hpp"

namespace thole::api {

struct ContinueToken {
  std::int64_t revision = 0;  // -1: the newest, after the first one expired.
  std::string start;          // The first name to look at: "namespace/name\0", without a prefix.
};

std::string encode_continue(const ContinueToken& token);
// Fails with BadRequest in upstream's words.
Result<ContinueToken> decode_continue(std::string_view text);

}  // namespace thole::api
