#include "thole/schema/structural.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/schema/field_error.hpp"

namespace thole::schema {

using codec::Arena;
using codec::Member;
using codec::Value;

struct Structural::Storage {
  Arena arena;  // All Types, Fields, Constraints and texts: none of them needs a destructor.
  std::map<std::string_view, codec::Regex> patterns;
};

Structural::Structural() : storage_(std::make_unique<Storage>()) {}
Structural::~Structural() = default;

const codec::Regex* Structural::pattern(std::string_view text) const {
  const auto found = storage_->patterns.find(text);
  return found == storage_->patterns.end() ? nullptr : &found->second;
}

std::size_t Structural::bytes() const { return storage_->arena.used(); }

namespace {

enum class Level { Root, Item, FieldOf };

constexpr std::size_t causes_max = 1'000;

bool is_true(const Value& schema, std::string_view key) { return schema.bool_or(key, false); }

std::string child(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : cat(path, ".", name);
}
std::string keyed(std::string_view path, std::string_view key) { return cat(path, "[", key, "]"); }

// anyOf: [{type: integer}, {type: string}], the one place where a nested type may stand.
bool is_int_or_string_pattern(const Value& any_of) {
  const std::span<Value> both = any_of.elements();
  return both.size() == 2 && both[0].size() == 1 && both[1].size() == 1 &&
         both[0].string_or("type") == "integer" && both[1].string_or("type") == "string";
}

}  // namespace

class StructuralBuilder {
 public:
  StructuralBuilder(Structural& structural, std::vector<ErrorCause>& causes)
      : structural_(structural), arena_(structural.storage_->arena), causes_(causes) {}

  void build(const Value& schema, std::string_view path) {
    const Value copy = schema.clone(arena_);
    structural_.root_ = type(copy, std::string(path), Level::Root, 0);
  }

 private:
  template <typename T>
  T* make() {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (arena_.allocate(sizeof(T), alignof(T))) T();
  }
  template <typename T>
  std::span<const T> keep(const std::vector<T>& items) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (items.empty()) return {};
    auto* copy = static_cast<T*>(arena_.allocate(items.size() * sizeof(T), alignof(T)));
    std::uninitialized_copy(items.begin(), items.end(), copy);
    return {copy, items.size()};
  }

  void refuse(ErrorCause cause) {
    if (causes_.size() < causes_max) causes_.push_back(std::move(cause));
  }

  // ---- One schema

  const Type* type(const Value& schema, const std::string& path, Level level, int depth) {
    Type* result = make<Type>();
    result->shape = Shape::Any;
    if (depth > structural_depth_max) {
      refuse(forbidden(path, "nests too deeply"));
      return result;
    }
    check_forbidden_keywords(schema, path);
    check_type(schema, path, level);
    check_lists_and_maps(schema, path);
    check_metadata(schema, path, level);
    const std::string_view name = schema.string_or("type");
    const bool int_or_string = is_true(schema, "x-kubernetes-int-or-string");
    result->preserve_unknown = is_true(schema, "x-kubernetes-preserve-unknown-fields");
    result->embedded_resource = is_true(schema, "x-kubernetes-embedded-resource");
    result->list_kind = list_kind(schema);
    const std::string_view map_type = schema.string_or("x-kubernetes-map-type");
    result->map_kind = map_type == "atomic"     ? MapKind::Atomic
                       : map_type == "granular" ? MapKind::Granular
                                                : MapKind::Unset;
    result->list_map_keys = texts(schema.get("x-kubernetes-list-map-keys"));
    if (int_or_string) {
      result->shape = Shape::IntOrString;
    } else if (name == "object") {
      result->shape = Shape::Struct;
    } else if (name == "array") {
      result->shape = Shape::List;
    } else if (name == "string") {
      result->shape = Shape::String;
    } else if (name == "integer") {
      result->shape = Shape::Int64;
    } else if (name == "number") {
      result->shape = Shape::Float;
    } else if (name == "boolean") {
      result->shape = Shape::Bool;
    }
    children(schema, path, level, depth, *result);
    result->constraints = constraints(schema, path, depth, false, int_or_string);
    return result;
  }

