#pragma once
// The store: one cluster's state as a persistent ordered tree, its recent history, and the
// sequencer that changes it. It knows keys, bytes and revisions; it never parses an object.
//
// A Key is a resource ("apps/deployments", "core/pods") and a name within it
// ("namespace/name" or "name"). Names order as bytes.
//
// Threads: any thread may take a Snapshot, commit a Txn, or read the log.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thole/base/async.hpp"
#include "thole/base/executor.hpp"

namespace thole::store {

using Revision = std::uint64_t;

struct Key {
  std::string resource;
  std::string name;
  bool operator==(const Key&) const = default;
  auto operator<=>(const Key&) const = default;
};

// What the writer wants to find again in a value without parsing it: offsets into the value's own
// bytes. Opaque to the store, which only keeps it beside the bytes.
using Note = std::vector<std::uint32_t>;

// An encoded object, immutable and shared. `revision` is the one that wrote it.
class Value;
using ValuePtr = /* intrusive, atomic count */ std::shared_ptr<const Value>;

class Value {
 public:
  std::string_view bytes() const;
  const Note& note() const;
  Revision revision() const;
};

// A precondition on one key, checked by the sequencer when the batch is built.
struct Expect {
  enum class Kind { Anything, Absent, Revision } kind = Kind::Anything;
  Revision revision = 0;
};

struct Op {
  Key key;
  Expect expect;
  enum class Action { Put, Delete, Check } action = Action::Check;
  std::string bytes;  // Put
  Note note;          // Put
};

// All of it happens at one revision, or none of it does.
using Txn = std::vector<Op>;

struct Committed {
  Revision revision = 0;
  std::vector<ValuePtr> values;  // One an Op: the new value after a Put, the removed one after a
                                 // Delete, null after a Check.
};

// commit fails with Conflict when an `expect` did not hold (details.causes[0].field is the index of
// the Op), InternalError when the disk fails (outcome unknown), ServiceUnavailable when closing.

struct Change {
  Revision revision = 0;
  Key key;
  ValuePtr before;  // Null when it was created.
  ValuePtr after;   // Null when it was deleted.
};

}  // namespace thole::store
