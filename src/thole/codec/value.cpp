#include "thole/codec/value.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

namespace thole::codec {

// ---- Arena

struct Arena::Block {
  Block* next;
};

namespace {

constexpr std::size_t first_block = 4 * 1024;
constexpr std::size_t largest_block = 256 * 1024;

std::byte* align_up(std::byte* at, std::size_t align) {
  const auto value = reinterpret_cast<std::uintptr_t>(at);
  return at + ((align - value % align) % align);
}

}  // namespace

Arena::~Arena() {
  while (head_ != nullptr) {
    Block* next = head_->next;
    std::free(head_);
    head_ = next;
  }
}

void* Arena::allocate(std::size_t size, std::size_t align) {
  std::byte* at = align_up(next_, align);
  if (next_ == nullptr || at > end_ || static_cast<std::size_t>(end_ - at) < size) {
    grow(size + align);
    at = align_up(next_, align);
  }
  next_ = at + size;
  used_ += size;
  return at;
}

// Blocks double, so that a small document costs little and a large one few calls.
void Arena::grow(std::size_t size) {
  const std::size_t usual = std::clamp(reserved_, first_block, largest_block);
  const std::size_t all = sizeof(Block) + std::max(size, usual - sizeof(Block));
  auto* block = static_cast<Block*>(std::malloc(all));
  if (block == nullptr) throw std::bad_alloc();
  reserved_ += all;
  auto* start = reinterpret_cast<std::byte*>(block) + sizeof(Block);
  block->next = head_;
  head_ = block;
  next_ = start;
  end_ = reinterpret_cast<std::byte*>(block) + all;
}

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return {};
  auto* at = static_cast<char*>(allocate(text.size(), 1));
  std::memcpy(at, text.data(), text.size());
  return {at, text.size()};
}

// ---- Value

struct Value::Children {
  std::uint32_t size = 0;
  std::uint32_t capacity = 0;
  void* items = nullptr;  // Value[] of an array, Member[] of an object.

  Value* values() const { return static_cast<Value*>(items); }
  Member* members() const { return static_cast<Member*>(items); }

  template <typename T>
  T* append(Arena& arena) {
    if (size == capacity) {
      const std::uint32_t wanted = capacity == 0 ? 4 : capacity * 2;
      THOLE_ASSERT(wanted > capacity);
      auto* larger = static_cast<T*>(arena.allocate(wanted * sizeof(T)));
      if (size != 0) std::memcpy(static_cast<void*>(larger), items, size * sizeof(T));
      items = larger;
      capacity = wanted;
    }
    return new (static_cast<T*>(items) + size++) T();
  }
};

static_assert(sizeof(Value) == 16 && std::is_trivially_copyable_v<Value>);
static_assert(std::is_trivially_copyable_v<Member>);

Value Value::boolean(bool b) {
  Value value;
  value.type_ = ValueType::Bool;
  value.int_ = 0;
  value.bool_ = b;
  return value;
}

Value Value::integer(std::int64_t i) {
  Value value;
  value.type_ = ValueType::Int;
  value.int_ = i;
  return value;
}

Value Value::number(double d) {
  Value value;
  value.type_ = ValueType::Double;
  value.double_ = d;
  return value;
}

Value Value::string(std::string_view text) {
  THOLE_ASSERT(text.size() <= UINT32_MAX);
  Value value;
  value.type_ = ValueType::String;
  value.length_ = static_cast<std::uint32_t>(text.size());
  value.text_ = text.data();
  return value;
}

Value Value::string(Arena& arena, std::string_view text) { return string(arena.copy(text)); }

Value Value::array(Arena& arena) {
  Value value;
  value.type_ = ValueType::Array;
  value.children_ = new (arena.allocate(sizeof(Children))) Children();
  return value;
}

Value Value::object(Arena& arena) {
  Value value = array(arena);
  value.type_ = ValueType::Object;
  return value;
}

