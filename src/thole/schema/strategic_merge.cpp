#include "thole/schema/strategic_merge.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/member_index.hpp"

namespace thole::schema {

using codec::Arena;
using codec::Member;
using codec::MemberIndex;
using codec::Value;

namespace {

constexpr int depth_max = 1'000;
constexpr std::string_view directive = "$patch";
constexpr std::string_view retain_keys = "$retainKeys";
constexpr std::string_view set_order = "$setElementOrder";
constexpr std::string_view delete_primitives = "$deleteFromPrimitiveList";

std::unexpected<Error> bad_order() {
  return fail(ErrorKind::BadRequest,
              "The patch format of $setElementOrder list is invalid, please check the format");
}
std::unexpected<Error> bad_deletion() {
  return fail(ErrorKind::BadRequest,
              "The patch format of $deleteFromPrimitiveList is invalid, please check the format");
}
std::unexpected<Error> bad_retain_keys() {
  return fail(ErrorKind::BadRequest,
              "The patch format of $retainKeys is invalid, please check the format");
}
std::unexpected<Error> bad_type(std::string_view expected) {
  return fail(ErrorKind::InternalError, cat("expected a ", expected, " in the patch"));
}
std::unexpected<Error> no_merge_key(const Value& item, std::string_view key) {
  return fail(ErrorKind::InternalError,
              cat("map: ", codec::to_json(item), " does not contain declared merge key: ", key));
}
std::unexpected<Error> bad_directive(const Value& what) {
  return fail(ErrorKind::InternalError, cat("unknown patch type: ", codec::to_json(what)));
}

// How a field is patched: its type, and what its tags say.
struct Meta {
  const Type* type = nullptr;  // Null where nothing is known: untyped JSON.
  bool merge = false;
  bool replace = false;
  std::string_view merge_key;

  const Type* element() const { return type == nullptr ? nullptr : type->element; }
};

Result<Meta> meta_of(const Type* type, std::string_view key) {
  if (type == nullptr) return Meta{};
  if (type->shape == Shape::Map) return Meta{type->element};
  if (type->shape != Shape::Struct) return Meta{};
  for (const Field& field : type->fields) {
    if (field.name != key) continue;
    const std::string_view strategy = field.patch_strategy;
    return Meta{field.type, strategy.starts_with("merge") || strategy.ends_with(",merge"),
                strategy.starts_with("replace") || strategy.ends_with(",replace"),
                field.patch_merge_key};
  }
  return fail(ErrorKind::InternalError, cat("unable to find api field in struct ",
                                            type->name.substr(type->name.rfind('.') + 1),
                                            " for the json field ", codec::go_quote(key)));
}

// Values are compared as their JSON text, which has their kind in it.
std::string text_of(const Value& item, std::string_view merge_key) {
  return codec::to_json(merge_key.empty() ? item : item.get(merge_key));
}

// Where each value stands first in a list.
class Places {
 public:
  Places(std::span<const Value> list, std::string_view merge_key) : merge_key_(merge_key) {
    for (std::size_t i = 0; i < list.size(); ++i) places_.emplace(text_of(list[i], merge_key), i);
  }
  std::ptrdiff_t find(const Value& item) const {
    const auto at = places_.find(text_of(item, merge_key_));
    return at == places_.end() ? -1 : static_cast<std::ptrdiff_t>(at->second);
  }
  bool contains(const Value& item) const { return find(item) >= 0; }

