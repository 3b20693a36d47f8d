#pragma once
// CRC-32C (Castagnoli, RFC 3720 appendix B.4), by the processor's instruction where it has one.

#include <cstdint>
#include <string_view>

namespace thole::store {

// The checksum of what `crc` is the checksum of, followed by `bytes`. Of nothing it is 0.
std::uint32_t crc32c(std::uint32_t crc, std::string_view bytes);

// The same without the instruction; the two must agree.
std::uint32_t crc32c_by_table(std::uint32_t crc, std::string_view bytes);

}  // namespace thole::store
