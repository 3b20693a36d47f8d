#pragma once
// The `format` keyword of CRD schemas for strings. Threads: any.

#include <string_view>

namespace thole::schema {

// Formats that upstream doesn't know are satisfied by every text.
bool fits_format(std::string_view text, std::string_view format);

}  // namespace thole::schema