  void children(const Value& schema, const std::string& path, Level level, int depth,
                Type& result) {
    const Value items = schema.get("items");
    if (items.is_object()) {
      result.element = type(items, child(path, "items"), Level::Item, depth + 1);
      result.element_pointer = is_true(items, "nullable");
    }
    const Value more = schema.get("additionalProperties");
    if (!more.is_null()) {
      if (level == Level::Root) {
        refuse(forbidden(child(path, "additionalProperties"), "must not be used at the root"));
      }
      if (is_true(schema, "x-kubernetes-embedded-resource")) {
        refuse(forbidden(child(path, "additionalProperties"),
                         "must not be used if x-kubernetes-embedded-resource is set"));
      }
      if (schema.get("properties").size() != 0 && !(more.is_bool() && more.as_bool())) {
        refuse(forbidden(child(path, "additionalProperties"),
                         "additionalProperties and properties are mutual exclusive"));
      }
      if (result.shape == Shape::Struct && schema.get("properties").size() == 0 &&
          !(more.is_bool() && !more.as_bool())) {
        result.shape = Shape::Map;
      }
      if (more.is_object()) {
        result.element = type(more, child(path, "additionalProperties"), Level::FieldOf, depth + 1);
        result.element_pointer = is_true(more, "nullable");
      }
    }
    std::vector<Field> fields;
    const Value required_names = schema.get("required");
    for (const Member& property : schema.get("properties").members()) {
      const std::string at = keyed(child(path, "properties"), property.key);
      Field field;
      field.name = property.key;
      field.type = type(property.value, at, Level::FieldOf, depth + 1);
      field.pointer = true;
      field.omit_empty = true;
      field.nullable = is_true(property.value, "nullable");
      field.default_value = property.value.get("default");
      const bool meta =
          level == Level::Root &&
          (property.key == "metadata" || property.key == "kind" || property.key == "apiVersion");
      if (meta && !field.default_value.is_null()) {
        refuse(forbidden(child(at, "default"), cat("must not be set in top-level ", property.key)));
      }
      for (const Value& name : required_names.elements()) {
        if (name.is_string() && name.as_string() == property.key) field.required = true;
      }
      fields.push_back(field);
    }
    result.fields = keep(fields);
  }

  // ---- What makes a schema structural

  void check_forbidden_keywords(const Value& schema, const std::string& path) {
    for (const std::string_view key : {"definitions", "dependencies", "id", "patternProperties",
                                       "$ref", "$schema", "additionalItems"}) {
      const Value value = schema.get(key);
      const bool set = value.is_string()                       ? !value.as_string().empty()
                       : value.is_object() || value.is_array() ? value.size() != 0
                                                               : !value.is_null();
      if (!set) continue;
      const std::string_view name = key == "id" ? "id" : key;
      refuse(forbidden(child(path, name), key == "id" || key == "$schema" || key == "definitions" ||
                                                  key == "dependencies" || key == "additionalItems"
                                              ? cat(key, " is not supported")
                                          : key == "$ref" ? "$ref is not supported"
                                                          : "patternProperties is not supported"));
    }
    if (is_true(schema, "uniqueItems")) {
      refuse(forbidden(child(path, "uniqueItems"),
                       "uniqueItems cannot be set to true since the runtime complexity becomes "
                       "quadratic"));
    }
    if (schema.get("items").is_array()) {
      refuse(forbidden(child(path, "items"), "items must be a schema object and not an array"));
    }
    const Value preserve = schema.get("x-kubernetes-preserve-unknown-fields");
    if (preserve.is_bool() && !preserve.as_bool()) {
      refuse(invalid(child(path, "x-kubernetes-preserve-unknown-fields"), preserve,
                     "must be true or undefined"));
    }
  }

