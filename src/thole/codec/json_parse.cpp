#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/utf8.hpp"

namespace thole::codec {

namespace {

constexpr std::size_t duplicates_max = 100;
constexpr std::size_t padding = 16;  // Zero bytes behind the input: reads may run past its end.

// Marks, in the highest bit of each byte, the bytes of `word` that end the fast way through a
// string: a quote, a backslash, a control character, or a part of a longer UTF-8 sequence. Exact
// for the lowest marked byte, which is all that is asked of it.
std::uint64_t special_bytes(std::uint64_t word) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t highs = 0x8080808080808080;
  const std::uint64_t quote = word ^ (ones * '"');
  const std::uint64_t slash = word ^ (ones * '\\');
  return (((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((word - ones * 0x20) & ~word) |
          word) &
         highs;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Parses a private copy of the text in place: strings without escapes are views into it, and
// escapes only ever shrink.
class Parser {
 public:
  Parser(std::string_view text, Arena& arena, const JsonLimits& limits, DuplicateFields* duplicates)
      : arena_(arena), limits_(limits), duplicates_(duplicates) {
    start_ = static_cast<char*>(arena.allocate(text.size() + padding, 8));
    if (!text.empty()) std::memcpy(start_, text.data(), text.size());
    at_ = start_;
    end_ = start_ + text.size();
    std::memset(end_, 0, padding);
  }

  Result<Value> run() {
    Value root;
    if (!parse(root)) return fail(std::move(*error_));
    skip_space();
    if (at_ != end_) {
      refuse("after top-level value");
      return fail(std::move(*error_));
    }
    return root;
  }

 private:
  struct Frame {
    bool object = false;
    std::size_t start = 0;  // Where its children begin on values_ or members_.
    std::string_view key;   // Of the member being read.
  };

  // Every `return false` has set error_.
  bool parse(Value& root) {
    while (true) {
      Value value;
      bool opened = false;
      if (!parse_one(value, opened)) return false;
      if (opened) continue;
      while (true) {
        if (frames_.empty()) {
          root = value;
          return true;
        }
        bool closed = false;
        if (!add_to_parent(value, closed)) return false;
        if (!closed) break;
      }
    }
  }

  // Reads a scalar or an empty container into `value`, or opens a container.
  bool parse_one(Value& value, bool& opened) {
    skip_space();
    switch (*at_) {
      case '{':
        return open_object(value, opened);
      case '[':
        return open_array(value, opened);
      case '"': {
        std::string_view text;
        if (!parse_string(text)) return false;
        value = Value::string(text);
        return true;
      }
      case 't':
        return parse_literal("true", Value::boolean(true), value);
      case 'f':
        return parse_literal("false", Value::boolean(false), value);
      case 'n':
        return parse_literal("null", Value(), value);
      default:
        return parse_number(value);
    }
  }

  bool open_object(Value& value, bool& opened) {
    if (!deeper()) return false;
    ++at_;
    skip_space();
    if (*at_ == '}') {
      ++at_;
      value = Value::object(arena_);
      return true;
    }
    frames_.push_back({true, members_.size(), {}});
    opened = true;
    return parse_key();
  }

  bool open_array(Value& value, bool& opened) {
    if (!deeper()) return false;
    ++at_;
    skip_space();
    if (*at_ == ']') {
      ++at_;
      value = Value::array(arena_);
      return true;
    }
    frames_.push_back({false, values_.size(), {}});
    opened = true;
    return true;
  }

  bool deeper() {
    if (frames_.size() < limits_.depth_max) return true;
    return refuse("exceeded max depth");
  }

  bool parse_key() {
    skip_space();
    if (*at_ != '"') return refuse("looking for beginning of object key string");
    if (!parse_string(frames_.back().key)) return false;
    skip_space();
    if (*at_ != ':') return refuse("after object key");
    ++at_;
    return true;
  }

  // Appends `value` to the innermost open container; when that ends here, `value` becomes it.
  bool add_to_parent(Value& value, bool& closed) {
    const Frame frame = frames_.back();
    if (frame.object) {
      members_.push_back({frame.key, value});
      skip_space();
      if (*at_ == ',') {
        ++at_;
        return parse_key();
      }
      if (*at_ != '}') return refuse("after object key:value pair");
      ++at_;
      remove_duplicates(frame.start);
      value = Value::object(arena_, std::span(members_).subspan(frame.start));
      members_.resize(frame.start);
    } else {
      values_.push_back(value);
      skip_space();
      if (*at_ == ',') {
        ++at_;
        return true;
      }
      if (*at_ != ']') return refuse("after array element");
      ++at_;
      value = Value::array(arena_, std::span(values_).subspan(frame.start));
      values_.resize(frame.start);
    }
    frames_.pop_back();
    closed = true;
    return true;
  }

  void skip_space() {
    while (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r') ++at_;
  }

  bool parse_literal(std::string_view word, Value meaning, Value& value) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      if (at_[i] != word[i]) {
        at_ += i;
        return refuse(cat("in literal ", word, " (expecting '", word[i], "')"));
      }
    }
    at_ += word.size();
    value = meaning;
    return true;
  }

  bool parse_number(Value& value) {
    char* const first = at_;
    if (*at_ == '-') {
      ++at_;
      if (!is_digit(*at_)) return refuse("in numeric literal");
    } else if (!is_digit(*at_)) {
      return refuse("looking for beginning of value");
    }
    bool integral = true;
    if (*at_ == '0') {
      ++at_;
    } else {
      while (is_digit(*at_)) ++at_;
    }
    if (*at_ == '.') {
      integral = false;
      ++at_;
      if (!is_digit(*at_)) return refuse("after decimal point in numeric literal");
      while (is_digit(*at_)) ++at_;
    }
    if (*at_ == 'e' || *at_ == 'E') {
      integral = false;
      ++at_;
      if (*at_ == '+' || *at_ == '-') ++at_;
      if (!is_digit(*at_)) return refuse("in exponent of numeric literal");
      while (is_digit(*at_)) ++at_;
    }
    if (integral) {
      std::int64_t number = 0;
      if (std::from_chars(first, at_, number).ec == std::errc()) {
        value = Value::integer(number);
        return true;
      }
    }
    return parse_double(first, value);
  }

  bool parse_double(char* first, Value& value) {
    double number = 0;
    if (std::from_chars(first, at_, number).ec != std::errc()) {
      // Out of range either way: too small is zero, too large is an error.
      number = std::strtod(std::string(first, at_).c_str(), nullptr);
      if (number > 1 || number < -1) {
        error_ = Error{ErrorKind::BadRequest,
                       cat("json: cannot unmarshal number ", std::string_view(first, at_),
                           " into Go value of type float64"),
                       nullptr, 0};
        return false;
      }
    }
    value = Value::number(number);
    return true;
  }

  bool parse_string(std::string_view& text) {
    char* const first = ++at_;
    while (true) {
      std::uint64_t word;
      std::memcpy(&word, at_, sizeof word);
      const std::uint64_t marks = special_bytes(word);
      if constexpr (std::endian::native == std::endian::little) {
        if (marks == 0) {
          at_ += sizeof word;
          continue;
        }
        at_ += std::countr_zero(marks) / 8;
      } else if (marks == 0) {
        ++at_;
        continue;
      }
      const auto c = static_cast<std::uint8_t>(*at_);
      if (c == '"') {
        text = {first, static_cast<std::size_t>(at_ - first)};
        ++at_;
        return true;
      }
      if (c >= 0x80) {
        const Rune rune = decode_rune({at_, static_cast<std::size_t>(end_ - at_)});
        if (!rune.valid) return parse_odd_string(first, text);
        at_ += rune.size;
      } else if (c == '\\') {
        return parse_odd_string(first, text);
      } else if (c < 0x20) {
        return refuse("in string literal");
      } else {
        ++at_;
      }
    }
  }

  // The rest of a string with escapes or with bytes that are no UTF-8.
  bool parse_odd_string(char* first, std::string_view& text) {
    scratch_.assign(first, at_);
    while (true) {
      const auto c = static_cast<std::uint8_t>(*at_);
      if (c == '"') {
        ++at_;
        text = keep_scratch(first);
        return true;
      }
      if (c == '\\') {
        if (!parse_escape()) return false;
      } else if (c < 0x20) {
        return refuse("in string literal");
      } else {
        const Rune rune = decode_rune({at_, static_cast<std::size_t>(end_ - at_)});
        append_rune(rune.code, scratch_);
        at_ += rune.size;
      }
    }
  }

  std::string_view keep_scratch(char* first) {
    if (scratch_.size() > static_cast<std::size_t>(at_ - first)) return arena_.copy(scratch_);
    std::memcpy(first, scratch_.data(), scratch_.size());
    return {first, scratch_.size()};
  }

  bool parse_escape() {
    ++at_;
    switch (*at_) {
      case '"':
      case '\\':
      case '/':
        scratch_ += *at_;
        break;
      case 'b':
        scratch_ += '\b';
        break;
      case 'f':
        scratch_ += '\f';
        break;
      case 'n':
        scratch_ += '\n';
        break;
      case 'r':
        scratch_ += '\r';
        break;
      case 't':
        scratch_ += '\t';
        break;
      case 'u':
        return parse_unicode_escape();
      default:
        return refuse("in string escape code");
    }
    ++at_;
    return true;
  }

  // At the `u`. A low surrogate that follows a high one is taken with it.
  bool parse_unicode_escape() {
    ++at_;
    char32_t code = 0;
    if (!parse_hex4(code)) return false;
    if (code >= 0xD800 && code < 0xDC00 && at_[0] == '\\' && at_[1] == 'u') {
      char32_t low = 0;
      bool complete = true;
      for (int i = 2; i < 6 && complete; ++i) {
        const int digit = hex_digit(at_[i]);
        complete = digit >= 0;
        low = low * 16 + static_cast<char32_t>(digit);
      }
      if (complete && low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        at_ += 6;
      }
    }
    append_rune(code, scratch_);
    return true;
  }

  bool parse_hex4(char32_t& code) {
    for (int i = 0; i < 4; ++i, ++at_) {
      const int digit = hex_digit(*at_);
      if (digit < 0) return refuse("in \\u hexadecimal character escape");
      code = code * 16 + static_cast<char32_t>(digit);
    }
    return true;
  }

  // ---- Duplicate keys

  void remove_duplicates(std::size_t start) {
    const std::span<Member> members = std::span(members_).subspan(start);
    if (members.size() < 2) return;
    if (members.size() <= 24) {
      for (std::size_t i = 1; i < members.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
          if (members[i].key == members[j].key) return merge_duplicates(start);
        }
      }
      return;
    }
    sorted_keys_.clear();
    for (const Member& member : members) sorted_keys_.push_back(member.key);
    std::sort(sorted_keys_.begin(), sorted_keys_.end());
    if (std::adjacent_find(sorted_keys_.begin(), sorted_keys_.end()) != sorted_keys_.end()) {
      merge_duplicates(start);
    }
  }

  // Rare, so it may take its time: n log n. The first place keeps the last value.
  void merge_duplicates(std::size_t start) {
    const std::span<Member> members = std::span(members_).subspan(start);
    std::vector<std::size_t> order(members.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const int order_of_keys = members[a].key.compare(members[b].key);
      return order_of_keys != 0 ? order_of_keys < 0 : a < b;
    });
    std::vector<bool> drop(members.size(), false);
    for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
      if (members[order[i]].key != members[order[first]].key) {
        first = i;
        continue;
      }
      members[order[first]].value = members[order[i]].value;
      drop[order[i]] = true;
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (drop[i]) {
        note_duplicate(members[i].key);
      } else {
        members[kept++] = members[i];
      }
    }
    members_.resize(start + kept);
  }

