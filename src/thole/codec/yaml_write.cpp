#include <yaml.h>

#include <algorithm>
#include <memory>

#include "thole/base/text.hpp"
#include "thole/codec/base64.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/utf8.hpp"
#include "thole/codec/yaml.hpp"
#include "thole/codec/yaml_scalar.hpp"

namespace thole::codec {

namespace {

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }

// Beyond ASCII everything is taken for a letter.
bool is_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0xAA; }

std::u32string runes(std::string_view text) {
  std::u32string all;
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    all += rune.code;
    text.remove_prefix(rune.size);
  }
  return all;
}

// go-yaml's order of keys: digits count as numbers, and letters come after everything else.
bool key_before(std::string_view left, std::string_view right) {
  const std::u32string a = runes(left);
  const std::u32string b = runes(right);
  const auto number = [](const std::u32string& text, std::size_t& at, std::uint64_t value) {
    for (; at < text.size() && is_digit(text[at]); ++at) value = value * 10 + (text[at] - '0');
    return value;
  };
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (a[i] == b[i]) continue;
    const bool a_letter = is_letter(a[i]);
    const bool b_letter = is_letter(b[i]);
    if (a_letter && b_letter) return a[i] < b[i];
    if (a_letter || b_letter) return b_letter;
    std::uint64_t start = 0;
    if (a[i] == '0' || b[i] == '0') {
      for (std::size_t j = i; j-- > 0 && is_digit(a[j]);) {
        if (a[j] != '0') {
          start = 1;
          break;
        }
      }
    }
    std::size_t a_end = i;
    std::size_t b_end = i;
    const std::uint64_t a_number = number(a, a_end, start);
    const std::uint64_t b_number = number(b, b_end, start);
    if (a_number != b_number) return a_number < b_number;
    if (a_end != b_end) return a_end < b_end;
    return a[i] < b[i];
  }
  return a.size() < b.size();
}

std::vector<const Member*> sorted_members(const Value& object) {
  std::vector<const Member*> members;
  for (const Member& member : object.members()) members.push_back(&member);
  // A heap, because this order isn't a strict one for numbers beyond 64 bits, and sort asks for it.
  const auto before = [](const Member* a, const Member* b) { return key_before(a->key, b->key); };
  std::make_heap(members.begin(), members.end(), before);
  std::sort_heap(members.begin(), members.end(), before);
  return members;
}

int append(void* out, unsigned char* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(reinterpret_cast<char*>(bytes), size);
  return 1;
}

class Writer {
 public:
  explicit Writer(std::string& out) {
    THOLE_ASSERT(yaml_emitter_initialize(&emitter_) != 0);
    yaml_emitter_set_output(&emitter_, append, &out);
    yaml_emitter_set_unicode(&emitter_, 1);
    yaml_event_t event;
    yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
    emit(event);
    yaml_document_start_event_initialize(&event, nullptr, nullptr, nullptr, 1);
    emit(event);
  }
  ~Writer() { yaml_emitter_delete(&emitter_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void write(const Value& root) {
    struct Open {
      Value container;
      std::vector<const Member*> members;
      std::size_t next = 0;
    };
    std::vector<Open> open;
    const auto start = [&](const Value& value) {
      if (!value.is_object() && !value.is_array()) return scalar(value);
      begin(value);
      open.push_back({value, sorted_members(value)});
    };
    start(root);
    while (!open.empty()) {
      Open& top = open.back();
      const Value container = top.container;
      if (top.next == container.size()) {
        open.pop_back();
        end(container);
        continue;
      }
      const std::size_t index = top.next++;
      if (container.is_array()) {
        start(container.elements()[index]);
      } else {
        const Member* member = top.members[index];
        string(member->key);
        start(member->value);
      }
    }
    yaml_event_t event;
    yaml_document_end_event_initialize(&event, 1);
    emit(event);
    yaml_stream_end_event_initialize(&event);
    emit(event);
    yaml_emitter_flush(&emitter_);
  }

 private:
  void begin(const Value& value) {
    yaml_event_t event;
    if (value.is_object()) {
      yaml_mapping_start_event_initialize(&event, nullptr, nullptr, 1, YAML_BLOCK_MAPPING_STYLE);
    } else {
      yaml_sequence_start_event_initialize(&event, nullptr, nullptr, 1, YAML_BLOCK_SEQUENCE_STYLE);
    }
    emit(event);
  }

  void end(const Value& value) {
    yaml_event_t event;
    if (value.is_object()) {
      yaml_mapping_end_event_initialize(&event);
    } else {
      yaml_sequence_end_event_initialize(&event);
    }
    emit(event);
  }

  void scalar(const Value& value) {
    switch (value.type()) {
      case ValueType::String:
        return string(value.as_string());
      case ValueType::Null:
        return plain("null");
      case ValueType::Bool:
        return plain(value.as_bool() ? "true" : "false");
      case ValueType::Int:
        return plain(std::to_string(value.as_int()));
      default:
        return plain(format_go_float(value.as_double(), 64));
    }
  }

  void string(std::string_view text) {
    if (!is_utf8(text)) {
      return emit_scalar(encode_base64(text), "tag:yaml.org,2002:binary", YAML_PLAIN_SCALAR_STYLE);
    }
    const yaml_scalar_style_t style = text.contains('\n')       ? YAML_LITERAL_SCALAR_STYLE
                                      : needs_yaml_quotes(text) ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
                                                                : YAML_PLAIN_SCALAR_STYLE;
    emit_scalar(text, nullptr, style);
  }

  void plain(std::string_view text) { emit_scalar(text, nullptr, YAML_PLAIN_SCALAR_STYLE); }

  void emit_scalar(std::string_view text, const char* tag, yaml_scalar_style_t style) {
    THOLE_ASSERT(text.size() <= INT32_MAX);
    yaml_event_t event;
    const int implicit = tag == nullptr ? 1 : 0;
    const auto* bytes = reinterpret_cast<const yaml_char_t*>(text.empty() ? "" : text.data());
    yaml_scalar_event_initialize(&event, nullptr, reinterpret_cast<const yaml_char_t*>(tag), bytes,
                                 static_cast<int>(text.size()), implicit, implicit, style);
    emit(event);
  }

  void emit(yaml_event_t& event) { yaml_emitter_emit(&emitter_, &event); }

  yaml_emitter_t emitter_{};
};

}  // namespace

void write_yaml(const Value& value, std::string& out) { Writer(out).write(value); }

}  // namespace thole::codec
