#pragma once
// What a writer asks of the store, and what it gets back.

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "thole/store/value.hpp"

namespace thole::store {

// A resource ("apps/deployments", "core/pods") and a name within it ("namespace/name" or "name").
// Both order as bytes.
struct Key {
  std::string resource;
  std::string name;
  bool operator==(const Key&) const = default;
  auto operator<=>(const Key&) const = default;
};

// A precondition on one key, checked by the sequencer at the moment of the write.
struct Expect {
  enum class Kind : std::uint8_t { Anything, Absent, Present, Revision };
  Kind kind = Kind::Anything;
  store::Revision revision = 0;

  static Expect anything() { return {}; }
  static Expect absent() { return {Kind::Absent, 0}; }
  static Expect present() { return {Kind::Present, 0}; }
  static Expect at(store::Revision revision) { return {Kind::Revision, revision}; }
};

struct Op {
  enum class Action : std::uint8_t { Put, Delete, Check };

  Key key;
  Expect expect;
  Action action = Action::Check;
  ValuePtr value;  // Put: what Value::make gave.

  static Op put(Key key, Expect expect, ValuePtr value) {
    return {std::move(key), expect, Action::Put, std::move(value)};
  }
  static Op put(Key key, Expect expect, std::string_view bytes,
                std::span<const std::uint32_t> note = {}) {
    return {std::move(key), expect, Action::Put, Value::make(bytes, note)};
  }
  static Op erase(Key key, Expect expect) {
    return {std::move(key), expect, Action::Delete, nullptr};
  }
  static Op check(Key key, Expect expect) {
    return {std::move(key), expect, Action::Check, nullptr};
  }
};

// All of it happens at one revision, or none of it does. A key stands in it once. Deleting what is
// not there changes nothing; a Txn that changes nothing uses up no revision.
using Txn = std::vector<Op>;

struct Committed {
  Revision revision = 0;         // Of the Txn, or the newest one if it changed nothing.
  std::vector<ValuePtr> values;  // One an Op: the new value after a Put, the removed one (or null)
                                 // after a Delete, the present one (or null) after a Check.
};

}  // namespace thole::store
