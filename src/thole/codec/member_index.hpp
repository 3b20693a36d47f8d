#pragma once
// Look-ups by key in an object that may have very many members: a hash table beside it once it has
// more than a few. Between its making and `finish` the object is changed through it only.
// One thread.

#include <string_view>
#include <unordered_map>
#include <vector>

#include "thole/codec/value.hpp"

namespace thole::codec {

class MemberIndex {
 public:
  MemberIndex(Value object, Arena& arena) : object_(object), arena_(arena) {}

  Value* find(std::string_view key) {
    if (!indexed()) return object_.find(key);
    const auto at = places_.find(key);
    return at == places_.end() ? nullptr : &object_.members()[at->second].value;
  }

  // `key` must live as long as the object.
  void set(std::string_view key, Value value) {
    if (Value* there = find(key)) {
      *there = value;
      return;
    }
    object_.append_member(arena_, key, value);
    if (indexed_) places_.emplace(key, object_.size() - 1);
  }

  void erase(std::string_view key) {
    if (!indexed()) {
      object_.erase(key);
      return;
    }
    const auto at = places_.find(key);
    if (at == places_.end()) return;
    erased_.push_back(at->second);
    places_.erase(at);
  }

  // Closes the gaps that `erase` left.
  void finish() {
    if (erased_.empty()) return;
    std::vector<bool> gone(object_.size(), false);
    for (const std::size_t place : erased_) gone[place] = true;
    const std::span<Member> members = object_.members();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (!gone[i]) members[kept++] = members[i];
    }
    object_.truncate(kept);
    erased_.clear();
    places_.clear();
    indexed_ = false;
  }

 private:
  static constexpr std::size_t linear_max = 24;

  bool indexed() {
    if (indexed_) return true;
    if (object_.size() <= linear_max) return false;
    indexed_ = true;
    const std::span<Member> members = object_.members();
    places_.reserve(members.size() * 2);
    for (std::size_t i = 0; i < members.size(); ++i) places_.emplace(members[i].key, i);
    return true;
  }

  Value object_;
  Arena& arena_;
  bool indexed_ = false;
  std::unordered_map<std::string_view, std::size_t> places_;  // Its order is never looked at.
  std::vector<std::size_t> erased_;
};

}  // namespace thole::codec
