#include "thole/schema/protobuf.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>

#include "thole/base/text.hpp"
#include "thole/codec/base64.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/quantity.hpp"
#include "thole/codec/time.hpp"
#include "thole/codec/utf8.hpp"
#include "thole/schema/decode.hpp"

namespace thole::schema {

using codec::Arena;
using codec::Member;
using codec::Value;

namespace {

constexpr std::string_view magic("k8s\0", 4);

enum class Wire : std::uint8_t { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

// One field as it stands on the wire.
struct Item {
  std::uint32_t number = 0;
  Wire wire = Wire::Varint;
  std::uint64_t bits = 0;  // Of all but Bytes.
  std::string_view text;   // Of Bytes.
  std::size_t place = 0;   // Among the fields of its message.
};
using Items = std::vector<Item>;
using ItemSpan = std::span<const Item>;

std::unexpected<Error> cut() { return fail(ErrorKind::BadRequest, "unexpected EOF"); }

Result<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (bytes.empty()) return cut();
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    number |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return number;
  }
  return fail(ErrorKind::BadRequest, "proto: integer overflow");
}

Result<std::uint64_t> take_fixed(std::string_view& bytes, std::size_t size) {
  if (bytes.size() < size) return cut();
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i) {
    number |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  bytes.remove_prefix(size);
  return number;
}

Result<void> read_items(std::string_view bytes, Items& items) {
  while (!bytes.empty()) {
    THOLE_TRY(const std::uint64_t tag, take_varint(bytes));
    const std::uint64_t number = tag >> 3;
    if (number == 0 || number > 0x1FFFFFFF) {
      return fail(ErrorKind::BadRequest, cat("proto: illegal tag ", number));
    }
    Item item{static_cast<std::uint32_t>(number), Wire(tag & 7), 0, {}};
    switch (item.wire) {
      case Wire::Varint: {
        THOLE_TRY(item.bits, take_varint(bytes));
        break;
      }
      case Wire::Fixed64: {
        THOLE_TRY(item.bits, take_fixed(bytes, 8));
        break;
      }
      case Wire::Fixed32: {
        THOLE_TRY(item.bits, take_fixed(bytes, 4));
        break;
      }
      case Wire::Bytes: {
        THOLE_TRY(const std::uint64_t size, take_varint(bytes));
        if (size > bytes.size()) return cut();
        item.text = bytes.substr(0, size);
        bytes.remove_prefix(size);
        break;
      }
      default:
        return fail(ErrorKind::BadRequest, cat("proto: illegal wireType ", tag & 7));
    }
    item.place = items.size();
    items.push_back(item);
  }
  return {};
}

std::unexpected<Error> wrong_wire(const Item& item) {
  return fail(ErrorKind::BadRequest, cat("proto: wrong wireType = ", static_cast<int>(item.wire),
                                         " for field ", item.number));
}

// A message that comes in several pieces is their sum. Sorted by number, in order within one.
Result<Items> read_message(ItemSpan pieces) {
  Items items;
  for (const Item& piece : pieces) {
    if (piece.wire != Wire::Bytes) return wrong_wire(piece);
    THOLE_CHECK(read_items(piece.text, items));
  }
  const auto by_number = [](const Item& a, const Item& b) {
    return a.number != b.number ? a.number < b.number : a.place < b.place;
  };
  if (!std::is_sorted(items.begin(), items.end(), by_number)) {
    std::sort(items.begin(), items.end(), by_number);
  }
  return items;
}

ItemSpan find(ItemSpan items, std::uint32_t number) {
  const auto first = std::lower_bound(items.begin(), items.end(), number,
                                      [](const Item& a, std::uint32_t n) { return a.number < n; });
  auto last = first;
  while (last != items.end() && last->number == number) ++last;
  return {first, last};
}

Result<std::uint64_t> number_of(ItemSpan items, std::uint32_t number) {
  const ItemSpan found = find(items, number);
  if (found.empty()) return 0;
  if (found.back().wire != Wire::Varint) return wrong_wire(found.back());
  return found.back().bits;
}

Result<std::string_view> text_of(ItemSpan items, std::uint32_t number) {
  const ItemSpan found = find(items, number);
  if (found.empty()) return std::string_view();
  if (found.back().wire != Wire::Bytes) return wrong_wire(found.back());
  return found.back().text;
}

Wire wire_of(const Type& type) {
  switch (type.shape) {
    case Shape::Bool:
    case Shape::Int32:
    case Shape::Int64:
      return Wire::Varint;
    case Shape::Float:
      return Wire::Fixed64;
    default:
      return Wire::Bytes;
  }
}

// Whether a zero of this type is what Go sends for "never set". Quantities and others that are
// structs in Go stand in its JSON too.
bool zero_is_absent(const Type& type) {
  switch (type.shape) {
    case Shape::String:
    case Shape::Bool:
    case Shape::Int32:
    case Shape::Int64:
    case Shape::Float:
      return true;
    default:
      return false;
  }
}

class Decoder {
 public:
  explicit Decoder(Arena& arena) : arena_(arena) {}

