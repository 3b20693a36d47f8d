#include "thole/api/field_set.hpp"

#include <algorithm>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {

namespace {

using codec::Value;

constexpr int kDepthMax = 200;

bool is_granular_list(const schema::Type* type) {
  return type && type->shape == schema::Shape::List &&
         (type->list_kind == schema::ListKind::Map || type->list_kind == schema::ListKind::Set);
}

// Whether a value is one leaf, whatever is inside.
bool is_leaf(const schema::Type* type, const Value& value) {
  if (value.is_array()) return !is_granular_list(type);
  if (!value.is_object()) return true;
  if (!type) return false;  // Untyped: objects are granular, as for deduced types.
  if (type->map_kind == schema::MapKind::Atomic) return true;
  return type->shape != schema::Shape::Struct && type->shape != schema::Shape::Map &&
         type->shape != schema::Shape::Any;
}

const schema::Type* member_type(const schema::Type* type, std::string_view key) {
  if (!type) return nullptr;
  if (type->shape == schema::Shape::Map) return type->element;
  if (const schema::Field* field = type->find(key)) return field->type;
  return nullptr;
}

// "k:{...}" with the keys sorted, or `v:"a"`. Keys that are absent take their default.
std::string element_of(const schema::Type& list, const Value& element) {
  if (list.list_kind == schema::ListKind::Set) return cat("v:", codec::to_json(element));
  std::vector<std::string_view> keys(list.list_map_keys.begin(), list.list_map_keys.end());
  std::sort(keys.begin(), keys.end());
  std::string out = "k:{";
  bool first = true;
  for (const std::string_view key : keys) {
    Value value = element.get(key);
    if (value.is_null() && list.element) {
      if (const schema::Field* field = list.element->find(key)) value = field->default_value;
    }
    if (value.is_null()) continue;
    if (!first) out += ',';
    first = false;
    codec::write_json_string(key, out);
    out += ':';
    codec::write_json(value, out);
  }
  return out + "}";
}

void collect(const schema::Type* type, const Value& value, FieldSet& set, int depth) {
  if (depth > kDepthMax || is_leaf(type, value)) {
    set.set_member();
    return;
  }
  if (value.is_array()) {
    if (value.size() == 0) set.set_member();
    for (const Value& element : value.elements()) {
      FieldSet& child = set.child(element_of(*type, element));
      child.set_member();
      if (element.is_object()) collect(type->element, element, child, depth + 1);
    }
    return;
  }
  if (value.size() == 0) set.set_member();
  // A map's own key is a field beside its entries; a struct is only the sum of its fields.
  if (type && type->shape == schema::Shape::Map) set.set_member();
  for (const codec::Member& member : value.members()) {
    collect(member_type(type, member.key), member.value, set.child(cat("f:", member.key)),
            depth + 1);
  }
}

void compare(const schema::Type* type, const Value& before, const Value& now, FieldSet& set,
             int depth) {
  const bool same_shape = before.type() == now.type();
  if (depth > kDepthMax || is_leaf(type, now) || !same_shape) {
    if (!same_shape && !is_leaf(type, now)) {
      collect(type, now, set, depth);
    } else if (!(before == now)) {
      set.set_member();
    }
    return;
  }
  if (now.is_array()) {
    for (const Value& element : now.elements()) {
      const std::string at = element_of(*type, element);
      const Value* match = nullptr;
      for (const Value& candidate : before.elements()) {
        if (element_of(*type, candidate) == at) match = &candidate;
      }
      FieldSet part;
      if (!match) {
        part.set_member();
        if (element.is_object()) collect(type->element, element, part, depth + 1);
      } else if (element.is_object()) {
        compare(type->element, *match, element, part, depth + 1);
      }
      if (!part.empty()) set.child(at) = std::move(part);
    }
    return;
  }
  for (const codec::Member& member : now.members()) {
    const schema::Type* below = member_type(type, member.key);
    FieldSet part;
    if (const Value* old = before.find(member.key)) {
      compare(below, *old, member.value, part, depth + 1);
    } else {
      collect(below, member.value, part, depth + 1);
    }
    if (!part.empty()) set.child(cat("f:", member.key)) = std::move(part);
  }
}

// What the server owns itself is nobody's field.
Value without_system_fields(codec::Arena& arena, const Value& object) {
  Value out = Value::object(arena);
  for (const codec::Member& member : object.members()) {
    if (member.key == "apiVersion" || member.key == "kind") continue;
    if (member.key != "metadata") {
      out.set(arena, member.key, member.value);
      continue;
    }
    Value metadata = Value::object(arena);
    for (const codec::Member& field : member.value.members()) {
      const std::string_view key = field.key;
      if (key == "name" || key == "namespace" || key == "creationTimestamp" || key == "uid" ||
          key == "generation" || key == "managedFields" || key == "resourceVersion" ||
          key == "selfLink" || key == "clusterName") {
        continue;
      }
      metadata.set(arena, key, field.value);
    }
    if (metadata.size() != 0) out.set(arena, "metadata", metadata);
  }
  return out;
}

}  // namespace