 private:
  std::string_view merge_key_;
  std::unordered_map<std::string, std::size_t> places_;  // Its order is never looked at.
};

using Values = std::vector<Value>;

Values sorted_by(const Places& order, const Values& items) {
  std::vector<std::pair<std::ptrdiff_t, std::size_t>> keys;
  for (std::size_t i = 0; i < items.size(); ++i) keys.emplace_back(order.find(items[i]), i);
  std::sort(keys.begin(), keys.end());
  Values sorted;
  for (const auto& [place, index] : keys) sorted.push_back(items[index]);
  return sorted;
}

// Elements that the patch names come in the patch's order; those that only the server has keep
// theirs, and stand before what came after them.
Values in_order(const Values& merged, std::span<const Value> patch_order,
                std::span<const Value> server_order, std::string_view merge_key) {
  const Places by_patch(patch_order, merge_key);
  const Places by_server(server_order, merge_key);
  Values named;
  Values server_only;
  for (const Value& item : merged) (by_patch.contains(item) ? named : server_only).push_back(item);
  named = sorted_by(by_patch, named);
  server_only = sorted_by(by_server, server_only);
  Values all;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < server_only.size() || j < named.size()) {
    bool take_server = j == named.size();
    if (i < server_only.size() && j < named.size()) {
      const std::ptrdiff_t left = by_server.find(server_only[i]);
      const std::ptrdiff_t right = by_server.find(named[j]);
      take_server = left >= 0 && right >= 0 && left < right;
    }
    all.push_back(take_server ? server_only[i++] : named[j++]);
  }
  return all;
}

// Drops what carries a $patch directive; returns false when that is the value itself.
bool remove_directives(const Value& root) {
  if (root.find(directive) != nullptr) return false;
  std::vector<Value> open = {root};
  while (!open.empty()) {
    const Value value = open.back();
    open.pop_back();
    std::size_t kept = 0;
    const std::span<Member> members = value.members();
    for (const Member& member : members) {
      if (member.value.find(directive) != nullptr) continue;
      open.push_back(member.value);
      members[kept++] = member;
    }
    const std::span<Value> elements = value.elements();
    for (const Value& element : elements) {
      if (element.find(directive) != nullptr) continue;
      open.push_back(element);
      elements[kept++] = element;
    }
    if (value.is_object() || value.is_array()) value.truncate(kept);
  }
  return true;
}

// Nulls that delete nothing must not be stored either. Members only; a list keeps its nulls.
void discard_nulls(const Value& root) {
  std::vector<Value> open = {root};
  while (!open.empty()) {
    const Value value = open.back();
    open.pop_back();
    for (const Value& element : value.elements()) open.push_back(element);
    std::size_t kept = 0;
    const std::span<Member> members = value.members();
    for (const Member& member : members) {
      if (member.value.is_null()) continue;
      open.push_back(member.value);
      members[kept++] = member;
    }
    if (value.is_object()) value.truncate(kept);
  }
}

bool same_kind(const Value& a, const Value& b) { return a.type() == b.type(); }

class Merger {
 public:
  explicit Merger(Arena& arena) : arena_(arena) {}

  // Both are the merger's own to change.
  Result<Value> merge_map(Value original, Value patch, const Type* type, int depth) {
    if (depth > depth_max) return fail(ErrorKind::BadRequest, "exceeded max depth");
    if (const Value* what = patch.find(directive)) {
      if (*what == Value::string("replace")) {
        patch.erase(directive);
        return patch;
      }
      if (*what == Value::string("delete")) return Value::object(arena_);
      return bad_directive(*what);
    }
    THOLE_CHECK(apply_retain_keys(original, patch));
    THOLE_CHECK(apply_set_order(original, patch, type, depth));
    MemberIndex members(original, arena_);
    for (const Member& change : patch.members()) {
      std::string_view key = change.key;
      const bool deletes = key.starts_with(delete_primitives);
      if (deletes) {
        const std::size_t slash = key.find('/');
        if (slash != delete_primitives.size()) return bad_deletion();
        key.remove_prefix(slash + 1);
      }
      if (change.value.is_null()) {
        members.erase(key);
        continue;
      }
      Value* there = members.find(key);
      if (there == nullptr || !same_kind(*there, change.value)) {
        if (deletes) continue;
        discard_nulls(change.value);
        if (remove_directives(change.value)) {
          members.set(key, change.value);
        } else {
          members.erase(key);
        }
        continue;
      }
      if (!there->is_object() && !there->is_array()) {
        *there = change.value;
        continue;
      }
      THOLE_TRY(const Meta meta, meta_of(type, key));
      if (there->is_object()) {
        if (meta.replace) {
          *there = change.value;
        } else {
          THOLE_TRY(*there, merge_map(*there, change.value, meta.type, depth + 1));
        }
      } else {
        THOLE_TRY(*there, merge_list(*there, change.value, meta, deletes, depth));
      }
    }
    members.finish();
    return original;
  }