  void check_type(const Value& schema, const std::string& path, Level level) {
    const std::string at = child(path, "type");
    const Value type_value = schema.get("type");
    const std::string_view name = schema.string_or("type");
    const bool embedded = is_true(schema, "x-kubernetes-embedded-resource");
    const bool preserve = is_true(schema, "x-kubernetes-preserve-unknown-fields");
    const bool int_or_string = is_true(schema, "x-kubernetes-int-or-string");
    if (!name.empty()) {
      static constexpr std::string_view known[] = {"array",  "boolean", "integer",
                                                   "number", "object",  "string"};
      if (std::find(std::begin(known), std::end(known), name) == std::end(known)) {
        const std::vector<std::string> all(std::begin(known), std::end(known));
        refuse(not_supported(at, type_value, all));
      }
    }
    if (name == "array" && !schema.get("items").is_object()) {
      refuse(required(child(path, "items"), "must be specified"));
    }
    if (embedded && name != "object") {
      constexpr std::string_view why = "must be object if x-kubernetes-embedded-resource is true";
      refuse(name.empty() ? required(at, why) : invalid(at, type_value, why));
    } else if (name.empty() && !int_or_string && !preserve) {
      refuse(required(at, level == Level::Root ? "must not be empty at the root"
                          : level == Level::Item
                              ? "must not be empty for specified array items"
                              : "must not be empty for specified object fields"));
    }
    if (level == Level::Root && !name.empty() && name != "object") {
      refuse(invalid(at, type_value, "must be object at the root"));
    }
    if (int_or_string && preserve) {
      refuse(invalid(child(path, "x-kubernetes-preserve-unknown-fields"), Value::boolean(true),
                     "must be false if x-kubernetes-int-or-string is true"));
    }
    if (int_or_string && embedded) {
      refuse(invalid(child(path, "x-kubernetes-embedded-resource"), Value::boolean(true),
                     "must be false if x-kubernetes-int-or-string is true"));
    }
    if (embedded && !preserve && schema.get("properties").size() == 0) {
      refuse(required(child(path, "properties"),
                      "must not be empty if x-kubernetes-embedded-resource is true without "
                      "x-kubernetes-preserve-unknown-fields"));
    }
  }

  void check_metadata(const Value& schema, const std::string& path, Level level) {
    if (level != Level::Root && !is_true(schema, "x-kubernetes-embedded-resource")) return;
    const Value properties = schema.get("properties");
    for (const std::string_view name : {"kind", "apiVersion"}) {
      const Value* const found = properties.find(name);
      if (found != nullptr && found->string_or("type") != "string") {
        refuse(invalid(child(keyed(child(path, "properties"), name), "type"),
                       Value::string(found->string_or("type")), "must be string"));
      }
    }
    const Value* const metadata = properties.find("metadata");
    if (metadata == nullptr) return;
    const std::string at = keyed(child(path, "properties"), "metadata");
    if (metadata->string_or("type") != "object") {
      refuse(
          invalid(child(at, "type"), Value::string(metadata->string_or("type")), "must be object"));
    }
    if (level != Level::Root) return;
    bool only_names = true;
    for (const Member& member : metadata->members()) {
      only_names = only_names && (member.key == "type" || member.key == "properties" ||
                                  member.key == "description" || member.key == "default");
    }
    for (const Member& member : metadata->get("properties").members()) {
      only_names = only_names && (member.key == "name" || member.key == "generateName");
    }
    if (!only_names) {
      refuse(forbidden(at,
                       "must not specify anything other than name and generateName, but "
                       "metadata is implicitly specified"));
    }
  }

  static ListKind list_kind(const Value& schema) {
    const std::string_view kind = schema.string_or("x-kubernetes-list-type");
    return kind == "atomic" ? ListKind::Atomic
           : kind == "set"  ? ListKind::Set
           : kind == "map"  ? ListKind::Map
                            : ListKind::Unset;
  }