FieldSet& FieldSet::child(std::string_view element) {
  const auto at = std::lower_bound(elements_.begin(), elements_.end(), element);
  const auto index = at - elements_.begin();
  if (at == elements_.end() || *at != element) {
    elements_.insert(at, std::string(element));
    children_.insert(children_.begin() + index, FieldSet());
  }
  return children_[static_cast<std::size_t>(index)];
}

FieldSet FieldSet::from_value(const Value& fields_v1) {
  FieldSet set;
  for (const codec::Member& member : fields_v1.members()) {
    if (member.key == ".") {
      set.member_ = true;
      continue;
    }
    FieldSet below = from_value(member.value);
    if (below.empty()) below.member_ = true;
    set.child(member.key) = std::move(below);
  }
  return set;
}

Value FieldSet::to_value(codec::Arena& arena) const {
  Value out = Value::object(arena);
  if (member_ && !children_.empty()) out.set(arena, ".", Value::object(arena));
  for (std::size_t i = 0; i < children_.size(); ++i) {
    out.set(arena, elements_[i], children_[i].to_value(arena));
  }
  return out;
}

FieldSet FieldSet::with(const FieldSet& other) const {
  FieldSet sum = *this;
  sum.member_ = member_ || other.member_;
  for (std::size_t i = 0; i < other.children_.size(); ++i) {
    FieldSet& mine = sum.child(other.elements_[i]);
    mine = mine.with(other.children_[i]);
  }
  return sum;
}

FieldSet FieldSet::without(const FieldSet& other) const {
  FieldSet rest;
  rest.member_ = member_ && !other.member_;
  for (std::size_t i = 0; i < children_.size(); ++i) {
    const auto at = std::lower_bound(other.elements_.begin(), other.elements_.end(), elements_[i]);
    const bool there = at != other.elements_.end() && *at == elements_[i];
    FieldSet part =
        there ? children_[i].without(
                    other.children_[static_cast<std::size_t>(at - other.elements_.begin())])
              : children_[i];
    if (part.empty()) continue;
    rest.elements_.push_back(elements_[i]);
    rest.children_.push_back(std::move(part));
  }
  return rest;
}

FieldSet fields_of(const schema::Type* type, const Value& object) {
  codec::Arena arena;
  FieldSet set;
  const Value own = without_system_fields(arena, object);
  if (own.size() != 0) collect(type, own, set, 0);
  return set;
}

FieldSet changed_fields(const schema::Type* type, const Value& before, const Value& now) {
  codec::Arena arena;
  FieldSet set;
  compare(type, without_system_fields(arena, before), without_system_fields(arena, now), set, 0);
  return set;
}

}  // namespace thole::api