 private:
  Result<void> apply_retain_keys(Value original, Value patch) {
    const Value* const found = patch.find(retain_keys);
    if (found == nullptr) return {};
    const Value list = *found;
    patch.erase(retain_keys);
    if (!list.is_array()) return bad_retain_keys();
    std::unordered_set<std::string_view> kept;
    for (const Value& key : list.elements()) {
      if (key.is_string()) kept.insert(key.as_string());
    }
    for (const Member& member : patch.members()) {
      const bool checked = !member.value.is_null() && !member.key.starts_with(delete_primitives) &&
                           !member.key.starts_with(set_order);
      if (checked && !kept.contains(member.key)) return bad_retain_keys();
    }
    std::size_t count = 0;
    const std::span<Member> members = original.members();
    for (const Member& member : members) {
      if (kept.contains(member.key)) members[count++] = member;
    }
    original.truncate(count);
    return {};
  }

  // Handles the lists whose order the patch states, and takes them out of the patch.
  Result<void> apply_set_order(Value original, Value patch, const Type* type, int depth) {
    std::vector<Member> orders;
    for (const Member& member : patch.members()) {
      if (member.key.starts_with(set_order)) orders.push_back(member);
    }
    for (const Member& order : orders) {
      patch.erase(order.key);
      if (!order.value.is_array()) return bad_type("list");
      const std::size_t slash = order.key.find('/');
      if (slash != set_order.size()) return bad_order();
      const std::string_view key = order.key.substr(slash + 1);
      const Value* const there = original.find(key);
      const Value* const change = patch.find(key);
      if ((there != nullptr && !there->is_array()) || (change != nullptr && !change->is_array())) {
        return bad_type("list");
      }
      THOLE_TRY(const Meta meta, meta_of(type, key));
      if (change != nullptr) THOLE_CHECK(check_order(*change, order.value, meta.merge_key));
      if (there == nullptr && change == nullptr) continue;
      const Values server = there == nullptr ? Values() : values_of(*there);
      Value merged;
      if (change == nullptr) {
        merged = *there;
      } else if (there == nullptr) {
        merged = *change;
        if (!remove_directives(merged)) continue;
      } else {
        THOLE_TRY(merged, merge_list(*there, *change, meta, false, depth));
      }
      if (!meta.merge_key.empty()) {
        THOLE_CHECK(check_keys(values_of(merged), meta.merge_key));
        THOLE_CHECK(check_keys(values_of(order.value), meta.merge_key));
      }
      original.set(arena_, key,
                   Value::array(arena_, in_order(values_of(merged), order.value.elements(), server,
                                                 meta.merge_key)));
      patch.erase(key);
    }
    return {};
  }

  // The elements of the patch's list must stand in the stated order.
  Result<void> check_order(const Value& list, const Value& order, std::string_view merge_key) {
    if (list.size() == 0 || order.size() == 0) return {};
    std::size_t at = 0;
    std::size_t order_at = 0;
    while (at < list.size() && order_at < order.size()) {
      const Value& item = list.elements()[at];
      if (!merge_key.empty() && !item.is_object()) return bad_type("map");
      if (item.find(directive) != nullptr) {
        ++at;
        continue;
      }
      const Value& named = order.elements()[order_at];
      if (!merge_key.empty()) {
        if (!named.is_object()) return bad_type("map");
        if (item.find(merge_key) == nullptr) return no_merge_key(item, merge_key);
        if (named.find(merge_key) == nullptr) return no_merge_key(named, merge_key);
      }
      if (text_of(item, merge_key) == text_of(named, merge_key)) ++at;
      ++order_at;
    }
    while (at < list.size() && list.elements()[at].find(directive) != nullptr) ++at;
    if (at == list.size()) return {};
    return fail(ErrorKind::InternalError,
                cat("The order in patch list:\n", codec::to_json(list),
                    "\n doesn't match $setElementOrder list:\n", codec::to_json(order), "\n"));
  }