  Result<Value> value(ItemSpan pieces, const Type& type, int depth) {
    if (depth > typed_depth_max) return fail(ErrorKind::BadRequest, "exceeded max depth");
    if (type.shape == Shape::Map) return map(pieces, type, depth);
    if (type.shape == Shape::List) return list(pieces, type, depth);
    const Item& last = pieces.back();
    if (last.wire != wire_of(type)) return wrong_wire(last);
    switch (type.shape) {
      case Shape::Struct:
        return structure(pieces, type, depth);
      case Shape::String:
        return text(last.text);
      case Shape::Bool:
        return Value::boolean(last.bits != 0);
      case Shape::Int32:
        return Value::integer(static_cast<std::int32_t>(last.bits));
      case Shape::Int64:
        return Value::integer(static_cast<std::int64_t>(last.bits));
      case Shape::Float:
        return Value::number(std::bit_cast<double>(last.bits));
      case Shape::Bytes:
        return Value::string(arena_, codec::encode_base64(last.text));
      case Shape::Any:
        return any(pieces, type, depth);
      default:
        return special(pieces, type);
    }
  }

 private:
  // The messages that inlined structs are, each read once.
  struct Inlined {
    std::array<std::uint8_t, 2> path;
    Items items;
  };

  Result<Value> structure(ItemSpan pieces, const Type& type, int depth) {
    THOLE_TRY(const Items own, read_message(pieces));
    std::vector<Inlined> inlined;
    std::vector<Member> members;
    const Type* const outer = owner_;
    for (const Field& field : type.fields) {
      if (field.proto_number == 0) continue;
      ItemSpan items = own;
      if (field.proto_parents[0] != 0) {
        auto at = std::find_if(inlined.begin(), inlined.end(),
                               [&](const Inlined& one) { return one.path == field.proto_parents; });
        if (at == inlined.end()) {
          THOLE_TRY(Items inner, read_message(find(own, field.proto_parents[0])));
          if (field.proto_parents[1] != 0) {
            THOLE_TRY(inner, read_message(find(inner, field.proto_parents[1])));
          }
          inlined.push_back({field.proto_parents, std::move(inner)});
          at = std::prev(inlined.end());
        }
        items = at->items;
      }
      const ItemSpan found = find(items, field.proto_number);
      if (found.empty()) continue;
      owner_ = &type;
      auto decoded = value(found, *field.type, depth + 1);
      owner_ = outer;
      if (!decoded) return decoded;
      if (decoded->is_null()) continue;
      if (!field.pointer && zero_is_absent(*field.type) && is_zero(*decoded, *field.type)) continue;
      members.push_back({field.name, *decoded});
    }
    return Value::object(arena_, members);
  }

  Result<Value> map(ItemSpan pieces, const Type& type, int depth) {
    struct Entry {
      Member member;
      std::size_t place;
    };
    std::vector<Entry> entries;
    entries.reserve(pieces.size());
    for (const Item& piece : pieces) {
      THOLE_TRY(const Items entry, read_message({&piece, 1}));
      THOLE_TRY(const std::string_view key, text_of(entry, 1));
      ItemSpan found = find(entry, 2);
      const Item zero{2, wire_of(*type.element), 0, {}};
      if (found.empty()) found = {&zero, 1};
      THOLE_TRY(const Value element, value(found, *type.element, depth + 1));
      entries.push_back({{text(key).as_string(), element}, entries.size()});
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return a.member.key != b.member.key ? a.member.key < b.member.key : a.place < b.place;
    });
    std::vector<Member> members;
    members.reserve(entries.size());
    for (const Entry& entry : entries) {  // The last of equal keys wins.
      if (!members.empty() && members.back().key == entry.member.key) members.pop_back();
      members.push_back(entry.member);
    }
    return Value::object(arena_, members);
  }

