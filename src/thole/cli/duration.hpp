#pragma once
// Durations on the command line, in Go's form: "5m", "1h30m", "250ms".

#include <string_view>

#include "thole/base/clock.hpp"
#include "thole/base/result.hpp"

namespace thole::cli {

// Fails with Invalid, naming the text and an example.
Result<Duration> parse_duration(std::string_view text);

}  // namespace thole::cli