  // A keyword that asks for a certain type.
  void check_owner(const Value& schema, const std::string& path, std::string_view keyword,
                   std::string_view wanted) {
    const std::string_view name = schema.string_or("type");
    if (schema.get(keyword).is_null() || name == wanted) return;
    const std::string why = cat("must be ", wanted, " if ", keyword, " is specified");
    refuse(name.empty() ? required(child(path, "type"), why)
                        : invalid(child(path, "type"), Value::string(name), why));
  }

  void check_lists_and_maps(const Value& schema, const std::string& path) {
    check_owner(schema, path, "x-kubernetes-map-type", "object");
    check_owner(schema, path, "x-kubernetes-list-type", "array");
    const std::string list_at = child(path, "x-kubernetes-list-type");
    const std::string keys_at = child(path, "x-kubernetes-list-map-keys");
    const Value map_type = schema.get("x-kubernetes-map-type");
    if (map_type.is_string() && map_type.as_string() != "atomic" &&
        map_type.as_string() != "granular") {
      const std::string all[] = {"atomic", "granular"};
      refuse(not_supported(child(path, "x-kubernetes-map-type"), map_type, all));
    }
    const Value list_type = schema.get("x-kubernetes-list-type");
    if (list_type.is_string() && list_kind(schema) == ListKind::Unset) {
      const std::string all[] = {"atomic", "map", "set"};
      refuse(not_supported(list_at, list_type, all));
    }
    const Value keys = schema.get("x-kubernetes-list-map-keys");
    if (keys.size() != 0 && list_kind(schema) != ListKind::Map) {
      constexpr std::string_view why = "must be map if x-kubernetes-list-map-keys is non-empty";
      refuse(list_type.is_null() ? required(list_at, why) : invalid(list_at, list_type, why));
    }
    const Value items = schema.get("items");
    if (list_kind(schema) == ListKind::Set && items.string_or("type") == "object" &&
        items.string_or("x-kubernetes-map-type") != "atomic") {
      refuse(invalid(child(child(path, "items"), "x-kubernetes-map-type"),
                     items.get("x-kubernetes-map-type"),
                     "must be atomic as item of a list with x-kubernetes-list-type=set"));
    }
    if (list_kind(schema) == ListKind::Map) check_list_map(keys, items, path, keys_at);
  }

  void check_list_map(const Value& keys, const Value& items, const std::string& path,
                      const std::string& keys_at) {
    if (keys.size() == 0) {
      refuse(required(keys_at, "must not be empty if x-kubernetes-list-type is map"));
    }
    if (items.is_null()) {
      refuse(required(child(path, "items"), "must have a schema if x-kubernetes-list-type is map"));
      return;
    }
    if (items.string_or("type") != "object") {
      refuse(invalid(child(child(path, "items"), "type"), Value::string(items.string_or("type")),
                     "must be object if parent array's x-kubernetes-list-type is map"));
      return;
    }
    std::set<std::string_view> seen;
    for (const Value& key : keys.elements()) {
      if (!key.is_string()) continue;
      const std::string_view name = key.as_string();
      const Value* const property = items.get("properties").find(name);
      if (property == nullptr) {
        refuse(invalid(keys_at, keys, "entries must all be names of item properties"));
      } else {
        const std::string_view kind = property->string_or("type");
        const std::string at = keyed(child(child(path, "items"), "properties"), name);
        if (kind == "array" || kind == "object") {
          refuse(invalid(child(at, "type"), Value::string(items.string_or("type")),
                         "must be a scalar type if parent array's x-kubernetes-list-type is map"));
        }
        bool is_required = false;
        for (const Value& needed : items.get("required").elements()) {
          is_required = is_required || (needed.is_string() && needed.as_string() == name);
        }
        if (property->get("default").is_null() && !is_required) {
          refuse(required(child(at, "default"),
                          "this property is in x-kubernetes-list-map-keys, so it must have a "
                          "default or be a required property"));
        }
        if (is_true(*property, "nullable")) {
          refuse(forbidden(child(at, "nullable"),
                           "this property is in x-kubernetes-list-map-keys, so it cannot be "
                           "nullable"));
        }
      }
      if (!seen.insert(name).second) {
        refuse(invalid(keys_at, keys, "must not contain duplicate entries"));
      }
    }
  }

