#pragma once
// The schema graph. Built-in kinds (generated from upstream's Go packages), CRDs (from their
// structural schemas) and C++ operator types all become Types; every walk (decode, prune, default,
// validate, merge, encode, OpenAPI, tables) reads nothing else. A kind is data.
//
// Types are immutable once made, and shared: any thread may read them. They live as long as the
// Catalog, or the shared CRD entry, that they came from.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thole/codec/value.hpp"

namespace thole::schema {

enum class Shape : std::uint8_t {
  Struct,  // Known fields, in Go's order.
  Map,     // String keys; `element` is the value's type.
  List,    // `element` is the item's type.
  String,
  Bool,
  Int32,
  Int64,
  Float,
  Bytes,  // Base64 text in JSON.
  IntOrString,
  Quantity,      // resource.Quantity: a string, or a number on input.
  Time,          // metav1.Time: RFC 3339, seconds; null when zero.
  MicroTime,     // metav1.MicroTime: RFC 3339 with six digits.
  Duration,      // metav1.Duration: Go's text form.
  FieldsV1,      // managedFields' own JSON.
  RawExtension,  // Any JSON object, kept as it is.
  Any            // Any JSON value (x-kubernetes-preserve-unknown-fields, JSON).
};

enum class ListKind : std::uint8_t { Atomic, Set, Map, Unset };
enum class MapKind : std::uint8_t { Granular, Atomic, Unset };

struct Type;
struct Constraints;

// What one field of a struct says, beside its type.
struct Field {
  std::string_view name;  // As in JSON.
  const Type* type = nullptr;
  std::uint32_t proto_number = 0;  // 0: not in protobuf.
  // Go inlines structs: their fields stand in the parent's JSON, but in protobuf the struct is a
  // message of its own. These are the numbers of those messages, outermost first, 0 for none.
  std::array<std::uint8_t, 2> proto_parents = {};
  bool required = false;            // By OpenAPI.
  bool pointer = false;             // Go's type is a pointer: absent and zero differ.
  bool omit_empty = false;          // `omitempty`: Go's encoder leaves zero values out.
  bool omit_zero = false;           // `omitzero`: leaves zero structs out too.
  bool nullable = false;            // CRDs only.
  std::string_view patch_strategy;  // "merge", "replace", "retainKeys", "merge,retainKeys"
  std::string_view patch_merge_key;
  codec::Value default_value;                // Null when there is none.
  const Constraints* constraints = nullptr;  // Of this use of the type; the type has its own.
};

// Constraints that CRDs state (JSON Schema keywords) and that +k8s: tags state for built-in types.
struct Constraints;  // constraints.hpp

// A group-version-kind by reference; the group of core is empty.
struct KindRef {
  std::string_view group, version, kind;
  auto operator<=>(const KindRef&) const = default;
};

struct Type {
  // "io.k8s.api.core.v1.Pod"; empty for anonymous ones. A named List is, in protobuf, a message
  // whose field 1 repeats the elements.
  std::string_view name;
  Shape shape = Shape::Any;
  std::span<const Field> fields;  // Struct: in Go's order, inlined structs expanded in place.
  const Type* element = nullptr;  // Map and List.
  bool element_pointer = false;   // Go's element is a pointer: null is kept apart from zero.
  ListKind list_kind = ListKind::Unset;
  std::span<const std::string_view> list_map_keys;
  MapKind map_kind = MapKind::Unset;
  bool preserve_unknown = false;  // Struct: unknown fields are kept.
  bool embedded_resource = false;
  std::span<const std::string_view> enum_values;
  const Constraints* constraints = nullptr;
  std::span<const KindRef> kinds;  // The group-version-kinds of this type.
  std::string_view unions;         // x-kubernetes-unions as JSON text; empty for none.
  // A use of a struct that has a map kind of its own is a copy of that struct's Type; this is the
  // struct's. Null for all others.
  const Type* variant_of = nullptr;
  bool published = false;          // Has a definition of its own in OpenAPI documents.

  const Field* find(std::string_view json_name) const;
};

struct Scope {
  enum Value : std::uint8_t { Namespaced, Cluster };
};

struct GroupVersionKind {
  std::string group, version, kind;
  bool operator==(const GroupVersionKind&) const = default;
};

// A column of a Table answer (metav1.TableColumnDefinition).
struct Column {
  std::string_view name, type, format, description;
  std::int32_t priority = 0;
  std::string_view json_path;  // CRDs; empty for built-in kinds, whose printer computes it.
};

// "pods/eviction": what may be done below a resource.
struct Subresource {
  std::string_view name;                  // "status", "scale", "log", ...
  std::string_view group, version, kind;  // Of what it takes and answers.
  std::span<const std::string_view> verbs;
};

// One served resource of one version: what discovery says, and where its type is.
struct Resource {
  std::string_view group;  // "" for core
  std::string_view version;
  std::string_view plural;  // "deployments"
  std::string_view singular;
  std::string_view kind;
  std::string_view list_kind;
  bool namespaced = true;
  std::span<const std::string_view> verbs;
  std::span<const std::string_view> short_names;
  std::span<const std::string_view> categories;
  std::span<const Subresource> subresources;
  std::span<const std::string_view> selectable_fields;  // "metadata.name", "spec.nodeName", ...
  std::span<const Column> columns;
  // Where upstream stores it: events.k8s.io/v1 is stored as core's v1. Empty when nothing is
  // stored.
  std::string_view storage_group;
  std::string_view storage_version;
  std::string_view storage_version_hash;
  bool returns_deleted = false;   // A deletion answers with the object, not with a Status.
  bool served_by_default = true;  // Upstream leaves most alpha and beta versions off.
  const Type* type = nullptr;
};

}  // namespace thole::schema
