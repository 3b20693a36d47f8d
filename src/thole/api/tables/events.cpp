#include "thole/api/tables/cells.hpp"
#include "thole/base/text.hpp"

namespace thole::api {

namespace {

using codec::Value;

// events.k8s.io names the same things otherwise.
Value either(Value event, std::string_view core_name, std::string_view events_name) {
  const Value value = event.get(core_name);
  return value.is_null() ? event.get(events_name) : value;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const auto first = text.find_first_not_of(kSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string source_text(Value event) {
  const Value source = either(event, "source", "deprecatedSource");
  const std::string_view component =
      not_empty(source.string_or("component"),
                text_or(either(event, "reportingComponent", "reportingController"), ""));
  const std::string_view instance =
      not_empty(source.string_or("host"), event.string_or("reportingInstance"));
  return instance.empty() ? std::string(component) : cat(component, ", ", instance);
}

}  // namespace

void print_event(RowContext& row, Value event) {
  const Value first_time = either(event, "firstTimestamp", "deprecatedFirstTimestamp");
  const Value last_time = either(event, "lastTimestamp", "deprecatedLastTimestamp");
  const Value series = event.get("series");
  const Value object = either(event, "involvedObject", "regarding");

  const std::string first = since(row, first_time.is_null() ? event.get("eventTime") : first_time);
  std::string last = last_time.is_null() ? first : since(row, last_time);
  const Value counted = either(event, "count", "deprecatedCount");
  std::int64_t count = counted.is_int() ? counted.as_int() : 0;
  if (!series.is_null()) {
    last = since(row, series.get("lastObservedTime"));
    count = series.int_or("count", 0);
  } else if (count == 0) {
    count = 1;  // Events of the new kind that happened once carry none.
  }
  const std::string kind = lower_case(object.string_or("kind"));
  const std::string_view name = object.string_or("name");

  add_text(row, last);
  add_text(row, event.string_or("type"));
  add_text(row, event.string_or("reason"));
  add_text(row, name.empty() ? kind : cat(kind, "/", name));
  add_text(row, object.string_or("fieldPath"));
  add_text(row, source_text(event));
  add_text(row, trimmed(text_or(either(event, "message", "note"), "")));
  add_text(row, first);
  add_number(row, count);
  add_name(row, event);
}

}  // namespace thole::api