  // ---- Value validations

  std::span<const std::string_view> texts(const Value& list) {
    std::vector<std::string_view> all;
    for (const Value& item : list.elements()) {
      if (item.is_string()) all.push_back(item.as_string());
    }
    return keep(all);
  }

  static std::optional<std::int64_t> count(const Value& schema, std::string_view key) {
    const Value value = schema.get(key);
    return value.is_int() ? std::optional(value.as_int()) : std::nullopt;
  }
  static std::optional<double> bound(const Value& schema, std::string_view key) {
    const Value value = schema.get(key);
    return value.is_number() ? std::optional(value.as_double()) : std::nullopt;
  }

  // Null when there is nothing to check.
  const Constraints* constraints(const Value& schema, const std::string& path, int depth,
                                 bool nested, bool int_or_string = false) {
    if (depth > structural_depth_max) {
      refuse(forbidden(path, "nests too deeply"));
      return nullptr;
    }
    Constraints c;
    c.format = schema.string_or("format");
    c.pattern = schema.string_or("pattern");
    c.min_length = count(schema, "minLength");
    c.max_length = count(schema, "maxLength");
    c.minimum = bound(schema, "minimum");
    c.maximum = bound(schema, "maximum");
    c.exclusive_minimum = is_true(schema, "exclusiveMinimum");
    c.exclusive_maximum = is_true(schema, "exclusiveMaximum");
    c.multiple_of = bound(schema, "multipleOf");
    c.min_items = count(schema, "minItems");
    c.max_items = count(schema, "maxItems");
    c.min_properties = count(schema, "minProperties");
    c.max_properties = count(schema, "maxProperties");
    c.required = texts(schema.get("required"));
    c.enum_values = schema.get("enum").elements();
    if (!c.pattern.empty()) add_pattern(c.pattern, path);
    const Value any_of = schema.get("anyOf");
    if (!(int_or_string && is_int_or_string_pattern(any_of))) {
      c.any_of = list(any_of, child(path, "anyOf"), depth, false);
    }
    c.all_of = list(schema.get("allOf"), child(path, "allOf"), depth, int_or_string);
    c.one_of = list(schema.get("oneOf"), child(path, "oneOf"), depth, false);
    const Value negated = schema.get("not");
    if (negated.is_object()) c.negated = nested_constraints(negated, child(path, "not"), depth);
    c.rules = rules(schema.get("x-kubernetes-validations"), path);
    if (nested) nested_children(schema, path, depth, c);
    Constraints* kept = make<Constraints>();
    *kept = c;
    return kept;
  }

  std::span<const Constraints* const> list(const Value& schemas, const std::string& path, int depth,
                                           bool int_or_string) {
    std::vector<const Constraints*> all;
    for (std::size_t i = 0; i < schemas.elements().size(); ++i) {
      const Value& schema = schemas.elements()[i];
      const std::string at = cat(path, "[", i, "]");
      const bool skip = int_or_string && i == 0 && is_int_or_string_pattern(schema.get("anyOf"));
      all.push_back(nested_constraints(schema, at, depth, skip));
    }
    return keep(all);
  }

