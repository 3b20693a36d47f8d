// A quantity's text parses, and parsing it twice changes nothing.

#include "thole/codec/quantity.hpp"

#include "thole/codec/regex.hpp"
#include "thole/codec/time.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace thole::codec;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto quantity = Quantity::parse(text)) {
    const auto again = Quantity::parse(quantity->text());
    THOLE_ASSERT(again);
    THOLE_ASSERT(again->text() == quantity->text());
    Quantity none = *quantity;
    none.subtract(*quantity);
    THOLE_ASSERT(none.is_zero());
    static_cast<void>(quantity->milli_value());
  }
  if (const auto time = parse_time(text)) {
    THOLE_ASSERT(parse_time(format_time(*time)));
  }
  if (const auto duration = parse_duration(text)) {
    THOLE_ASSERT(*parse_duration(format_duration(*duration)) == *duration);
  }
  const std::size_t middle = size / 2;
  if (const auto regex = Regex::compile(text.substr(0, middle))) {
    static_cast<void>(regex->matches(text.substr(middle)));
  }
  return 0;
}
