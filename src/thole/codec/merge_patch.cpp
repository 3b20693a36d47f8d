#include <vector>

#include "thole/codec/json_patch.hpp"
#include "thole/codec/member_index.hpp"

namespace thole::codec {

namespace {

// Drops the null members of every object in it: what a patch means where nothing was before.
void prune_nulls(const Value& root) {
  std::vector<Value> open = {root};
  while (!open.empty()) {
    const Value value = open.back();
    open.pop_back();
    for (const Value& element : value.elements()) open.push_back(element);
    const std::span<Member> members = value.members();
    std::size_t kept = 0;
    for (const Member& member : members) {
      if (member.value.is_null()) continue;
      open.push_back(member.value);
      members[kept++] = member;
    }
    if (value.is_object()) value.truncate(kept);
  }
}

struct Pair {
  Value target;
  Value patch;
};

}  // namespace

Value apply_merge_patch(Value document, const Value& patch, Arena& arena) {
  if (!patch.is_object() || !document.is_object()) {
    const Value copy = patch.clone(arena);
    prune_nulls(copy);
    return copy;
  }
  std::vector<Pair> open = {{document, patch}};
  while (!open.empty()) {
    const Pair pair = open.back();
    open.pop_back();
    MemberIndex target(pair.target, arena);
    for (const Member& member : pair.patch.members()) {
      if (member.value.is_null()) {
        target.erase(member.key);
        continue;
      }
      const Value* there = target.find(member.key);
      if (there != nullptr && there->is_object() && member.value.is_object()) {
        open.push_back({*there, member.value});
        continue;
      }
      const Value copy = member.value.clone(arena);
      // As upstream: what replaces an object is taken with the nulls inside its arrays.
      if (there == nullptr || !there->is_object()) prune_nulls(copy);
      target.set(there == nullptr ? arena.copy(member.key) : member.key, copy);
    }
    target.finish();
  }
  return document;
}

Value create_merge_patch(const Value& from, const Value& to, Arena& arena) {
  const Value root = Value::object(arena);
  struct Step {
    Value from;
    Value to;
    Value patch;
  };
  std::vector<Step> open = {{from, to, root}};
  while (!open.empty()) {
    const Step step = open.back();
    open.pop_back();
    MemberIndex before(step.from, arena);
    MemberIndex after(step.to, arena);
    for (const Member& member : step.from.members()) {
      if (after.find(member.key) == nullptr) {
        step.patch.append_member(arena, arena.copy(member.key), Value());
      }
    }
    for (const Member& member : step.to.members()) {
      const Value* old = before.find(member.key);
      if (old != nullptr && *old == member.value) continue;
      Value change = member.value.clone(arena);
      if (old != nullptr && old->is_object() && member.value.is_object()) {
        change = Value::object(arena);
        open.push_back({*old, member.value, change});
      }
      step.patch.append_member(arena, arena.copy(member.key), change);
    }
  }
  return root;
}

}  // namespace thole::codec