Value Value::array(Arena& arena, std::span<const Value> elements) {
  Value value = array(arena);
  value.adopt(arena, elements.data(), elements.size(), sizeof(Value));
  return value;
}

Value Value::object(Arena& arena, std::span<const Member> members) {
  Value value = object(arena);
  value.adopt(arena, members.data(), members.size(), sizeof(Member));
  return value;
}

void Value::adopt(Arena& arena, const void* items, std::size_t count, std::size_t size) {
  if (count == 0) return;
  THOLE_ASSERT(count <= UINT32_MAX);
  children_->items = arena.allocate(count * size);
  std::memcpy(children_->items, items, count * size);
  children_->size = children_->capacity = static_cast<std::uint32_t>(count);
}

bool Value::as_bool() const {
  THOLE_ASSERT(is_bool());
  return bool_;
}

std::int64_t Value::as_int() const {
  THOLE_ASSERT(is_int());
  return int_;
}

double Value::as_double() const {
  THOLE_ASSERT(is_number());
  return is_int() ? static_cast<double>(int_) : double_;
}

std::string_view Value::as_string() const {
  THOLE_ASSERT(is_string());
  return {text_, length_};
}

Value Value::get(std::string_view key) const {
  const Value* value = find(key);
  return value == nullptr ? Value() : *value;
}

std::string_view Value::string_or(std::string_view key, std::string_view fallback) const {
  const Value* value = find(key);
  return value != nullptr && value->is_string() ? value->as_string() : fallback;
}

std::int64_t Value::int_or(std::string_view key, std::int64_t fallback) const {
  const Value* value = find(key);
  return value != nullptr && value->is_int() ? value->as_int() : fallback;
}

bool Value::bool_or(std::string_view key, bool fallback) const {
  const Value* value = find(key);
  return value != nullptr && value->is_bool() ? value->as_bool() : fallback;
}

std::span<Member> Value::members() const {
  if (!is_object()) return {};
  return {children_->members(), children_->size};
}

std::span<Value> Value::elements() const {
  if (!is_array()) return {};
  return {children_->values(), children_->size};
}

std::size_t Value::size() const { return is_object() || is_array() ? children_->size : 0; }

Value* Value::find(std::string_view key) const {
  for (Member& member : members()) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

void Value::set(Arena& arena, std::string_view key, Value value) const {
  THOLE_ASSERT(is_object());
  if (Value* there = find(key)) {
    *there = value;
  } else {
    append_member(arena, arena.copy(key), value);
  }
}

void Value::append_member(Arena& arena, std::string_view key, Value value) const {
  THOLE_ASSERT(is_object());
  *children_->append<Member>(arena) = Member{key, value};
}

bool Value::erase(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr) return false;
  Member* all = children_->members();
  std::size_t index = 0;
  while (&all[index].value != value) ++index;
  std::move(all + index + 1, all + children_->size, all + index);
  --children_->size;
  return true;
}

void Value::push_back(Arena& arena, Value value) const {
  THOLE_ASSERT(is_array());
  *children_->append<Value>(arena) = value;
}

void Value::insert(Arena& arena, std::size_t index, Value value) const {
  THOLE_ASSERT(index <= size());
  push_back(arena, value);
  const std::span<Value> all = elements();
  std::rotate(all.begin() + static_cast<std::ptrdiff_t>(index), all.end() - 1, all.end());
}

void Value::erase_at(std::size_t index) const {
  const std::span<Value> all = elements();
  THOLE_ASSERT(index < all.size());
  std::move(all.begin() + static_cast<std::ptrdiff_t>(index) + 1, all.end(),
            all.begin() + static_cast<std::ptrdiff_t>(index));
  --children_->size;
}

void Value::clear() const {
  if (is_array() || is_object()) children_->size = 0;
}

void Value::truncate(std::size_t count) const {
  THOLE_ASSERT(count <= size());
  children_->size = static_cast<std::uint32_t>(count);
}

// The walks below keep their own stack, because a document may be 10,000 levels deep.

