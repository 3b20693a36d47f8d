#include "thole/schema/decode.hpp"
#include "thole/schema/structural.hpp"

namespace thole::schema {

using codec::Arena;
using codec::Member;
using codec::Value;

namespace {

class Defaulter {
 public:
  explicit Defaulter(Arena& arena) : arena_(arena) {}

  void apply(const Value& value, const Type& type, int depth) {
    if (depth > typed_depth_max) return;
    if (value.is_object() && type.shape == Shape::Map) {
      map(value, type, depth);
    } else if (value.is_object()) {
      structure(value, type, depth);
    } else if (value.is_array() && type.shape == Shape::List && type.element != nullptr) {
      for (const Value& element : value.elements()) apply(element, *type.element, depth + 1);
    }
  }

 private:
  void structure(const Value& value, const Type& type, int depth) {
    for (const Field& field : type.fields) {
      Value* there = value.find(field.name);
      if (there != nullptr && there->is_null() && !field.nullable) {
        value.erase(field.name);
        there = nullptr;
      }
      // Where Go has no pointer, zero is all that "absent" can be.
      const bool unset =
          there == nullptr || (!field.pointer && !field.nullable && is_zero(*there, *field.type));
      if (unset && !field.default_value.is_null()) {
        value.set(arena_, field.name, field.default_value.clone(arena_));
      }
      if (const Value* child = value.find(field.name)) apply(*child, *field.type, depth + 1);
    }
  }

  void map(const Value& value, const Type& type, int depth) {
    if (type.element == nullptr) return;
    const std::span<Member> members = value.members();
    std::size_t kept = 0;
    for (const Member& member : members) {
      const bool drop = member.value.is_null() && !type.element_pointer &&
                        type.element->shape != Shape::Bytes && type.element->shape != Shape::Any;
      if (drop) continue;
      apply(member.value, *type.element, depth + 1);
      members[kept++] = member;
    }
    value.truncate(kept);
  }

  Arena& arena_;
};

}  // namespace

void apply_defaults(Value object, const Type& type, Arena& arena) {
  Defaulter(arena).apply(object, type, 0);
}

}  // namespace thole::schema