  // Inside allOf, anyOf, oneOf and not nothing but value validations may stand.
  const Constraints* nested_constraints(const Value& schema, const std::string& path, int depth,
                                        bool int_or_string = false) {
    const auto empty_only = [&](std::string_view key, std::string_view why) {
      const Value value = schema.get(key);
      const bool set = value.is_string()                       ? !value.as_string().empty()
                       : value.is_array() || value.is_object() ? value.size() != 0
                       : value.is_bool()                       ? value.as_bool()
                                                               : !value.is_null();
      if (set) refuse(forbidden(child(path, key), why));
    };
    check_forbidden_keywords(schema, path);
    empty_only("type", "must be empty to be structural");
    empty_only("additionalProperties", "must be undefined to be structural");
    empty_only("default", "must be undefined to be structural");
    empty_only("title", "must be empty to be structural");
    empty_only("description", "must be empty to be structural");
    empty_only("nullable", "must be false to be structural");
    empty_only("x-kubernetes-preserve-unknown-fields", "must be false to be structural");
    empty_only("x-kubernetes-embedded-resource", "must be false to be structural");
    empty_only("x-kubernetes-int-or-string", "must be false to be structural");
    empty_only("x-kubernetes-list-map-keys", "must be empty to be structural");
    empty_only("x-kubernetes-list-type", "must be undefined to be structural");
    empty_only("x-kubernetes-map-type", "must be undefined to be structural");
    if (schema.get("properties").find("metadata") != nullptr) {
      refuse(forbidden(keyed(child(path, "properties"), "metadata"),
                       "must not be specified in a nested context"));
    }
    return constraints(schema, path, depth + 1, true, int_or_string);
  }

  void nested_children(const Value& schema, const std::string& path, int depth, Constraints& c) {
    std::vector<std::pair<std::string_view, const Constraints*>> properties;
    for (const Member& member : schema.get("properties").members()) {
      const std::string at = keyed(child(path, "properties"), member.key);
      properties.emplace_back(member.key, nested_constraints(member.value, at, depth));
    }
    if (!properties.empty()) {
      using Property = std::pair<std::string_view, const Constraints*>;
      auto* copy = static_cast<Property*>(
          arena_.allocate(properties.size() * sizeof(Property), alignof(Property)));
      std::uninitialized_copy(properties.begin(), properties.end(), copy);
      c.properties = {copy, properties.size()};
    }
    const Value items = schema.get("items");
    if (items.is_object()) c.items = nested_constraints(items, child(path, "items"), depth);
  }

  std::span<const Rule> rules(const Value& list, const std::string& path) {
    std::vector<Rule> all;
    for (std::size_t i = 0; i < list.elements().size(); ++i) {
      const Value& item = list.elements()[i];
      const std::string at = cat(child(path, "x-kubernetes-validations"), "[", i, "]");
      Rule rule;
      rule.rule = item.string_or("rule");
      rule.message = item.string_or("message");
      rule.message_expression = item.string_or("messageExpression");
      rule.reason = item.string_or("reason");
      rule.field_path = item.string_or("fieldPath");
      rule.optional_old_self = is_true(item, "optionalOldSelf");
      if (rule.rule.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        refuse(required(child(at, "rule"), "rule is not specified"));
      }
      all.push_back(rule);
    }
    structural_.has_rules_ = structural_.has_rules_ || !all.empty();
    return keep(all);
  }

  void add_pattern(std::string_view text, const std::string& path) {
    if (structural_.storage_->patterns.contains(text)) return;
    Result<codec::Regex> regex = codec::Regex::compile(text);
    if (!regex) {
      refuse(
          invalid(child(path, "pattern"), Value::string(text),
                  cat("must be a valid regular expression, but isn't: ", regex.error().message)));
      return;
    }
    structural_.storage_->patterns.emplace(text, std::move(*regex));
  }

  Structural& structural_;
  Arena& arena_;
  std::vector<ErrorCause>& causes_;
};

std::shared_ptr<const Structural> Structural::make(const Value& schema, std::string_view path,
                                                   std::vector<ErrorCause>& causes) {
  const std::shared_ptr<Structural> structural(new Structural());
  const std::size_t before = causes.size();
  StructuralBuilder(*structural, causes).build(schema, path);
  if (causes.size() != before) return nullptr;
  return structural;
}

}  // namespace thole::schema