  void note_duplicate(std::string_view key) {
    if (duplicates_ == nullptr || duplicates_->size() >= duplicates_max) return;
    std::string path;
    for (std::size_t i = 0; i + 1 < frames_.size(); ++i) {
      const Frame& frame = frames_[i];
      if (frame.object) {
        if (!path.empty()) path += '.';
        path += frame.key;
      } else {
        path += cat("[", array_index(i), "]");
      }
    }
    if (!path.empty()) path += '.';
    path += key;
    if (std::find(duplicates_->begin(), duplicates_->end(), path) == duplicates_->end()) {
      duplicates_->push_back(std::move(path));
    }
  }

  // How many elements the array at frames_[depth] has so far.
  std::size_t array_index(std::size_t depth) const {
    for (std::size_t i = depth + 1; i < frames_.size(); ++i) {
      if (!frames_[i].object) return frames_[i].start - frames_[depth].start;
    }
    return values_.size() - frames_[depth].start;
  }

  // ---- Errors

  bool refuse(std::string_view context) {
    std::string message;
    if (at_ >= end_) {
      message = "unexpected end of JSON input";
    } else if (context == "exceeded max depth") {
      message = context;
    } else {
      message = cat("invalid character ", quoted_byte(*at_), " ", context);
    }
    error_ = Error{ErrorKind::BadRequest, std::move(message), nullptr, 0};
    return false;
  }

