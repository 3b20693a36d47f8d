#include "thole/api/object_meta.hpp"

#include <algorithm>
#include <array>

#include "thole/api/errors.hpp"
#include "thole/api/names.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/time.hpp"

namespace thole::api {

namespace {

using codec::Value;

enum class MemberType : std::uint8_t { Text, Number, TextMap, List };

struct KnownMember {
  std::string_view name;
  MemberType type;
};

constexpr std::array<KnownMember, 14> kMembers = {{
    {"name", MemberType::Text},
    {"generateName", MemberType::Text},
    {"namespace", MemberType::Text},
    {"uid", MemberType::Text},
    {"resourceVersion", MemberType::Text},
    {"generation", MemberType::Number},
    {"creationTimestamp", MemberType::Text},
    {"deletionTimestamp", MemberType::Text},
    {"deletionGracePeriodSeconds", MemberType::Number},
    {"labels", MemberType::TextMap},
    {"annotations", MemberType::TextMap},
    {"ownerReferences", MemberType::List},
    {"finalizers", MemberType::List},
    {"managedFields", MemberType::List},
}};

std::string_view go_type(const Value& value) {
  switch (value.type()) {
    case codec::ValueType::String:
      return "string";
    case codec::ValueType::Bool:
      return "bool";
    case codec::ValueType::Array:
      return "array";
    case codec::ValueType::Object:
      return "object";
    default:
      return "number";
  }
}

std::unexpected<Error> wrong_type(std::string_view field, const Value& value,
                                  std::string_view wanted) {
  return fail(ErrorKind::BadRequest,
              cat("json: cannot unmarshal ", go_type(value),
                  " into Go struct field ObjectMeta.metadata.", field, " of type ", wanted));
}

Result<Value> sorted_map(codec::Arena& arena, std::string_view field, const Value& map) {
  if (!map.is_object()) return wrong_type(field, map, "map[string]string");
  std::vector<codec::Member> members(map.members().begin(), map.members().end());
  std::sort(members.begin(), members.end(),
            [](const codec::Member& a, const codec::Member& b) { return a.key < b.key; });
  Value out = Value::object(arena);
  for (const codec::Member& member : members) {
    if (member.value.is_null()) {
      out.set(arena, member.key, Value::string(""));
      continue;
    }
    if (!member.value.is_string()) return wrong_type(field, member.value, "string");
    out.set(arena, member.key, member.value);
  }
  return out;
}

Reasons check_name(NameRule rule, std::string_view name, bool prefix) {
  // A prefix may end in what only the generated letters make valid.
  std::string whole(name);
  if (prefix && whole.ends_with('-')) whole.back() = 'a';
  switch (rule) {
    case NameRule::DnsLabel:
      return check_dns_label(whole);
    case NameRule::Dns1035Label:
      return check_dns_1035_label(whole);
    case NameRule::PathSegment:
      return check_path_segment(whole);
    case NameRule::DnsSubdomain:
      break;
  }
  return check_dns_subdomain(whole);
}

void validate_annotations(const Value& annotations, Causes& causes) {
  std::size_t size = 0;
  for (const codec::Member& member : annotations.members()) {
    std::string key(member.key);
    std::transform(key.begin(), key.end(), key.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    for (const std::string& reason : check_label_key(key)) {
      causes.push_back(cause_invalid("metadata.annotations", codec::go_quote(member.key), reason));
    }
    size += member.key.size() + member.value.as_string().size();
  }
  if (size > 256 * 1024) {
    causes.push_back({"FieldValueTooLong", "Too long: may not be more than 262144 bytes",
                      "metadata.annotations"});
  }
}

void immutable(std::string_view field, const Value& now, const Value& before, Causes& causes) {
  if (now == before) return;
  causes.push_back(
      cause_invalid(cat("metadata.", field),
                    now.is_string() ? codec::go_quote(now.as_string()) : codec::to_json(now),
                    "field is immutable"));
}

}  // namespace

std::string make_uid(Random& random) {
  std::array<std::byte, 16> bytes{};
  random.fill(bytes);
  bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};
  bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kDigits[std::to_integer<std::size_t>(bytes[i] >> 4)];
    out += kDigits[std::to_integer<std::size_t>(bytes[i] & std::byte{0x0f})];
  }
  return out;
}

std::string make_name(Random& random, std::string_view base) {
  // Upstream's alphabet has no vowels and nothing that looks like something else.
  constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
  std::string out(base.substr(0, 58));
  for (int i = 0; i < 5; ++i) out += kLetters[random.below(kLetters.size())];
  return out;
}

std::string timestamp(WallTime now) { return codec::format_time(codec::to_timestamp(now)); }

Value metadata_of(codec::Arena& arena, Value object) {
  Value metadata = object.get("metadata");
  if (!metadata.is_object()) {
    metadata = Value::object(arena);
    object.set(arena, "metadata", metadata);
  }
  return metadata;
}