Value Value::clone(Arena& arena) const {
  std::vector<Value*> open;
  const auto copy_node = [&](Value& value) {
    if (value.is_string()) {
      value = string(arena, value.as_string());
    } else if (value.is_array()) {
      value = array(arena, value.elements());
      open.push_back(&value);
    } else if (value.is_object()) {
      value = object(arena, value.members());
      open.push_back(&value);
    }
  };
  Value root = *this;
  copy_node(root);
  while (!open.empty()) {
    const Value parent = *open.back();
    open.pop_back();
    for (Value& element : parent.elements()) copy_node(element);
    for (Member& member : parent.members()) {
      member.key = arena.copy(member.key);
      copy_node(member.value);
    }
  }
  return root;
}

namespace {

bool same_scalar(const Value& a, const Value& b) {
  switch (a.type()) {
    case ValueType::Null:
      return true;
    case ValueType::Bool:
      return a.as_bool() == b.as_bool();
    case ValueType::String:
      return a.as_string() == b.as_string();
    default:
      return a.size() == b.size();
  }
}

// An Int equals a Double only if the Double is exactly that integer.
bool same_number(const Value& a, const Value& b) {
  if (a.is_int() && b.is_int()) return a.as_int() == b.as_int();
  if (a.is_double() && b.is_double()) return a.as_double() == b.as_double();
  const double d = a.is_double() ? a.as_double() : b.as_double();
  const std::int64_t i = a.is_int() ? a.as_int() : b.as_int();
  return d >= -9223372036854775808.0 && d < 9223372036854775808.0 &&
         static_cast<std::int64_t>(d) == i &&
         static_cast<double>(static_cast<std::int64_t>(d)) == d;
}

}  // namespace

bool operator==(const Value& left, const Value& right) {
  std::vector<std::pair<Value, Value>> open = {{left, right}};
  std::vector<const Member*> a_sorted;
  std::vector<const Member*> b_sorted;
  const auto by_key = [](const Member* x, const Member* y) { return x->key < y->key; };
  while (!open.empty()) {
    const auto [a, b] = open.back();
    open.pop_back();
    if (a.is_number() && b.is_number()) {
      if (!same_number(a, b)) return false;
      continue;
    }
    if (a.type() != b.type() || !same_scalar(a, b)) return false;
    for (std::size_t i = 0; i < a.elements().size(); ++i) {
      open.emplace_back(a.elements()[i], b.elements()[i]);
    }
    const std::span<Member> ma = a.members();
    const std::span<Member> mb = b.members();
    bool same_order = true;
    for (std::size_t i = 0; i < ma.size() && same_order; ++i) same_order = ma[i].key == mb[i].key;
    if (same_order) {
      for (std::size_t i = 0; i < ma.size(); ++i) open.emplace_back(ma[i].value, mb[i].value);
      continue;
    }
    a_sorted.clear();
    b_sorted.clear();
    for (const Member& member : ma) a_sorted.push_back(&member);
    for (const Member& member : mb) b_sorted.push_back(&member);
    std::sort(a_sorted.begin(), a_sorted.end(), by_key);
    std::sort(b_sorted.begin(), b_sorted.end(), by_key);
    for (std::size_t i = 0; i < a_sorted.size(); ++i) {
      if (a_sorted[i]->key != b_sorted[i]->key) return false;
      open.emplace_back(a_sorted[i]->value, b_sorted[i]->value);
    }
  }
  return true;
}

void sort_keys(const Value& root) {
  std::vector<Value> open = {root};
  const auto by_key = [](const Member& a, const Member& b) { return a.key < b.key; };
  while (!open.empty()) {
    const Value value = open.back();
    open.pop_back();
    const std::span<Member> members = value.members();
    if (!std::is_sorted(members.begin(), members.end(), by_key)) {
      std::sort(members.begin(), members.end(), by_key);
    }
    for (const Member& member : members) open.push_back(member.value);
    for (const Value& element : value.elements()) open.push_back(element);
  }
}

}  // namespace thole::codec