  Result<void> check_keys(const Values& list, std::string_view merge_key) {
    for (const Value& item : list) {
      if (!item.is_object()) return bad_type("map");
      if (item.find(merge_key) == nullptr) return no_merge_key(item, merge_key);
    }
    return {};
  }

  static Values values_of(const Value& list) {
    return {list.elements().begin(), list.elements().end()};
  }

  Result<Value> merge_list(Value original, Value patch, const Meta& meta, bool deletes, int depth) {
    if (!meta.merge && !deletes) return patch;
    if (original.size() == 0 && patch.size() == 0) return original;
    const Value sample = original.size() != 0 ? original.elements()[0] : patch.elements()[0];
    for (const Value list : {original, patch}) {
      for (const Value& item : list.elements()) {
        if (item.is_array()) {
          return fail(ErrorKind::Invalid,
                      "the server rejected our request due to an error in our request");
        }
        if (item.is_object() != sample.is_object()) {
          return fail(ErrorKind::InternalError, "list element types are not identical");
        }
      }
    }
    if (!sample.is_object()) return merge_primitives(original, patch, deletes);
    if (meta.merge_key.empty()) {
      return fail(ErrorKind::InternalError, "cannot merge lists without merge key for struct");
    }
    return merge_objects(values_of(original), values_of(patch), meta, depth);
  }

  Value merge_primitives(const Value& original, const Value& patch, bool deletes) {
    const Places in_patch(patch.elements(), {});
    Values result;
    if (deletes) {
      for (const Value& item : original.elements()) {
        if (!in_patch.contains(item)) result.push_back(item);
      }
      return Value::array(arena_, result);
    }
    std::unordered_set<std::string> seen;
    for (const Value& list : {original, patch}) {
      for (const Value& item : list.elements()) {
        if (seen.insert(text_of(item, {})).second) result.push_back(item);
      }
    }
    return Value::array(arena_, in_order(result, patch.elements(), original.elements(), {}));
  }

  Result<Value> merge_objects(Values original, const Values& patch, const Meta& meta, int depth) {
    const std::string_view key = meta.merge_key;
    Values changes;
    bool replaces = false;
    std::unordered_set<std::string> deleted;
    for (const Value& item : patch) {
      const Value* const what = item.find(directive);
      if (what == nullptr) {
        changes.push_back(item);
      } else if (*what == Value::string("delete")) {
        if (item.find(key) == nullptr) return no_merge_key(item, key);
        deleted.insert(text_of(item, key));
      } else if (*what == Value::string("replace")) {
        replaces = true;
      } else if (*what == Value::string("merge")) {
        return fail(ErrorKind::InternalError, "merging lists cannot yet be specified in the patch");
      } else {
        return bad_directive(*what);
      }
    }
    if (replaces) {
      original = std::move(changes);
      changes.clear();
    }
    if (!replaces) {
      std::erase_if(original,
                    [&](const Value& item) { return deleted.contains(text_of(item, key)); });
    }
    const Values server = original;
    std::unordered_map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < original.size(); ++i) places.emplace(text_of(original[i], key), i);
    for (const Value& change : changes) {
      if (change.find(key) == nullptr) return no_merge_key(change, key);
      const auto [at, fresh] = places.emplace(text_of(change, key), original.size());
      if (fresh) {
        original.push_back(change);
      } else {
        THOLE_TRY(original[at->second],
                  merge_map(original[at->second], change, meta.element(), depth + 1));
      }
    }
    THOLE_CHECK(check_keys(original, key));
    return Value::array(arena_, in_order(original, changes, server, key));
  }

  Arena& arena_;
};

}  // namespace

Result<Value> strategic_merge(Value original, const Value& patch, const Type& type, Arena& arena) {
  if (!patch.is_object() || !original.is_object()) {
    return fail(ErrorKind::BadRequest, "Invalid JSON document");
  }
  return Merger(arena).merge_map(original, patch.clone(arena), &type, 0);
}

}  // namespace thole::schema