  // Go's scanner takes the byte for a Latin-1 character.
  static std::string quoted_byte(char c) {
    if (c == '\'') return "'\\''";
    if (c == '"') return "'\"'";
    std::string rune;
    append_rune(static_cast<std::uint8_t>(c), rune);
    const std::string quoted = go_quote(rune);
    return cat("'", std::string_view(quoted).substr(1, quoted.size() - 2), "'");
  }

  Arena& arena_;
  const JsonLimits& limits_;
  DuplicateFields* duplicates_;
  char* start_;
  char* at_;
  char* end_;
  std::vector<Frame> frames_;
  std::vector<Value> values_;
  std::vector<Member> members_;
  std::vector<std::string_view> sorted_keys_;
  std::string scratch_;
  std::optional<Error> error_;
};

}  // namespace

Result<Value> parse_json(std::string_view text, Arena& arena, const JsonLimits& limits,
                         DuplicateFields* duplicates) {
  if (text.size() > limits.bytes_max) {
    return fail(ErrorKind::RequestEntityTooLarge,
                cat("JSON of ", text.size(), " bytes: the limit is ", limits.bytes_max));
  }
  return Parser(text, arena, limits, duplicates).run();
}

Result<Document> parse_json(std::string_view text, const JsonLimits& limits,
                            DuplicateFields* duplicates) {
  Document document{std::make_unique<Arena>(), {}};
  THOLE_TRY(document.root, parse_json(text, *document.arena, limits, duplicates));
  return document;
}

}  // namespace thole::codec
