#include "thole/api/managed_fields.hpp"

#include <algorithm>

#include "thole/api/field_set.hpp"
#include "thole/base/text.hpp"

namespace thole::api {

namespace {

using codec::Value;

constexpr std::size_t kUpdateManagersMax = 10;

struct Entry {
  Value head;  // The entry as it stood, without its fields.
  FieldSet fields;
  bool changed = false;
};

bool is_writer(const Value& entry, const FieldWriter& writer) {
  return entry.string_or("manager") == writer.manager && entry.string_or("operation") == "Update" &&
         entry.string_or("apiVersion") == writer.api_version &&
         entry.string_or("subresource") == writer.subresource;
}

Value make_entry(codec::Arena& arena, std::string_view manager, std::string_view operation,
                 std::string_view api_version, std::string_view time, const FieldSet& fields,
                 std::string_view subresource) {
  Value entry = Value::object(arena);
  entry.set(arena, "manager", Value::string(arena, manager));
  entry.set(arena, "operation", Value::string(arena, operation));
  entry.set(arena, "apiVersion", Value::string(arena, api_version));
  entry.set(arena, "time", Value::string(arena, time));
  entry.set(arena, "fieldsType", Value::string("FieldsV1"));
  entry.set(arena, "fieldsV1", fields.to_value(arena));
  if (!subresource.empty()) {
    entry.set(arena, "subresource", Value::string(arena, subresource));
  }
  return entry;
}

// Applies first, then by time and name, as upstream sorts them.
bool goes_before(const Value& a, const Value& b) {
  const bool apply_a = a.string_or("operation") == "Apply";
  const bool apply_b = b.string_or("operation") == "Apply";
  if (apply_a != apply_b) return apply_a;
  if (a.string_or("time") != b.string_or("time")) return a.string_or("time") < b.string_or("time");
  if (a.string_or("manager") != b.string_or("manager")) {
    return a.string_or("manager") < b.string_or("manager");
  }
  return a.string_or("apiVersion") < b.string_or("apiVersion");
}

}  // namespace

void track_fields(codec::Arena& arena, const schema::Type* type, Value object, Value old,
                  const FieldWriter& writer) {
  Value metadata = object.get("metadata");
  const FieldSet now = fields_of(type, object);
  FieldSet changed = now;
  FieldSet removed;
  std::vector<Entry> entries;
  if (!old.is_null()) {
    const FieldSet before = fields_of(type, old);
    changed = changed_fields(type, old, object);
    removed = before.without(now);
    for (const Value& entry : old.get("metadata").get("managedFields").elements()) {
      entries.push_back({entry, FieldSet::from_value(entry.get("fieldsV1")), false});
    }
  }
  bool found = false;
  for (Entry& entry : entries) {
    const FieldSet mine = entry.fields.without(removed);
    const bool own = is_writer(entry.head, writer);
    found = found || own;
    FieldSet next = own ? mine.with(changed) : mine.without(changed);
    entry.changed = !(next == entry.fields);
    entry.fields = std::move(next);
  }
  Value list = Value::array(arena);
  std::vector<Value> sorted;
  for (const Entry& entry : entries) {
    if (entry.fields.empty()) continue;
    const bool own = is_writer(entry.head, writer);
    if (!entry.changed) {
      sorted.push_back(entry.head);
      continue;
    }
    sorted.push_back(make_entry(arena, entry.head.string_or("manager"),
                                entry.head.string_or("operation"),
                                entry.head.string_or("apiVersion"),
                                own ? std::string_view(writer.time) : entry.head.string_or("time"),
                                entry.fields, entry.head.string_or("subresource")));
  }
  if (!found && !changed.empty()) {
    sorted.push_back(make_entry(arena, writer.manager, "Update", writer.api_version, writer.time,
                                changed, writer.subresource));
  }
  std::sort(sorted.begin(), sorted.end(), goes_before);

  // More than ten updaters: the oldest are put together.
  std::size_t updaters = 0;
  for (const Value& entry : sorted) updaters += entry.string_or("operation") == "Update";
  for (std::size_t i = 0; updaters > kUpdateManagersMax && i + 1 < sorted.size();) {
    if (sorted[i].string_or("operation") != "Update") {
      ++i;
      continue;
    }
    std::size_t other = i + 1;
    while (other < sorted.size() &&
           sorted[other].string_or("apiVersion") != sorted[i].string_or("apiVersion")) {
      ++other;
    }
    if (other == sorted.size()) break;
    const FieldSet both = FieldSet::from_value(sorted[i].get("fieldsV1"))
                              .with(FieldSet::from_value(sorted[other].get("fieldsV1")));
    sorted[other] =
        make_entry(arena, "ancient-changes", "Update", sorted[i].string_or("apiVersion"),
                   sorted[other].string_or("time"), both, "");
    sorted.erase(sorted.begin() + static_cast<std::ptrdiff_t>(i));
    --updaters;
  }
  for (const Value& entry : sorted) list.push_back(arena, entry);
  if (list.size() == 0) {
    metadata.erase("managedFields");
  } else {
    metadata.set(arena, "managedFields", list);
  }
}

}  // namespace thole::api
