#include "thole/codec/time.hpp"

#include <array>
#include <limits>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::codec {

namespace {

constexpr std::string_view seconds_layout = "2006-01-02T15:04:05Z07:00";
constexpr std::string_view micro_layout = "2006-01-02T15:04:05.000000Z07:00";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads the pieces of a layout one by one; the first that doesn't fit ends it.
class Scanner {
 public:
  Scanner(std::string_view text, std::string_view layout)
      : text_(text), rest_(text), layout_(layout) {}

  // `piece` is what Go calls this part of its layout.
  bool number(std::size_t digits, std::string_view piece, int& value) {
    value = 0;
    if (rest_.size() < digits) return refuse(piece);
    for (std::size_t i = 0; i < digits; ++i) {
      if (!is_digit(rest_[i])) return refuse(piece);
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return true;
  }
  bool literal(char c) {
    if (rest_.empty() || rest_[0] != c) return refuse(std::string_view(&c, 1));
    rest_.remove_prefix(1);
    return true;
  }
  bool at_fraction() const {
    return rest_.size() >= 2 && (rest_[0] == '.' || rest_[0] == ',') && is_digit(rest_[1]);
  }
  // Digits behind a point; those beyond nanoseconds are dropped.
  std::int32_t fraction(std::size_t& digits) {
    rest_.remove_prefix(1);
    std::int32_t nanos = 0;
    for (digits = 0; !rest_.empty() && is_digit(rest_[0]); ++digits, rest_.remove_prefix(1)) {
      if (digits < 9) nanos = nanos * 10 + (rest_[0] - '0');
    }
    for (std::size_t i = digits; i < 9; ++i) nanos *= 10;
    return nanos;
  }
  bool offset(std::int64_t& seconds) {
    seconds = 0;
    if (!rest_.empty() && rest_[0] == 'Z') {
      rest_.remove_prefix(1);
      return true;
    }
    const bool shaped = rest_.size() >= 6 && (rest_[0] == '+' || rest_[0] == '-') &&
                        is_digit(rest_[1]) && is_digit(rest_[2]) && rest_[3] == ':' &&
                        is_digit(rest_[4]) && is_digit(rest_[5]);
    if (!shaped) return refuse("Z07:00");
    const int hours = (rest_[1] - '0') * 10 + (rest_[2] - '0');
    const int minutes = (rest_[4] - '0') * 10 + (rest_[5] - '0');
    if (hours > 24 || minutes > 60) return out_of_range("time zone offset hour");
    seconds = (hours * 60 + minutes) * 60 * (rest_[0] == '-' ? -1 : 1);
    rest_.remove_prefix(6);
    return true;
  }
  bool end() {
    if (rest_.empty()) return true;
    return refuse_with(cat(": extra text: ", go_quote(rest_)));
  }
  bool out_of_range(std::string_view what) { return refuse_with(cat(": ", what, " out of range")); }
  bool refuse(std::string_view piece) {
    message_ = cat("parsing time ", go_quote(text_), " as ", go_quote(layout_), ": cannot parse ",
                   go_quote(rest_), " as ", go_quote(piece));
    return false;
  }
  std::unexpected<Error> error() const { return fail(ErrorKind::BadRequest, message_); }

 private:
  bool refuse_with(std::string_view why) {
    message_ = cat("parsing time ", go_quote(text_), why);
    return false;
  }

  std::string_view text_;
  std::string_view rest_;
  std::string_view layout_;
  std::string message_;
};

struct Fields {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

bool in_range(Scanner& scanner, const Fields& f) {
  using namespace std::chrono;
  if (f.month < 1 || f.month > 12) return scanner.out_of_range("month");
  if (f.hour > 23) return scanner.out_of_range("hour");
  if (f.minute > 59) return scanner.out_of_range("minute");
  if (f.second > 59) return scanner.out_of_range("second");
  const year_month_day date{year(f.year), month(static_cast<unsigned>(f.month)),
                            day(static_cast<unsigned>(f.day))};
  return date.ok() || scanner.out_of_range("day");
}

bool scan_date_and_time(Scanner& scanner, Fields& f) {
  return scanner.number(4, "2006", f.year) && scanner.literal('-') &&
         scanner.number(2, "01", f.month) && scanner.literal('-') &&
         scanner.number(2, "02", f.day) && scanner.literal('T') &&
         scanner.number(2, "15", f.hour) && scanner.literal(':') &&
         scanner.number(2, "04", f.minute) && scanner.literal(':') &&
         scanner.number(2, "05", f.second);
}

std::int64_t seconds_of(const Fields& f) {
  using namespace std::chrono;
  const sys_days days{year(f.year) / month(static_cast<unsigned>(f.month)) /
                      day(static_cast<unsigned>(f.day))};
  return days.time_since_epoch().count() * std::int64_t{86'400} + f.hour * 3'600 + f.minute * 60 +
         f.second;
}

void append_padded(std::string& out, std::int64_t number, std::size_t width) {
  const std::string digits = std::to_string(number);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

std::string format(Timestamp time, bool micros) {
  using namespace std::chrono;
  std::int64_t day = time.seconds / 86'400;
  std::int64_t second = time.seconds % 86'400;
  if (second < 0) {
    second += 86'400;
    --day;
  }
  const year_month_day date{sys_days{days{day}}};
  std::string out;
  append_padded(out, static_cast<int>(date.year()), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, second / 3'600, 2);
  out += ':';
  append_padded(out, second / 60 % 60, 2);
  out += ':';
  append_padded(out, second % 60, 2);
  if (micros) {
    out += '.';
    append_padded(out, time.nanos / 1'000, 6);
  }
  out += 'Z';
  return out;
}

struct Unit {
  std::string_view text;
  std::int64_t nanos;
};
constexpr std::array<Unit, 8> units = {{{"ns", 1},
                                        {"us", 1'000},
                                        {"µs", 1'000},
                                        {"μs", 1'000},
                                        {"ms", 1'000'000},
                                        {"s", 1'000'000'000},
                                        {"m", 60'000'000'000},
                                        {"h", 3'600'000'000'000}}};

// "1.5" of a unit without its trailing zeros.
std::string scaled(std::int64_t nanos, std::int64_t unit) {
  std::string out = std::to_string(nanos / unit);
  std::string fraction;
  for (std::int64_t rest = nanos % unit; rest != 0 && unit > 1;) {
    unit /= 10;
    fraction += static_cast<char>('0' + rest / unit);
    rest %= unit;
  }
  if (!fraction.empty()) out += "." + fraction;
  return out;
}

}  // namespace

Timestamp to_timestamp(std::chrono::sys_time<std::chrono::nanoseconds> time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {seconds.time_since_epoch().count(), static_cast<std::int32_t>((time - seconds).count())};
}

Result<Timestamp> parse_time(std::string_view text) {
  Scanner scanner(text, seconds_layout);
  Fields fields;
  std::int64_t offset = 0;
  Timestamp time;
  if (!scan_date_and_time(scanner, fields)) return scanner.error();
  std::size_t digits = 0;
  if (scanner.at_fraction()) time.nanos = scanner.fraction(digits);
  if (!scanner.offset(offset) || !scanner.end() || !in_range(scanner, fields)) {
    return scanner.error();
  }
  time.seconds = seconds_of(fields) - offset;
  return time;
}

Result<Timestamp> parse_micro_time(std::string_view text) {
  Scanner scanner(text, micro_layout);
  Fields fields;
  std::int64_t offset = 0;
  Timestamp time;
  if (!scan_date_and_time(scanner, fields)) return scanner.error();
  std::size_t digits = 0;
  Scanner before = scanner;
  if (scanner.at_fraction()) time.nanos = scanner.fraction(digits);
  if (digits < 6) {
    before.refuse(".000000");
    return before.error();
  }
  if (digits > 6) {
    before.refuse("Z07:00");
    return before.error();
  }
  if (!scanner.offset(offset) || !scanner.end() || !in_range(scanner, fields)) {
    return scanner.error();
  }
  time.seconds = seconds_of(fields) - offset;
  return time;
}

std::string format_time(Timestamp time) { return format(time, false); }
std::string format_micro_time(Timestamp time) { return format(time, true); }

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const auto invalid = [&] {
    return fail(ErrorKind::BadRequest, cat("time: invalid duration ", go_quote(text)));
  };
  std::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  if (rest == "0") return std::chrono::nanoseconds(0);
  if (rest.empty()) return invalid();
  constexpr auto most = static_cast<__int128>(std::numeric_limits<std::int64_t>::max());
  __int128 total = 0;
  while (!rest.empty()) {
    __int128 whole = 0;
    std::size_t digits = 0;
    for (; digits < rest.size() && is_digit(rest[digits]); ++digits) {
      whole = whole * 10 + (rest[digits] - '0');
      if (whole > most + 1) return invalid();
    }
    rest.remove_prefix(digits);
    __int128 fraction = 0;
    __int128 scale = 1;
    if (!rest.empty() && rest[0] == '.') {
      rest.remove_prefix(1);
      for (; !rest.empty() && is_digit(rest[0]); rest.remove_prefix(1), ++digits) {
        if (scale >= 1'000'000'000'000'000) continue;
        fraction = fraction * 10 + (rest[0] - '0');
        scale *= 10;
      }
    }
    if (digits == 0) return invalid();
    std::size_t size = 0;
    while (size < rest.size() && rest[size] != '.' && !is_digit(rest[size])) ++size;
    const std::string_view name = rest.substr(0, size);
    if (name.empty()) {
      return fail(ErrorKind::BadRequest, cat("time: missing unit in duration ", go_quote(text)));
    }
    rest.remove_prefix(size);
    const Unit* unit = nullptr;
    for (const Unit& known : units) {
      if (known.text == name) unit = &known;
    }
    if (unit == nullptr) {
      return fail(ErrorKind::BadRequest,
                  cat("time: unknown unit ", go_quote(name), " in duration ", go_quote(text)));
    }
    total += whole * unit->nanos + fraction * unit->nanos / scale;
    if (total > most + (negative ? 1 : 0)) return invalid();
  }
  return std::chrono::nanoseconds(static_cast<std::int64_t>(negative ? -total : total));
}

std::string format_duration(std::chrono::nanoseconds duration) {
  std::int64_t nanos = duration.count();
  if (nanos == 0) return "0s";
  if (nanos == std::numeric_limits<std::int64_t>::min()) return "-2562047h47m16.854775808s";
  const std::string sign = nanos < 0 ? "-" : "";
  if (nanos < 0) nanos = -nanos;
  if (nanos < 1'000) return cat(sign, nanos, "ns");
  if (nanos < 1'000'000) return cat(sign, scaled(nanos, 1'000), "µs");
  if (nanos < 1'000'000'000) return cat(sign, scaled(nanos, 1'000'000), "ms");
  const std::int64_t minutes = nanos / 60'000'000'000;
  std::string out = sign;
  if (minutes >= 60) out += cat(minutes / 60, "h");
  if (minutes > 0) out += cat(minutes % 60, "m");
  return out + scaled(nanos % 60'000'000'000, 1'000'000'000) + "s";
}

}  // namespace thole::codec
