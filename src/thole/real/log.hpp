#pragma once
// The Log seam on standard error: "2026-01-31T12:00:00.123Z warning store: line". One write a
// line, so that lines of several threads don't mix.

#include "thole/base/clock.hpp"
#include "thole/base/log.hpp"

namespace thole::real {

class StderrLog final : public Log {
 public:
  StderrLog(const Clock& clock, LogLevel least, int fd = 2)
      : clock_(clock), least_(least), fd_(fd) {}

  bool enabled(LogLevel level) const override { return level >= least_; }
  void write(LogLevel level, std::string_view where, std::string_view line) override;

 private:
  const Clock& clock_;
  const LogLevel least_;
  const int fd_;
};

}  // namespace thole::real
