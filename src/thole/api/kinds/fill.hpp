#pragma once
// Two small tools of the kinds' rules: Fill sets what is absent, and Path names a field in an
// error, with the functions that make field.Error's words.
// Source: k8s.io/apimachinery/pkg/util/validation/field. Threads: as their arena.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "thole/api/resource_rules.hpp"
#include "thole/codec/value.hpp"

namespace thole::api::kinds {

// Each call does nothing when `object` is no object.
class Fill {
 public:
  explicit Fill(codec::Arena& arena) : arena_(arena) {}
  codec::Arena& arena() const { return arena_; }

  // Sets the field unless it is there (null counts as absent).
  void value(codec::Value object, std::string_view key, codec::Value value) const;
  void boolean(codec::Value object, std::string_view key, bool b) const;
  void integer(codec::Value object, std::string_view key, std::int64_t i) const;
  void text(codec::Value object, std::string_view key, std::string_view text) const;
  // Zero and "" count as absent too: Go's fields that are no pointers.
  void nonzero(codec::Value object, std::string_view key, std::int64_t i) const;
  void nonempty(codec::Value object, std::string_view key, std::string_view text) const;
  // The object at `key`, made when it isn't there.
  codec::Value object(codec::Value object, std::string_view key) const;
  codec::Value copy(codec::Value value) const { return value.clone(arena_); }
  // Copies members of `from` that `to` does not have.
  void missing(codec::Value to, codec::Value from) const;

 private:
  codec::Arena& arena_;
};

// "spec", "spec.containers[0].name", "data[a.b]"
class Path {
 public:
  explicit Path(std::string_view text) : text_(text) {}
  Path operator/(std::string_view field) const;
  Path operator[](std::size_t index) const;
  Path key(std::string_view key) const;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void required(Causes& causes, const Path& path, std::string_view detail = {});
void invalid(Causes& causes, const Path& path, codec::Value value, std::string_view detail);
void forbidden(Causes& causes, const Path& path, std::string_view detail);
void duplicate(Causes& causes, const Path& path, codec::Value value);
void not_supported(Causes& causes, const Path& path, codec::Value value,
                   const std::vector<std::string_view>& supported);
void too_long(Causes& causes, const Path& path, std::size_t bytes_max);

// Fails with `field is immutable` when the two differ.
void immutable(Causes& causes, const Path& path, codec::Value value, codec::Value old);
void non_negative(Causes& causes, const Path& path, codec::Value value);
// A label selector (metav1.LabelSelector): its keys, operators and values.
void check_selector(Causes& causes, const Path& path, codec::Value selector);
bool selector_is_empty(codec::Value selector);
// Whether labels meet the selector. A selector that is not valid meets nothing.
bool selector_matches(codec::Value selector, codec::Value labels);
void check_labels(Causes& causes, const Path& path, codec::Value labels);

}  // namespace thole::api::kinds
