#include "thole/cli/duration.hpp"

#include <array>
#include <charconv>

#include "thole/base/text.hpp"

namespace thole::cli {
namespace {

struct Unit {
  std::string_view name;
  Duration length;
};
// Longer names first: "ms" is not "m" and "s".
constexpr std::array<Unit, 6> kUnits = {{{"ms", std::chrono::milliseconds(1)},
                                         {"us", std::chrono::microseconds(1)},
                                         {"ns", std::chrono::nanoseconds(1)},
                                         {"h", std::chrono::hours(1)},
                                         {"m", std::chrono::minutes(1)},
                                         {"s", std::chrono::seconds(1)}}};
constexpr std::int64_t kCountMax = 1'000'000;

std::unexpected<Error> no_duration(std::string_view text) {
  return fail(ErrorKind::Invalid, cat("\"", text, "\" is no duration; write one like 5m or 1h30m"));
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  Duration sum{0};
  std::string_view rest = text;
  if (rest.empty()) return no_duration(text);
  while (!rest.empty()) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    if (error != std::errc() || count < 0 || count > kCountMax) return no_duration(text);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (unit == nullptr && rest.starts_with(candidate.name)) unit = &candidate;
    }
    if (unit == nullptr) return no_duration(text);
    rest.remove_prefix(unit->name.size());
    sum += count * unit->length;
  }
  return sum;
}

}  // namespace thole::cli
