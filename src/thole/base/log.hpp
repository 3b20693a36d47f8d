#pragma once
// The log seam: one line an event, for people. `real` writes it to standard error; a test or a
// simulated world keeps it. Threads: any.

#include <cstdint>
#include <string>
#include <string_view>

#include "thole/base/text.hpp"

namespace thole {

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };

class Log {
 public:
  virtual ~Log() = default;
  virtual bool enabled(LogLevel level) const = 0;
  // `line` has no newline. `where` is a layer or part, such as "store".
  virtual void write(LogLevel level, std::string_view where, std::string_view line) = 0;
};

}  // namespace thole

// THOLE_LOG(log, Info, "store", "recovered ", count, " objects");  builds the text only if wanted.
#define THOLE_LOG(log, level, where, ...)                                          \
  do {                                                                             \
    ::thole::Log& thole_log = (log);                                               \
    if (thole_log.enabled(::thole::LogLevel::level))                               \
      thole_log.write(::thole::LogLevel::level, where, ::thole::cat(__VA_ARGS__)); \
  } while (false)
