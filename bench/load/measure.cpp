#include "load/measure.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>

namespace thole::load {
namespace {

double micros(Duration duration) { return static_cast<double>(duration.count()) / 1e3; }

}  // namespace

void Measure::fail(std::string_view why) {
  if (failures_++ == 0) first_failure_ = why;
}

Duration Measure::quantile(double share) {
  if (durations_.empty()) return {};
  const auto rank = std::min(durations_.size() - 1,
                             static_cast<std::size_t>(share * static_cast<double>(count())));
  std::ranges::nth_element(durations_, durations_.begin() + static_cast<std::ptrdiff_t>(rank));
  return durations_[rank];
}

void Measure::print_header() {
  std::printf("%-24s %9s %12s %11s %11s %11s %9s\n", "scenario", "count", "per second", "p50 us",
              "p99 us", "max us", "own CPU");
}

void Measure::print(std::string_view name, Duration elapsed, Duration own_cpu,
                    std::string_view note) {
  const double seconds = static_cast<double>(elapsed.count()) / 1e9;
  std::printf("%-24.*s %9zu %12.0f %11.1f %11.1f %11.1f %8.0f%%%s%.*s\n",
              static_cast<int>(name.size()), name.data(), count(),
              static_cast<double>(count()) / seconds, micros(quantile(0.5)), micros(quantile(0.99)),
              micros(quantile(1.0)),
              static_cast<double>(own_cpu.count()) / static_cast<double>(elapsed.count()) * 100,
              note.empty() ? "" : "  ", static_cast<int>(note.size()), note.data());
  if (failures_ > 0) {
    std::printf("  %zu failed; the first: %s\n", failures_, first_failure_.c_str());
  }
  std::fflush(stdout);
}

Duration own_cpu_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) {
    return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

}  // namespace thole::load
