#include "thole/api/stored.hpp"

#include <algorithm>
#include <map>

#include "thole/api/json_scan.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {

namespace {

constexpr std::size_t kHole = 1;
constexpr std::size_t kMetadataBegin = 2;
constexpr std::size_t kMetadataEnd = 3;
constexpr std::size_t kUidBegin = 4;
constexpr std::size_t kUidSize = 5;
constexpr std::size_t kLabelCount = 6;
constexpr std::size_t kFieldCount = 7;
constexpr std::size_t kHeader = 8;

std::string_view piece(std::string_view bytes, std::uint32_t begin, std::uint32_t size) {
  return bytes.substr(begin, size);
}

std::uint32_t offset(std::string_view bytes, std::string_view part) {
  return static_cast<std::uint32_t>(part.data() - bytes.data());
}

// What stands between the quotes, or the text of a number or literal.
std::string_view scalar(std::string_view json) {
  if (json.size() >= 2 && json.front() == '"') return json.substr(1, json.size() - 2);
  return json;
}

std::string unescaped(std::string_view text) {
  if (const auto document = codec::parse_json(cat("\"", text, "\""))) {
    return std::string(document->root.as_string());
  }
  return std::string(text);
}

bool same_text(std::string_view stored, std::string_view wanted) {
  if (stored.find('\\') == stored.npos) return stored == wanted;
  return unescaped(stored) == wanted;
}

// Go prints the zero value of a field that is not there, so "false" and "0" can be selected.
std::string_view text_when_absent(std::string_view field) {
  if (field == "spec.unschedulable" || field == "spec.hostNetwork") return "false";
  if (field == "status.replicas" || field == "status.successful") return "0";
  return "";
}

bool stays_out(std::string_view key) { return key == "apiVersion" || key == "kind"; }

}  // namespace

store::ValuePtr encode_stored(const schema::Resource& resource, codec::Value object) {
  std::string bytes = "{";
  for (const codec::Member& member : object.members()) {
    if (stays_out(member.key)) continue;
    if (bytes.size() > 1) bytes += ',';
    codec::write_json_string(member.key, bytes);
    bytes += ':';
    if (member.key == "metadata" && member.value.is_object()) {
      bytes += '{';
      bool first = true;
      for (const codec::Member& field : member.value.members()) {
        if (field.key == "resourceVersion") continue;
        if (!first) bytes += ',';
        first = false;
        codec::write_json_string(field.key, bytes);
        bytes += ':';
        codec::write_json(field.value, bytes);
      }
      bytes += '}';
    } else {
      codec::write_json(member.value, bytes);
    }
  }
  bytes += '}';
  return store::Value::make(bytes, make_note(resource, bytes));
}

store::Note make_note(const schema::Resource& resource, std::string_view bytes) {
  store::Note note(kHeader, 0);
  note[0] = kNoteVersion;
  const std::string_view metadata = json_member(bytes, "metadata");
  if (!metadata.empty()) {
    note[kMetadataBegin] = offset(bytes, metadata);
    note[kMetadataEnd] = note[kMetadataBegin] + static_cast<std::uint32_t>(metadata.size());
    const std::string_view uid = json_member(metadata, "uid");
    if (uid.size() >= 2) {
      note[kUidBegin] = offset(bytes, uid) + 1;
      note[kUidSize] = static_cast<std::uint32_t>(uid.size() - 2);
      note[kHole] = note[kUidBegin] + note[kUidSize] + 1;
    } else {
      note[kHole] = note[kMetadataEnd] - 1;
    }
    JsonMembers labels(json_member(metadata, "labels"));
    while (labels.next()) {
      note.push_back(offset(bytes, scalar(labels.key())));
      note.push_back(static_cast<std::uint32_t>(scalar(labels.key()).size()));
      note.push_back(offset(bytes, scalar(labels.value())));
      note.push_back(static_cast<std::uint32_t>(scalar(labels.value()).size()));
      ++note[kLabelCount];
    }
  }
  note[kFieldCount] = static_cast<std::uint32_t>(resource.selectable_fields.size());
  for (const std::string_view field : resource.selectable_fields) {
    std::string_view at = bytes;
    std::string_view rest = field;
    while (!rest.empty() && !at.empty()) {
      const auto dot = rest.find('.');
      at = json_member(at, rest.substr(0, dot));
      rest = dot == rest.npos ? std::string_view() : rest.substr(dot + 1);
    }
    const bool there = !at.empty() && at != "null" && at.front() != '{' && at.front() != '[';
    note.push_back(there ? offset(bytes, scalar(at)) : 0);
    note.push_back(there ? static_cast<std::uint32_t>(scalar(at).size()) : kAbsent);
  }
  return note;
}

std::string object_head(const schema::Resource& resource) {
  const std::string version = resource.group.empty() ? std::string(resource.version)
                                                     : cat(resource.group, "/", resource.version);
  return cat("\"kind\":\"", resource.kind, "\",\"apiVersion\":\"", version, "\",");
}

