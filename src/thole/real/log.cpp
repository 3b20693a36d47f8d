#include "thole/real/log.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

#include "thole/real/os.hpp"

namespace thole::real {
namespace {

constexpr std::array<std::string_view, 4> kLevels = {"debug", "info", "warning", "error"};

std::string text_of(WallTime wall) {
  const auto day = std::chrono::floor<std::chrono::days>(wall);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::milliseconds>(wall - day));
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text.data();
}

}  // namespace

void StderrLog::write(LogLevel level, std::string_view where, std::string_view line) {
  const std::string text =
      cat(text_of(clock_.wall()), " ", kLevels[static_cast<std::size_t>(level)], " ", where, ": ",
          line, "\n");
  // A log that can't be written is nobody's error.
  static_cast<void>(retry([&] { return ::write(fd_, text.data(), text.size()); }));
}

}  // namespace thole::real
