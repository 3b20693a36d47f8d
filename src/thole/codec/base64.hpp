#pragma once
// Base64 with padding (RFC 4648, section 4), as Go's base64.StdEncoding: line ends are skipped when
// decoding, as encoding/json's []byte does. Threads: any.

#include <string>
#include <string_view>

#include "thole/base/result.hpp"

namespace thole::codec {

std::string encode_base64(std::string_view bytes);
// Fails with `illegal base64 data at input byte N`.
Result<std::string> decode_base64(std::string_view text);

// The form without padding and with - and _ (section 5), for tokens.
std::string encode_base64_url(std::string_view bytes);
Result<std::string> decode_base64_url(std::string_view text);

}  // namespace thole::codec