  Result<Value> list(ItemSpan pieces, const Type& type, int depth) {
    Items inner;
    if (!type.name.empty()) {
      THOLE_TRY(inner, read_message(pieces));
      pieces = find(inner, 1);
    }
    const Wire wire = wire_of(*type.element);
    std::vector<Value> elements;
    elements.reserve(pieces.size());
    for (const Item& piece : pieces) {
      if (wire == Wire::Bytes || piece.wire != Wire::Bytes) {
        THOLE_TRY(const Value element, value({&piece, 1}, *type.element, depth + 1));
        elements.push_back(element);
        continue;
      }
      for (std::string_view packed = piece.text; !packed.empty();) {
        Item one{piece.number, wire, 0, {}};
        THOLE_TRY(one.bits, wire == Wire::Varint ? take_varint(packed) : take_fixed(packed, 8));
        THOLE_TRY(const Value element, value({&one, 1}, *type.element, depth + 1));
        elements.push_back(element);
      }
    }
    return Value::array(arena_, elements);
  }

  // The types of CRDs' schemas whose JSON is one of several things.
  Result<Value> any(ItemSpan pieces, const Type& type, int depth) {
    const std::string_view name = type.name.substr(type.name.rfind('.') + 1);
    THOLE_TRY(const Items items, read_message(pieces));
    ++any_depth_;
    auto made = any_of(items, name, depth);
    --any_depth_;
    // Once, at the outermost, or nesting would cost a square.
    if (made && any_depth_ == 0) codec::sort_keys(*made);
    return made;
  }

  Result<Value> any_of(ItemSpan items, std::string_view name, int depth) {
    if (name == "JSONSchemaPropsOrBool" || name == "JSONSchemaPropsOrArray" ||
        name == "JSONSchemaPropsOrStringArray") {
      const Type* const schema = owner_;
      if (schema == nullptr) return fail(ErrorKind::BadRequest, "a schema outside of a schema");
      const bool is_bool = name == "JSONSchemaPropsOrBool";
      if (const ItemSpan many = find(items, 2); !is_bool && !many.empty()) {
        std::vector<Value> elements;
        elements.reserve(many.size());
        for (const Item& one : many) {
          if (one.wire != Wire::Bytes) return wrong_wire(one);
          if (name == "JSONSchemaPropsOrStringArray") {
            elements.push_back(text(one.text));
            continue;
          }
          THOLE_TRY(const Value element, value({&one, 1}, *schema, depth + 1));
          elements.push_back(complete(element, *schema, arena_));
        }
        return Value::array(arena_, elements);
      }
      if (const ItemSpan one = find(items, is_bool ? 2 : 1); !one.empty()) {
        THOLE_TRY(const Value element, value(one, *schema, depth + 1));
        return complete(element, *schema, arena_);
      }
      if (!is_bool) return Value();
      THOLE_TRY(const std::uint64_t allows, number_of(items, 1));
      return Value::boolean(allows != 0);
    }
    THOLE_TRY(const std::string_view raw, text_of(items, 1));
    return json(raw);
  }

  Result<Value> special(ItemSpan pieces, const Type& type) {
    THOLE_TRY(const Items items, read_message(pieces));
    switch (type.shape) {
      case Shape::IntOrString: {
        THOLE_TRY(const std::uint64_t is_text, number_of(items, 1));
        THOLE_TRY(const std::uint64_t number, number_of(items, 2));
        THOLE_TRY(const std::string_view string, text_of(items, 3));
        if (is_text != 0) return text(string);
        return Value::integer(static_cast<std::int32_t>(number));
      }
      case Shape::Quantity: {
        if (find(items, 1).empty()) return Value::string("0");
        THOLE_TRY(const std::string_view written, text_of(items, 1));
        THOLE_TRY(const codec::Quantity parsed, codec::Quantity::parse(written));
        return Value::string(arena_, parsed.text());
      }
      case Shape::Time:
      case Shape::MicroTime:
        return time(items, type.shape == Shape::MicroTime);
      case Shape::Duration: {
        THOLE_TRY(const std::uint64_t nanos, number_of(items, 1));
        const std::chrono::nanoseconds duration(static_cast<std::int64_t>(nanos));
        return Value::string(arena_, codec::format_duration(duration));
      }
      case Shape::FieldsV1:
      case Shape::RawExtension: {
        THOLE_TRY(const std::string_view raw, text_of(items, 1));
        THOLE_TRY(const Value parsed, json(raw));
        if (type.shape == Shape::FieldsV1) codec::sort_keys(parsed);
        return parsed;
      }
      default:
        return fail(ErrorKind::BadRequest, cat("no protobuf form of ", type.name));
    }
  }

