#pragma once
// Durations of many operations, and the row of a table that tells of them.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "thole/base/clock.hpp"

namespace thole::load {

class Measure {
 public:
  void add(Duration duration) { durations_.push_back(duration); }
  void fail(std::string_view why);
  std::size_t count() const { return durations_.size(); }
  std::size_t failure_count() const { return failures_; }
  // The smallest duration that `share` of all don't exceed; zero when there are none.
  Duration quantile(double share);

  // Prints operations, rate, p50, p99, the worst, and this process's own CPU time meanwhile.
  void print(std::string_view name, Duration elapsed, Duration own_cpu, std::string_view note = {});
  static void print_header();

 private:
  std::vector<Duration> durations_;
  std::size_t failures_ = 0;
  std::string first_failure_;
};

// The CPU time that this process has used.
Duration own_cpu_time();

}  // namespace thole::load
