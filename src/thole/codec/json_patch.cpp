#include "thole/codec/json_patch.hpp"

#include <charconv>
#include <optional>
#include <vector>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::codec {

namespace {

constexpr std::size_t copied_bytes_max = 3 * 1024 * 1024;

// All that a client of upstream gets to see of an operation that doesn't apply.
std::unexpected<Error> does_not_apply() {
  return fail(ErrorKind::Invalid, "the server rejected our request due to an error in our request",
              ErrorDetails{});
}

std::string unescape(std::string_view part) {
  std::string key;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const bool escape = part[i] == '~' && i + 1 < part.size();
    if (escape && (part[i + 1] == '0' || part[i + 1] == '1')) {
      key += part[++i] == '0' ? '~' : '/';
    } else {
      key += part[i];
    }
  }
  return key;
}

// As Go's strconv.Atoi, which takes signs and leading zeros.
std::optional<std::int64_t> index_of(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t index = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, index);
  if (read.ec != std::errc() || read.ptr != end || text.empty()) return std::nullopt;
  return index;
}

// The last part of a path, and the object or array that it names something in.
struct Place {
  Value container;
  std::string key;

  // Upstream says of an object's missing member that it is null.
  std::optional<Value> get() const {
    if (container.is_object()) return container.get(key);
    const std::optional<std::size_t> index = existing();
    if (!index) return std::nullopt;
    return container.elements()[*index];
  }
  std::optional<std::size_t> existing() const {
    const std::optional<std::int64_t> index = index_of(key);
    const auto size = static_cast<std::int64_t>(container.size());
    if (!index || *index >= size || *index < -size) return std::nullopt;
    return static_cast<std::size_t>(*index < 0 ? *index + size : *index);
  }
  bool set(Value value, Arena& arena) const {
    if (container.is_object()) {
      container.set(arena, key, value);
      return true;
    }
    const std::optional<std::size_t> index = existing();
    if (index) container.elements()[*index] = value;
    return index.has_value();
  }
  bool add(Value value, Arena& arena) const {
    if (container.is_object()) {
      container.set(arena, key, value);
      return true;
    }
    const auto size = static_cast<std::int64_t>(container.size()) + 1;
    const std::optional<std::int64_t> index = key == "-" ? std::optional(size - 1) : index_of(key);
    if (!index || *index >= size || *index < -size) return false;
    container.insert(arena, static_cast<std::size_t>(*index < 0 ? *index + size : *index), value);
    return true;
  }
  bool remove() const {
    if (container.is_object()) return container.erase(key);
    const std::optional<std::size_t> index = existing();
    if (index) container.erase_at(*index);
    return index.has_value();
  }
};

// What stands before the first slash is ignored, as upstream does.
std::optional<Place> find_place(Value document, std::string_view path) {
  std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  Place place{document, {}};
  while (true) {
    if (!place.container.is_object() && !place.container.is_array()) return std::nullopt;
    const std::size_t next = path.find('/', slash + 1);
    place.key = unescape(path.substr(slash + 1, next - slash - 1));
    if (next == std::string_view::npos) return place;
    const std::optional<Value> child = place.get();
    if (!child) return std::nullopt;
    place.container = *child;
    slash = next;
  }
}

class Patcher {
 public:
  Patcher(Value document, Arena& arena) : document_(document), arena_(arena) {}

  bool apply(const Value& operation) {
    const std::string_view op = operation.string_or("op");
    const Value* const path = operation.find("path");
    if (path == nullptr || !path->is_string()) return false;
    path_ = path->as_string();
    const Value* const from = operation.find("from");
    value_ = operation.get("value");
    if (op == "add") return add(value_.clone(arena_));
    if (op == "remove") return remove();
    if (op == "replace") return replace();
    if (op == "test") return test();
    if (from == nullptr || !from->is_string()) return false;
    if (op == "move") return move(from->as_string());
    if (op == "copy") return copy(from->as_string());
    return false;
  }

  Value document() const { return document_; }

 private:
  bool add(Value value) {
    const std::optional<Place> place = find_place(document_, path_);
    return place && place->add(value, arena_);
  }

  bool remove() {
    const std::optional<Place> place = find_place(document_, path_);
    return place && place->remove();
  }

  bool replace() {
    if (path_.empty()) {
      if (!value_.is_object() && !value_.is_array()) return false;
      document_ = value_.clone(arena_);
      return true;
    }
    const std::optional<Place> place = find_place(document_, path_);
    return place && place->set(value_.clone(arena_), arena_);
  }

  bool test() {
    if (path_.empty()) return document_ == value_;
    const std::optional<Place> place = find_place(document_, path_);
    const std::optional<Value> there = place ? place->get() : std::nullopt;
    return there && *there == value_;
  }

  bool move(std::string_view from) {
    const std::optional<Place> source = find_place(document_, from);
    const std::optional<Value> value = source ? source->get() : std::nullopt;
    return value && source->remove() && add(*value);
  }

  bool copy(std::string_view from) {
    const std::optional<Place> source = find_place(document_, from);
    const std::optional<Value> value = source ? source->get() : std::nullopt;
    if (!value) return false;
    copied_ += to_json(*value).size();
    return copied_ <= copied_bytes_max && add(value->clone(arena_));
  }

  Value document_;
  Arena& arena_;
  std::string_view path_;
  Value value_;
  std::size_t copied_ = 0;
};

}  // namespace

Result<Value> apply_json_patch(Value document, const Value& patch, Arena& arena) {
  if (!patch.is_array()) {
    return fail(ErrorKind::BadRequest, "a JSON patch must be an array of operations");
  }
  for (const Value& operation : patch.elements()) {
    if (!operation.is_object() && !operation.is_null()) {
      return fail(ErrorKind::BadRequest, "an operation of a JSON patch must be an object");
    }
  }
  if (patch.size() > json_patch_operations_max) {
    return fail(ErrorKind::RequestEntityTooLarge,
                cat("Request entity too large: The allowed maximum operations in a JSON patch is ",
                    json_patch_operations_max, ", got ", patch.size()));
  }
  Patcher patcher(document, arena);
  for (const Value& operation : patch.elements()) {
    if (!patcher.apply(operation)) return does_not_apply();
  }
  return patcher.document();
}

}  // namespace thole::codec
