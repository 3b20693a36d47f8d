#pragma once
// A Value is one node of a JSON-like tree. It is a small handle: copying it is cheap and shares
// the array or object it stands for, so a change through one handle is seen through the other;
// `clone` makes a tree of its own. All memory belongs to an Arena, which must outlive its values.
//
// Objects keep their members in order. Numbers are Int when they fit 64 bits, and Double otherwise,
// as in k8s.io/apimachinery/pkg/util/json. Not thread-safe, like the Arena.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "thole/base/result.hpp"

namespace thole::codec {

// A bump allocator: everything in it goes at once. Nothing in it is destroyed.
class Arena {
 public:
  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* allocate(std::size_t size, std::size_t align = 8);
  std::string_view copy(std::string_view text);
  std::size_t used() const { return used_; }

 private:
  struct Block;
  void grow(std::size_t size);

  Block* head_ = nullptr;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
  std::size_t used_ = 0;
  std::size_t reserved_ = 0;
};

enum class ValueType : std::uint8_t { Null, Bool, Int, Double, String, Array, Object };

class Value;
struct Member;

class Value {
 public:
  Value() = default;  // null
  static Value boolean(bool b);
  static Value integer(std::int64_t i);
  static Value number(double d);
  static Value string(std::string_view text);  // Keeps the view: the caller's, or an arena's.
  static Value string(Arena& arena, std::string_view text);  // Copies it.
  static Value array(Arena& arena);
  static Value object(Arena& arena);
  static Value array(Arena& arena, std::span<const Value> elements);   // Copies the handles.
  static Value object(Arena& arena, std::span<const Member> members);  // Keys must be unique.

  ValueType type() const { return type_; }
  bool is_null() const { return type_ == ValueType::Null; }
  bool is_bool() const { return type_ == ValueType::Bool; }
  bool is_int() const { return type_ == ValueType::Int; }
  bool is_double() const { return type_ == ValueType::Double; }
  bool is_number() const { return is_int() || is_double(); }
  bool is_string() const { return type_ == ValueType::String; }
  bool is_array() const { return type_ == ValueType::Array; }
  bool is_object() const { return type_ == ValueType::Object; }

  // Each asserts the type.
  bool as_bool() const;
  std::int64_t as_int() const;
  double as_double() const;  // An Int converts.
  std::string_view as_string() const;

  // Null-tolerant look-ups, for reading what a client sent: null when it isn't there or this is
  // no object; "" and the fallback when it isn't a string, an integer, a bool.
  Value get(std::string_view key) const;
  template <typename... Keys>
  Value at_path(std::string_view key, Keys... keys) const;
  std::string_view string_or(std::string_view key, std::string_view fallback = {}) const;
  std::int64_t int_or(std::string_view key, std::int64_t fallback) const;
  bool bool_or(std::string_view key, bool fallback) const;

  // Members of an object, elements of an array; empty for everything else.
  std::span<Member> members() const;
  std::span<Value> elements() const;
  std::size_t size() const;

  // Objects. A key that is new goes to the end; `key` is copied into the arena only then.
  Value* find(std::string_view key) const;  // Null when absent.
  void set(Arena& arena, std::string_view key, Value value) const;
  bool erase(std::string_view key) const;
  // Without the look-up of `set`: the key must be new, and its text must live as long as this.
  void append_member(Arena& arena, std::string_view key, Value value) const;

  // Arrays.
  void push_back(Arena& arena, Value value) const;
  void insert(Arena& arena, std::size_t index, Value value) const;
  void erase_at(std::size_t index) const;

  void clear() const;                      // Of an array or object.
  void truncate(std::size_t count) const;  // Keeps the first `count` elements or members.

  Value clone(Arena& arena) const;  // Deep, strings included.

  // Deep equality as reflect.DeepEqual of decoded JSON sees it: objects without order, 1 equals
  // 1.0.
  friend bool operator==(const Value& a, const Value& b);

 private:
  struct Children;
  void adopt(Arena& arena, const void* items, std::size_t count, std::size_t size);

  ValueType type_ = ValueType::Null;
  std::uint32_t length_ = 0;  // Of a string.
  union {
    bool bool_;
    std::int64_t int_ = 0;
    double double_;
    const char* text_;
    Children* children_;
  };
};

struct Member {
  std::string_view key;
  Value value;
};

// A tree with the memory it stands in.
struct Document {
  std::unique_ptr<Arena> arena;
  Value root;
};

// Orders the members of every object in the tree by key, as Go's encoder writes a map.
void sort_keys(const Value& root);

template <typename... Keys>
Value Value::at_path(std::string_view key, Keys... keys) const {
  if constexpr (sizeof...(Keys) == 0) {
    return get(key);
  } else {
    return get(key).at_path(keys...);
  }
}

}  // namespace thole::codec
