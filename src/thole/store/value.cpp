#include "thole/store/value.hpp"

#include <cstring>
#include <limits>
#include <new>

#include "thole/base/result.hpp"

namespace thole::store {

ValuePtr Value::make(std::string_view bytes, std::span<const std::uint32_t> note,
                     Revision revision) {
  THOLE_ASSERT(bytes.size() < std::numeric_limits<std::uint32_t>::max() / 2);
  THOLE_ASSERT(note.size() < std::numeric_limits<std::uint32_t>::max() / 8);
  void* block = ::operator new(sizeof(Value) + note.size_bytes() + bytes.size());
  auto* value = new (block) Value(static_cast<std::uint32_t>(note.size()),
                                  static_cast<std::uint32_t>(bytes.size()), revision);
  auto* words = reinterpret_cast<std::uint32_t*>(value + 1);
  if (!note.empty()) std::memcpy(words, note.data(), note.size_bytes());
  if (!bytes.empty()) std::memcpy(words + note.size(), bytes.data(), bytes.size());
  return ValuePtr::adopt(value);
}

void Value::destroy(Value* value) {
  value->~Value();
  ::operator delete(value);
}

}  // namespace thole::store
