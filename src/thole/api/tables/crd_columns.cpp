#include "thole/api/tables/crd_columns.hpp"

#include <charconv>

#include "thole/api/tables/cells.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/time.hpp"

namespace thole::api {

namespace {

using codec::Value;

constexpr std::size_t kResultsMax = 1000;

std::string_view unquote(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"') &&
      text.back() == text.front()) {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

std::string text_of(const Value& value) {
  return value.is_string() ? std::string(value.as_string()) : codec::to_json(value);
}

// `@.type=="Ready"`: keeps the elements whose field equals the text (or differs from it).
std::vector<Value> filter(const std::vector<Value>& from, std::string_view condition) {
  std::vector<Value> kept;
  const auto equal = condition.find("==");
  const auto differs = condition.find("!=");
  const auto at = equal != condition.npos ? equal : differs;
  std::string_view path = condition.substr(0, at);
  while (path.ends_with(' ')) path.remove_suffix(1);
  if (path.starts_with('@')) path.remove_prefix(1);
  std::string_view wanted = at == condition.npos ? "" : condition.substr(at + 2);
  while (wanted.starts_with(' ')) wanted.remove_prefix(1);
  wanted = unquote(wanted);
  for (const Value& list : from) {
    for (const Value& element : list.elements()) {
      const auto found = find_json_path(element, path);
      const bool same = !found.empty() && text_of(found.front()) == wanted;
      if (at == condition.npos ? !found.empty() : same == (equal != condition.npos)) {
        kept.push_back(element);
      }
    }
  }
  return kept;
}

std::vector<Value> children(const std::vector<Value>& from, std::string_view key) {
  std::vector<Value> found;
  for (const Value& value : from) {
    if (key == "*") {
      for (const Value& element : value.elements()) found.push_back(element);
      for (const codec::Member& member : value.members()) found.push_back(member.value);
    } else if (const Value* child = value.is_object() ? value.find(key) : nullptr) {
      found.push_back(*child);
    }
    if (found.size() > kResultsMax) break;
  }
  return found;
}

std::vector<Value> indexed(const std::vector<Value>& from, std::int64_t index) {
  std::vector<Value> found;
  for (const Value& value : from) {
    const auto elements = value.elements();
    const auto size = static_cast<std::int64_t>(elements.size());
    const std::int64_t at = index < 0 ? size + index : index;
    if (at >= 0 && at < size) found.push_back(elements[static_cast<std::size_t>(at)]);
  }
  return found;
}

// The cell of one column: numbers and booleans as such, everything else as text.
Value cell_of(RowContext& row, const std::vector<Value>& found, std::string_view type) {
  if (found.empty() || found.front().is_null()) return Value();
  const Value& value = found.front();
  if (type == "integer") {
    if (value.is_int()) return value;
    if (value.is_double()) return Value::integer(static_cast<std::int64_t>(value.as_double()));
    return Value();
  }
  if (type == "number") return value.is_number() ? value : Value();
  if (type == "boolean") return value.is_bool() ? value : Value();
  if (type == "date") {
    if (!value.is_string()) return Value();
    if (!codec::parse_time(value.as_string())) return Value::string("<invalid>");
    return Value::string(row.arena, since(row, value));
  }
  if (type != "string") return Value();
  return Value::string(row.arena, text_of(value));
}

}  // namespace

std::vector<Value> find_json_path(Value object, std::string_view path) {
  std::vector<Value> found{object};
  if (path.starts_with('{') && path.ends_with('}')) path = path.substr(1, path.size() - 2);
  if (path.starts_with('$')) path.remove_prefix(1);
  while (!path.empty() && !found.empty()) {
    if (path.front() == '[') {
      std::size_t end = 1;
      char quote = 0;
      for (; end < path.size(); ++end) {
        if (quote != 0) {
          if (path[end] == quote) quote = 0;
        } else if (path[end] == '\'' || path[end] == '"') {
          quote = path[end];
        } else if (path[end] == ']') {
          break;
        }
      }
      const std::string_view inside = path.substr(1, end - 1);
      path = end >= path.size() ? std::string_view() : path.substr(end + 1);
      std::int64_t index = 0;
      const auto read = std::from_chars(inside.data(), inside.data() + inside.size(), index);
      if (inside.starts_with("?(") && inside.ends_with(')')) {
        found = filter(found, inside.substr(2, inside.size() - 3));
      } else if (read.ec == std::errc() && read.ptr == inside.data() + inside.size()) {
        found = indexed(found, index);
      } else {
        found = children(found, unquote(inside));
      }
      continue;
    }
    if (path.front() == '.') path.remove_prefix(1);
    std::string key;
    while (!path.empty() && path.front() != '.' && path.front() != '[') {
      if (path.front() == '\\' && path.size() > 1) path.remove_prefix(1);
      key += path.front();
      path.remove_prefix(1);
    }
    if (!key.empty()) found = children(found, key);
  }
  return found;
}

std::vector<TableColumn> crd_columns(const schema::Resource& resource) {
  std::vector<TableColumn> columns;
  for (const schema::Column& column : resource.columns) {
    columns.push_back({std::string(column.name), std::string(column.type),
                       std::string(column.format), std::string(column.description),
                       column.priority});
  }
  return columns;
}

void crd_row(RowContext& row, const schema::Resource& resource, Value object) {
  for (const schema::Column& column : resource.columns) {
    row.cells.push_back(row.arena,
                        cell_of(row, find_json_path(object, column.json_path), column.type));
  }
}

}  // namespace thole::api
