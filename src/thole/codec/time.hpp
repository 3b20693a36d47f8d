#pragma once
// Times and durations as Kubernetes' JSON has them: metav1.Time (RFC 3339, whole seconds, UTC),
// metav1.MicroTime (exactly six digits of fraction) and metav1.Duration (Go's "1h2m3.5s").
// Threads: any; nothing here reads a clock.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "thole/base/result.hpp"

namespace thole::codec {

// Nanoseconds since 1970 do not reach all years from 0 to 9999, so seconds stand apart.
struct Timestamp {
  std::int64_t seconds = 0;  // Since 1970-01-01T00:00:00Z.
  std::int32_t nanos = 0;    // 0 to 999,999,999
  auto operator<=>(const Timestamp&) const = default;
};

Timestamp to_timestamp(std::chrono::sys_time<std::chrono::nanoseconds> time);

// Go's zero time, year 1, which both types write as null.
constexpr Timestamp zero_time{-62135596800, 0};

// Takes any offset and any fraction of a second, like Go's time.Parse(time.RFC3339, ...); the
// error has Go's words: `parsing time "x" as "2006-01-02T15:04:05Z07:00": ...`.
Result<Timestamp> parse_time(std::string_view text);
Result<Timestamp> parse_micro_time(std::string_view text);

std::string format_time(Timestamp time);        // "2026-01-31T12:00:00Z"
std::string format_micro_time(Timestamp time);  // "2026-01-31T12:00:00.000000Z"

// Go's time.ParseDuration and Duration.String.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);
std::string format_duration(std::chrono::nanoseconds duration);

}  // namespace thole::codec
