#pragma once
// gzip (RFC 1952), whole bodies at a time. Threads: any.

#include <cstddef>
#include <string>
#include <string_view>

#include "thole/base/result.hpp"

namespace thole::codec {

// `level` is zlib's, 1 (fast) to 9.
std::string gzip(std::string_view plain, int level = 1);

// Fails with BadRequest when `packed` is not gzip, and with RequestEntityTooLarge when it would
// grow past `size_max`: a few packed bytes may stand for gigabytes.
Result<std::string> gunzip(std::string_view packed, std::size_t size_max);

}  // namespace thole::codec
