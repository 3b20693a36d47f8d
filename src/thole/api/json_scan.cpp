#include "thole/api/json_scan.hpp"

namespace thole::api {

namespace {

// The offset behind the string that starts at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

std::size_t end_of_value(std::string_view text, std::size_t at) {
  if (at >= text.size()) return text.size();
  if (text[at] == '"') return end_of_string(text, at);
  if (text[at] != '{' && text[at] != '[') {
    const auto end = text.find_first_of(",}]", at);
    return end == text.npos ? text.size() : end;
  }
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (--depth == 0) return at + 1;
    }
    ++at;
  }
  return text.size();
}

}  // namespace

JsonMembers::JsonMembers(std::string_view object) : text_(object) {
  if (!text_.starts_with('{')) text_ = {};
}

bool JsonMembers::next() {
  ++at_;  // The opening brace, or the comma behind the last member.
  if (at_ >= text_.size() || text_[at_] != '"') return false;
  const std::size_t key_end = end_of_string(text_, at_);
  key_ = text_.substr(at_, key_end - at_);
  const std::size_t value_end = end_of_value(text_, key_end + 1);
  if (key_end + 1 > text_.size()) return false;
  value_ = text_.substr(key_end + 1, value_end - key_end - 1);
  at_ = value_end;
  return true;
}

std::string_view json_member(std::string_view object, std::string_view key) {
  JsonMembers members(object);
  while (members.next()) {
    const std::string_view name = members.key();
    if (name.size() == key.size() + 2 && name.substr(1, key.size()) == key) return members.value();
  }
  return {};
}

}  // namespace thole::api
