#pragma once
// A Value is one encoded object: its bytes, the Note its writer made about them, and the revision
// that wrote it, in one allocation. Immutable and shared once it is committed.
//
// Threads: any.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thole/store/ref.hpp"

namespace thole::store {

using Revision = std::uint64_t;

// What the writer wants to find again in a value without parsing it: offsets into the value's own
// bytes. Opaque to the store, which only keeps it beside the bytes.
using Note = std::vector<std::uint32_t>;

class Value;
using ValuePtr = Ref<const Value>;

class Value final : public Counted<Value> {
 public:
  // A value that is not committed yet: its revision is 0 until the sequencer gives it one.
  static ValuePtr make(std::string_view bytes, std::span<const std::uint32_t> note = {},
                       Revision revision = 0);

  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(words() + note_count_), byte_count_};
  }
  std::span<const std::uint32_t> note() const { return {words(), note_count_}; }
  Revision revision() const { return revision_; }

  // What it takes of memory, for the bounds of the history.
  std::size_t footprint() const {
    return sizeof(Value) + note_count_ * sizeof(std::uint32_t) + byte_count_;
  }

  static void destroy(Value* value);

 private:
  friend class Builder;  // The sequencer stamps the revision before anyone else sees the value.
  Value(std::uint32_t note_count, std::uint32_t byte_count, Revision revision)
      : note_count_(note_count), byte_count_(byte_count), revision_(revision) {}
  const std::uint32_t* words() const { return reinterpret_cast<const std::uint32_t*>(this + 1); }

  const std::uint32_t note_count_;
  const std::uint32_t byte_count_;
  Revision revision_;
};

}  // namespace thole::store
