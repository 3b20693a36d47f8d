#pragma once
// What a value must satisfy beyond its shape. CRDs state it with the keywords of
// apiextensions.k8s.io/v1 JSONSchemaProps; built-in types state it with +k8s: tags in upstream's
// sources, which are kept as they are written there.
//
// A member that is absent says nothing. Immutable once made, owned as Types are.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "thole/codec/value.hpp"

namespace thole::schema {

// One entry of x-kubernetes-validations.
struct Rule {
  std::string_view rule;
  std::string_view message;
  std::string_view message_expression;
  std::string_view reason;
  std::string_view field_path;
  bool optional_old_self = false;
};

struct Constraints {
  // Strings.
  std::string_view format;
  std::string_view pattern;
  std::optional<std::int64_t> min_length;  // In characters, not bytes.
  std::optional<std::int64_t> max_length;

  // Numbers.
  std::optional<double> minimum;
  std::optional<double> maximum;
  bool exclusive_minimum = false;
  bool exclusive_maximum = false;
  std::optional<double> multiple_of;

  // Lists and objects.
  std::optional<std::int64_t> min_items;
  std::optional<std::int64_t> max_items;
  bool unique_items = false;
  std::optional<std::int64_t> min_properties;
  std::optional<std::int64_t> max_properties;
  std::span<const std::string_view> required;

  // Any value. Enum values compare as codec::Value does.
  std::span<const codec::Value> enum_values;

  // Value validations only, as structural schemas allow: each has `properties`, `items` and
  // `additional_properties` below for the places it speaks of.
  std::span<const Constraints* const> all_of;
  std::span<const Constraints* const> any_of;
  std::span<const Constraints* const> one_of;
  const Constraints* negated = nullptr;  // `not`
  std::span<const std::pair<std::string_view, const Constraints*>> properties;
  const Constraints* items = nullptr;
  const Constraints* additional_properties = nullptr;
  std::string_view type;  // Only inside all_of, any_of, one_of, not: x-kubernetes-int-or-string.

  std::span<const Rule> rules;  // x-kubernetes-validations

  // Built-in types: "format=k8s-uuid", "beta(since: \"1.37\")=+k8s:maxItems=16", ... as written.
  std::span<const std::string_view> tags;
};

}  // namespace thole::schema
