#pragma once
// Finds members in compact JSON that we wrote ourselves, without parsing it. Not for input.
// Threads: any.

#include <cstddef>
#include <string_view>

namespace thole::api {

// Walks the members of an object; `value` is the member's own JSON. Anything else has none.
class JsonMembers {
 public:
  explicit JsonMembers(std::string_view object);
  bool next();
  std::string_view key() const { return key_; }  // With its quotes.
  std::string_view value() const { return value_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::string_view key_;
  std::string_view value_;
};

// The JSON of one member; empty when there is none. `key` needs no escapes.
std::string_view json_member(std::string_view object, std::string_view key);

}  // namespace thole::api