Result<Value> normalize_object(codec::Arena& arena, Value object) {
  if (const Value given = object.get("metadata"); !given.is_object() && !given.is_null()) {
    return wrong_type("", given, "v1.ObjectMeta");
  }
  const Value given = metadata_of(arena, object);
  Value metadata = Value::object(arena);
  for (const KnownMember& known : kMembers) {
    const Value value = given.get(known.name);
    if (value.is_null()) continue;
    switch (known.type) {
      case MemberType::Text:
        if (!value.is_string()) return wrong_type(known.name, value, "string");
        if (!value.as_string().empty()) metadata.set(arena, known.name, value);
        break;
      case MemberType::Number:
        if (!value.is_int()) return wrong_type(known.name, value, "int64");
        // deletionGracePeriodSeconds is a pointer: zero stays.
        if (value.as_int() != 0 || known.name == "deletionGracePeriodSeconds") {
          metadata.set(arena, known.name, value);
        }
        break;
      case MemberType::TextMap: {
        THOLE_TRY(const Value map, sorted_map(arena, known.name, value));
        if (map.size() != 0) metadata.set(arena, known.name, map);
        break;
      }
      case MemberType::List:
        if (!value.is_array()) return wrong_type(known.name, value, "slice");
        if (value.size() != 0) metadata.set(arena, known.name, value);
        break;
    }
  }
  Value out = Value::object(arena);
  if (object.find("kind")) out.set(arena, "kind", object.get("kind"));
  if (object.find("apiVersion")) out.set(arena, "apiVersion", object.get("apiVersion"));
  out.set(arena, "metadata", metadata);
  for (const codec::Member& member : object.members()) {
    if (member.key == "kind" || member.key == "apiVersion" || member.key == "metadata") continue;
    out.set(arena, member.key, member.value);
  }
  return out;
}

void validate_metadata(const schema::Resource& resource, const ResourceRules& rules, Value object,
                       Value old, Causes& causes) {
  const Value metadata = object.get("metadata");
  const std::string_view name = metadata.string_or("name");
  if (const auto prefix = metadata.string_or("generateName"); !prefix.empty() && old.is_null()) {
    for (const std::string& reason : check_name(rules.name_rule, prefix, true)) {
      causes.push_back(cause_invalid("metadata.generateName", codec::go_quote(prefix), reason));
    }
  }
  if (name.empty()) {
    causes.push_back(cause_required("metadata.name", "name or generateName is required"));
  } else if (old.is_null()) {
    for (const std::string& reason : check_name(rules.name_rule, name, false)) {
      causes.push_back(cause_invalid("metadata.name", codec::go_quote(name), reason));
    }
  }
  if (resource.namespaced) {
    const std::string_view space = metadata.string_or("namespace");
    if (space.empty()) {
      causes.push_back(cause_required("metadata.namespace", ""));
    } else if (old.is_null()) {
      for (const std::string& reason : check_dns_label(space)) {
        causes.push_back(cause_invalid("metadata.namespace", codec::go_quote(space), reason));
      }
    }
  } else if (metadata.find("namespace")) {
    causes.push_back(cause_forbidden("metadata.namespace", "not allowed on this type"));
  }
  for (const codec::Member& label : metadata.get("labels").members()) {
    for (const std::string& reason : check_label_key(label.key)) {
      causes.push_back(cause_invalid("metadata.labels", codec::go_quote(label.key), reason));
    }
    for (const std::string& reason : check_label_value(label.value.as_string())) {
      causes.push_back(
          cause_invalid("metadata.labels", codec::go_quote(label.value.as_string()), reason));
    }
  }
  validate_annotations(metadata.get("annotations"), causes);
  for (const Value& finalizer : metadata.get("finalizers").elements()) {
    const std::string_view text = finalizer.is_string() ? finalizer.as_string() : "";
    for (const std::string& reason : check_label_key(text)) {
      causes.push_back(cause_invalid("metadata.finalizers", codec::go_quote(text), reason));
    }
  }
  if (old.is_null()) return;
  const Value before = old.get("metadata");
  immutable("name", metadata.get("name"), before.get("name"), causes);
  immutable("namespace", metadata.get("namespace"), before.get("namespace"), causes);
  immutable("uid", metadata.get("uid"), before.get("uid"), causes);
  immutable("creationTimestamp", metadata.get("creationTimestamp"), before.get("creationTimestamp"),
            causes);
  if (!before.get("deletionTimestamp").is_null()) {
    std::string added;
    for (const Value& finalizer : metadata.get("finalizers").elements()) {
      const auto had = before.get("finalizers").elements();
      if (std::find(had.begin(), had.end(), finalizer) == had.end() && finalizer.is_string()) {
        added += cat(added.empty() ? "" : ", ", codec::go_quote(finalizer.as_string()));
      }
    }
    if (!added.empty()) {
      causes.push_back(cause_forbidden(
          "metadata.finalizers",
          cat("no new finalizers can be added if the object is being deleted, found new "
              "finalizers []string{",
              added, "}")));
    }
  }
}

bool same_but_bookkeeping(Value a, Value b) {
  const auto count = [](const Value& object) {
    std::size_t members = 0;
    for (const codec::Member& member : object.members()) {
      if (member.key != "managedFields" && member.key != "resourceVersion") ++members;
    }
    return members;
  };
  if (a.size() != b.size()) return false;
  for (const codec::Member& member : a.members()) {
    const Value other = b.get(member.key);
    if (member.key != "metadata") {
      if (!b.find(member.key) || !(member.value == other)) return false;
      continue;
    }
    if (count(member.value) != count(other)) return false;
    for (const codec::Member& field : member.value.members()) {
      if (field.key == "managedFields" || field.key == "resourceVersion") continue;
      if (!(field.value == other.get(field.key))) return false;
    }
  }
  return true;
}

}  // namespace thole::api
