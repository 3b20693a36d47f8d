#pragma once
// What an unquoted YAML scalar means, as go-yaml v2 resolves it (YAML 1.1). Threads: any.

#include <string>
#include <string_view>

#include "thole/codec/value.hpp"

namespace thole::codec {

// A String value views `text`. Infinities and NaN are Doubles, which JSON cannot hold.
Value resolve_yaml_scalar(std::string_view text);

// Whether a string must be quoted so that it is read as one.
bool needs_yaml_quotes(std::string_view text);

// Go's strconv.FormatFloat(number, 'g', -1, bits) for 64 and 32 bits.
std::string format_go_float(double number, int bits);

}  // namespace thole::codec