  // An empty message is Go's zero time; whole seconds, or microseconds.
  Result<Value> time(ItemSpan items, bool micro) {
    if (items.empty()) return Value();
    THOLE_TRY(const std::uint64_t seconds, number_of(items, 1));
    THOLE_TRY(const std::uint64_t nanos, number_of(items, 2));
    codec::Timestamp stamp{static_cast<std::int64_t>(seconds), 0};
    const auto fraction = static_cast<std::int32_t>(nanos);
    constexpr std::int64_t year_10000 = 253402300800;
    if (stamp.seconds < codec::zero_time.seconds || stamp.seconds >= year_10000 || fraction < 0 ||
        fraction > 999'999'999) {
      return fail(ErrorKind::BadRequest, "a time outside of the years 1 to 9999");
    }
    if (micro) stamp.nanos = fraction - fraction % 1000;
    if (stamp == codec::zero_time) return Value();
    return Value::string(arena_,
                         micro ? codec::format_micro_time(stamp) : codec::format_time(stamp));
  }

  Result<Value> json(std::string_view raw) {
    if (raw.empty()) return Value();
    return codec::parse_json(raw, arena_);
  }

  // Bytes that are no UTF-8 become U+FFFD, as in JSON.
  Value text(std::string_view bytes) {
    if (codec::is_utf8(bytes)) return Value::string(arena_, bytes);
    std::string clean;
    while (!bytes.empty()) {
      const codec::Rune rune = codec::decode_rune(bytes);
      codec::append_rune(rune.code, clean);
      bytes.remove_prefix(rune.size);
    }
    return Value::string(arena_, clean);
  }

  Arena& arena_;
  const Type* owner_ = nullptr;  // The struct whose field is being read.
  int any_depth_ = 0;
};

}  // namespace

Result<ProtobufEnvelope> read_protobuf_envelope(std::string_view bytes) {
  if (!bytes.starts_with(magic)) {
    return fail(ErrorKind::BadRequest,
                "provided data does not appear to be a protobuf message, expected prefix [107 56 "
                "115 0]");
  }
  if (bytes.size() == magic.size()) return fail(ErrorKind::BadRequest, "empty body");
  const Item whole{1, Wire::Bytes, 0, bytes.substr(magic.size())};
  THOLE_TRY(const Items items, read_message({&whole, 1}));
  THOLE_TRY(const Items type_meta, read_message(find(items, 1)));
  ProtobufEnvelope envelope;
  THOLE_TRY(envelope.api_version, text_of(type_meta, 1));
  THOLE_TRY(envelope.kind, text_of(type_meta, 2));
  THOLE_TRY(envelope.raw, text_of(items, 2));
  return envelope;
}

Result<Value> decode_protobuf(std::string_view raw, const Type& type, Arena& arena) {
  const Item whole{1, Wire::Bytes, 0, raw};
  return Decoder(arena).value({&whole, 1}, type, 0);
}

Result<Value> decode_protobuf(const ProtobufEnvelope& envelope, const Type& type, Arena& arena) {
  if (!codec::is_utf8(envelope.kind) || !codec::is_utf8(envelope.api_version)) {
    return fail(ErrorKind::BadRequest, "a kind that is no UTF-8");
  }
  THOLE_TRY(const Value object, decode_protobuf(envelope.raw, type, arena));
  if (!envelope.kind.empty()) object.set(arena, "kind", Value::string(arena, envelope.kind));
  if (!envelope.api_version.empty()) {
    object.set(arena, "apiVersion", Value::string(arena, envelope.api_version));
  }
  return object;
}

}  // namespace thole::schema
