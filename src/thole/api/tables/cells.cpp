#include "thole/api/tables/cells.hpp"

#include <algorithm>

#include "thole/base/text.hpp"
#include "thole/codec/quantity.hpp"
#include "thole/codec/time.hpp"

namespace thole::api {

using codec::Value;

void add_text(RowContext& row, std::string_view text) {
  row.cells.push_back(row.arena, Value::string(row.arena, text));
}

void add_number(RowContext& row, std::int64_t number) {
  row.cells.push_back(row.arena, Value::integer(number));
}

void add_bool(RowContext& row, bool value) {
  row.cells.push_back(row.arena, Value::boolean(value));
}

void add_null(RowContext& row) { row.cells.push_back(row.arena, Value()); }

void add_name(RowContext& row, Value object) {
  add_text(row, object.get("metadata").string_or("name"));
}

void add_age(RowContext& row, Value object) {
  add_text(row, since(row, object.at_path("metadata", "creationTimestamp")));
}

void add_containers(RowContext& row, Value containers) {
  std::vector<std::string> names;
  std::vector<std::string> images;
  for (const Value& container : containers.elements()) {
    names.emplace_back(container.string_or("name"));
    images.emplace_back(container.string_or("image"));
  }
  add_text(row, join_texts(names, ","));
  add_text(row, join_texts(images, ","));
}

std::string human_duration(Duration duration) {
  // Clocks may differ by a second: that much of the future is now.
  const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return cat(seconds, "s");
  const auto two = [](std::int64_t big, const char* unit, std::int64_t small,
                      const char* small_unit) {
    return small == 0 ? cat(big, unit) : cat(big, unit, small, small_unit);
  };
  const std::int64_t minutes = seconds / 60;
  if (minutes < 10) return two(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return cat(minutes, "m");
  const std::int64_t hours = minutes / 60;
  if (hours < 8) return two(hours, "h", minutes % 60, "m");
  if (hours < 48) return cat(hours, "h");
  const std::int64_t days = hours / 24;
  if (hours < 24 * 8) return two(days, "d", hours % 24, "h");
  if (hours < 24 * 365 * 2) return cat(days, "d");
  if (hours < 24 * 365 * 8) return two(days / 365, "y", days % 365, "d");
  return cat(days / 365, "y");
}

std::string since(const RowContext& row, Value timestamp) {
  if (!timestamp.is_string()) return "<unknown>";
  const auto time = codec::parse_time(timestamp.as_string());
  if (!time || *time == codec::zero_time) return "<unknown>";
  const codec::Timestamp now = codec::to_timestamp(row.now);
  // Seconds first: nanoseconds since a year far away do not fit.
  constexpr std::int64_t kSecondsMax = std::int64_t{290} * 365 * 24 * 3600;
  const std::int64_t seconds = std::clamp(now.seconds - time->seconds, -kSecondsMax, kSecondsMax);
  return human_duration(std::chrono::seconds(seconds) +
                        std::chrono::nanoseconds(now.nanos - time->nanos));
}

std::string format_labels(Value labels) {
  std::vector<std::string> pairs;
  for (const codec::Member& label : labels.members()) {
    pairs.push_back(cat(label.key, "=", text_or(label.value, "")));
  }
  if (pairs.empty()) return "<none>";
  std::sort(pairs.begin(), pairs.end());
  return join_texts(pairs, ",");
}

std::string selector_text(Value selector) {
  std::vector<std::pair<std::string, std::string>> requirements;  // By key.
  for (const codec::Member& label : selector.get("matchLabels").members()) {
    requirements.emplace_back(label.key, cat(label.key, "=", text_or(label.value, "")));
  }
  for (const Value& expression : selector.get("matchExpressions").elements()) {
    const std::string_view key = expression.string_or("key");
    const std::string_view op = expression.string_or("operator");
    std::vector<std::string> values;
    for (const Value& value : expression.get("values").elements()) {
      values.emplace_back(text_or(value, ""));
    }
    std::sort(values.begin(), values.end());
    std::string text;
    if (op == "In") text = cat(key, " in (", join_texts(values, ","), ")");
    if (op == "NotIn") text = cat(key, " notin (", join_texts(values, ","), ")");
    if (op == "Exists") text = key;
    if (op == "DoesNotExist") text = cat("!", key);
    requirements.emplace_back(key, std::move(text));
  }
  std::sort(requirements.begin(), requirements.end());
  std::string out;
  for (const auto& [key, text] : requirements) {
    if (!out.empty()) out += ',';
    out += text;
  }
  return out;
}

std::string format_selector(Value selector) {
  std::string text = selector_text(selector);
  return text.empty() ? "<none>" : text;
}

std::string quantity_text(Value quantity) {
  if (quantity.is_null()) return "0";
  const std::string text = scalar_text(quantity);
  const auto parsed = codec::Quantity::parse(text);
  return parsed ? parsed->text() : text;
}

std::string scalar_text(Value value) {
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_int()) return cat(value.as_int());
  return "";
}

std::string_view text_or(Value value, std::string_view fallback) {
  return value.is_string() ? value.as_string() : fallback;
}

std::string_view not_empty(std::string_view text, std::string_view fallback) {
  return text.empty() ? fallback : text;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string join_texts(const std::vector<std::string>& texts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i != 0) out += separator;
    out += texts[i];
  }
  return out;
}

std::string list_with_more(std::vector<std::string> list, std::size_t max) {
  const std::size_t count = list.size();
  if (count > max) list.resize(max);
  std::string out = join_texts(list, ",");
  if (count > max) return cat(out, " + ", count - max, " more...");
  return out.empty() ? "<unset>" : out;
}

bool is_terminating(Value object) {
  return !object.at_path("metadata", "deletionTimestamp").is_null();
}

Value find_condition(Value object, std::string_view type) {
  for (const Value& condition : object.at_path("status", "conditions").elements()) {
    if (condition.string_or("type") == type) return condition;
  }
  return Value();
}

}  // namespace thole::api