void emit(const store::Value& value, std::string_view head, store::Revision revision,
          std::string& out) {
  const std::string_view bytes = value.bytes();
  const std::uint32_t hole = value.note().size() < kHeader ? 0 : value.note()[kHole];
  out += '{';
  out += head;
  if (hole == 0) {  // Nothing is known about it: it goes out as it is.
    if (bytes == "{}" && !head.empty()) out.pop_back();
    out += bytes.substr(1);
    return;
  }
  out += bytes.substr(1, hole - 1);
  out += cat(bytes[hole - 1] == '{' ? "" : ",", "\"resourceVersion\":\"", revision, "\"");
  out += bytes.substr(hole);
}

void emit_metadata(const store::Value& value, std::string_view head, store::Revision revision,
                   std::string& out) {
  const std::string_view bytes = value.bytes();
  if (value.note().size() < kHeader) {
    out += cat("{", head, "\"metadata\":{}}");
    return;
  }
  const std::uint32_t hole = value.note()[kHole];
  const std::uint32_t begin = value.note()[kMetadataBegin];
  const std::uint32_t end = value.note()[kMetadataEnd];
  out += '{';
  out += head;
  out += "\"metadata\":";
  out += bytes.substr(begin, hole - begin);
  out += cat(bytes[hole - 1] == '{' ? "" : ",", "\"resourceVersion\":\"", revision, "\"");
  out += bytes.substr(hole, end - hole);
  out += '}';
}

std::string_view uid_of(const store::Value& value) {
  if (value.note().size() < kHeader) return {};
  return piece(value.bytes(), value.note()[kUidBegin], value.note()[kUidSize]);
}

codec::Value decode_stored(const schema::Resource& resource, const store::Value& value,
                           store::Revision revision, codec::Arena& arena) {
  std::string text;
  text.reserve(value.bytes().size() + 96);
  emit(value, object_head(resource), revision, text);
  auto parsed = codec::parse_json(text, arena);
  THOLE_ASSERT(parsed.has_value());  // We wrote it.
  return *parsed;
}

Result<Selection> Selection::make(const schema::Resource& resource, LabelSelector labels,
                                  FieldSelector fields) {
  Selection selection;
  selection.labels_ = std::move(labels);
  for (FieldTerm& term : fields.terms) {
    Term made{Place::Name, 0, std::move(term.value), term.equal, ""};
    if (term.field == "metadata.name") {
      made.place = Place::Name;
    } else if (term.field == "metadata.namespace") {
      made.place = Place::Namespace;
    } else {
      const auto known = std::find(resource.selectable_fields.begin(),
                                   resource.selectable_fields.end(), term.field);
      if (known == resource.selectable_fields.end()) {
        // Upstream words it by whether the kind registered a conversion of its own.
        const bool own = !resource.selectable_fields.empty();
        return fail(ErrorKind::BadRequest,
                    own ? cat("field label not supported: ", term.field)
                        : cat(codec::go_quote(term.field),
                              " is not a known field selector: only \"metadata.name\", "
                              "\"metadata.namespace\""));
      }
      made.place = Place::Noted;
      made.index = static_cast<std::uint32_t>(known - resource.selectable_fields.begin());
      made.when_absent = text_when_absent(term.field);
    }
    selection.fields_.push_back(std::move(made));
  }
  return selection;
}

bool Selection::matches(std::string_view name, const store::Value& value) const {
  const std::string_view bytes = value.bytes();
  const auto note = value.note();
  const bool noted = note.size() >= kHeader;
  for (const LabelRequirement& requirement : labels_.requirements) {
    std::string_view found;
    bool there = false;
    for (std::size_t i = 0; noted && i < note[kLabelCount]; ++i) {
      const std::size_t at = kHeader + 4 * i;
      if (piece(bytes, note[at], note[at + 1]) == requirement.key) {
        found = piece(bytes, note[at + 2], note[at + 3]);
        there = true;
        break;
      }
    }
    if (!requirement.matches(there ? &found : nullptr)) return false;
  }
  const auto slash = name.find('/');
  for (const Term& term : fields_) {
    bool same = false;
    if (term.place == Place::Name) {
      same = (slash == name.npos ? name : name.substr(slash + 1)) == term.value;
    } else if (term.place == Place::Namespace) {
      same = (slash == name.npos ? std::string_view() : name.substr(0, slash)) == term.value;
    } else if (noted && term.index < note[kFieldCount]) {
      const std::size_t at = kHeader + 4 * note[kLabelCount] + 2 * term.index;
      same = note[at + 1] == kAbsent ? term.value == term.when_absent
                                     : same_text(piece(bytes, note[at], note[at + 1]), term.value);
    } else {
      same = term.value == term.when_absent;
    }
    if (same != term.equal) return false;
  }
  return true;
}

std::optional<std::string> Selection::exact_name() const {
  for (const Term& term : fields_) {
    if (term.place == Place::Name && term.equal) return term.value;
  }
  return std::nullopt;
}

std::optional<std::string> Selection::exact_namespace() const {
  for (const Term& term : fields_) {
    if (term.place == Place::Namespace && term.equal) return term.value;
  }
  return std::nullopt;
}

}  // namespace thole::api
