#include "thole/schema/catalog_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <type_traits>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::schema {
namespace {

struct Scalar {
  std::string_view word;
  std::string_view name;  // Of the type in OpenAPI, where it has a definition there.
  Shape shape;
};

constexpr Scalar scalars[] = {
    {"string", "", Shape::String},
    {"bool", "", Shape::Bool},
    {"int32", "", Shape::Int32},
    {"int64", "", Shape::Int64},
    {"float", "", Shape::Float},
    {"bytes", "", Shape::Bytes},
    {"any", "", Shape::Any},
    {"intorstring", "io.k8s.apimachinery.pkg.util.intstr.IntOrString", Shape::IntOrString},
    {"quantity", "io.k8s.apimachinery.pkg.api.resource.Quantity", Shape::Quantity},
    {"time", "io.k8s.apimachinery.pkg.apis.meta.v1.Time", Shape::Time},
    {"microtime", "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime", Shape::MicroTime},
    {"duration", "io.k8s.apimachinery.pkg.apis.meta.v1.Duration", Shape::Duration},
    {"fieldsv1", "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1", Shape::FieldsV1},
    {"rawextension", "io.k8s.apimachinery.pkg.runtime.RawExtension", Shape::RawExtension},
};

// "key=value" with the given key; `value` is then the rest.
bool attribute(std::string_view word, std::string_view key, std::string_view& value) {
  if (!word.starts_with(key)) return false;
  value = word.substr(key.size());
  return true;
}

KindRef group_version(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return {};
  return {text.substr(0, slash), text.substr(slash + 1), {}};
}

// A type that was named and whose line has not come is its own element, which no other type is.
bool defined(const Type& type) { return type.element != &type; }

std::string_view dash_is_empty(std::string_view word) { return word == "-" ? "" : word; }

}  // namespace

template <typename T>
T* CatalogReader::allocate(std::size_t count) {
  static_assert(std::is_trivially_destructible_v<T>);  // The arena destroys nothing.
  void* memory = tables_.arena.allocate(count * sizeof(T), alignof(T));
  T* items = static_cast<T*>(memory);
  for (std::size_t i = 0; i < count; ++i) new (items + i) T();
  return items;
}

template <typename T>
std::span<const T> CatalogReader::keep(const std::vector<T>& items) {
  if (items.empty()) return {};
  T* kept = allocate<T>(items.size());
  std::copy(items.begin(), items.end(), kept);
  return {kept, items.size()};
}

std::string_view CatalogReader::Words::next() {
  const std::size_t space = rest_.find(' ');
  const std::string_view word = rest_.substr(0, space);
  rest_ = space == rest_.npos ? std::string_view() : rest_.substr(space + 1);
  return word;
}

CatalogReader::CatalogReader(std::string_view text, Catalog::Tables& tables)
    : text_(text), tables_(tables) {
  default_fields_ = split("metadata.name,metadata.namespace", ',');
  tables_.by_name.reserve(2048);
  expressions_.reserve(1024);
  tables_.by_kind.reserve(1024);
  fields_.reserve(64);
  tables_.types.reserve(1600);
  for (const Scalar& scalar : scalars) {
    if (scalar.name.empty()) continue;
    Type* type = named(scalar.name);
    type->shape = scalar.shape;
    type->published = true;
    type->element = nullptr;
    tables_.types.push_back(type);
  }
}

std::unexpected<Error> CatalogReader::wrong(std::string_view what) const {
  return thole::fail(ErrorKind::Invalid, cat("schema facts, line ", line_number_, ": ", what));
}

Result<void> CatalogReader::read() {
  bool ended = false;
  while (!text_.empty() && !ended) {
    const std::size_t newline = text_.find('\n');
    const std::string_view text = text_.substr(0, newline);
    text_ = newline == text_.npos ? std::string_view() : text_.substr(newline + 1);
    ++line_number_;
    if (line_number_ == 1) {
      if (!text.starts_with("thole-schema 1 "))
        return wrong("this is no thole-schema of version 1");
      tables_.release = text.substr(std::strlen("thole-schema 1 "));
    } else if (text == "end") {
      ended = true;
    } else if (auto read = line(text); !read) {
      return read;
    }
  }
  if (!ended) return wrong("the text breaks off before its end");
  finish();
  return index();
}

Result<void> CatalogReader::line(std::string_view text) {
  Words words(text);
  const std::string_view first = words.next();
  if (first == "-") return read_field(words);
  if (first == "+") {
    tags_.push_back(words.rest());
    return {};
  }
  if (first == "=") return read_kind(words);
  if (first == "|") return read_column(words);
  if (first == "/") return read_subresource(words);
  finish();
  if (first == "type") return read_type(words);
  if (first == "resource") return read_resource(words);
  if (first == "package") {
    package_ = words.rest();
    expressions_.clear();
    return {};
  }
  return wrong("unknown kind of line");
}

void CatalogReader::finish_tags() {
  if (tags_.empty()) return;
  Constraints* constraints = allocate<Constraints>(1);
  constraints->tags = keep(tags_);
  if (fields_.empty()) {
    type_->constraints = constraints;
  } else {
    fields_.back().constraints = constraints;
  }
  tags_.clear();
}

void CatalogReader::finish() {
  if (type_ != nullptr) {
    finish_tags();
    type_->fields = keep(fields_);
    type_->kinds = keep(kinds_);
    for (const KindRef& kind : type_->kinds) tables_.by_kind.emplace_back(kind, type_);
    type_ = nullptr;
  }
  if (in_resource_) {
    tables_.resources.back().subresources = keep(subresources_);
    tables_.resources.back().columns = keep(columns_);
    in_resource_ = false;
  }
  tags_.clear();
  fields_.clear();
  kinds_.clear();
  subresources_.clear();
  columns_.clear();
}

std::span<const std::string_view> CatalogReader::split(std::string_view text, char separator) {
  if (text.empty()) return {};
  const auto count = static_cast<std::size_t>(std::count(text.begin(), text.end(), separator)) + 1;
  std::string_view* parts = allocate<std::string_view>(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t end = text.find(separator);
    parts[i] = text.substr(0, end);
    if (end != text.npos) text = text.substr(end + 1);
  }
  return {parts, count};
}

Type* CatalogReader::named(std::string_view full_name) {
  if (const auto found = tables_.by_name.find(full_name); found != tables_.by_name.end()) {
    return found->second;
  }
  Type* type = allocate<Type>(1);
  type->name = tables_.arena.copy(full_name);
  type->element = type;  // Until its line comes: see defined().
  tables_.by_name.emplace(type->name, type);
  return type;
}

Result<void> CatalogReader::read_type(Words words) {
  name_buffer_.assign(package_);
  name_buffer_ += '.';
  name_buffer_ += words.next();
  Type* type = named(name_buffer_);
  if (defined(*type)) return wrong("a second type of this name");
  type->element = nullptr;
  const std::string_view shape = words.next();
  if (shape == "struct") {
    type->shape = Shape::Struct;
  } else if (shape == "any") {
    type->shape = Shape::Any;
  } else if (shape == "string") {
    type->shape = Shape::String;
  } else if (shape.starts_with("[]")) {
    bool pointer = false;
    type->shape = Shape::List;
    type->element = type_of(shape.substr(2), pointer);
    type->element_pointer = pointer;
  } else {
    return wrong("unknown shape");
  }
  for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
    std::string_view value;
    if (word == "openapi") {
      type->published = true;
    } else if (attribute(word, "maptype=", value)) {
      apply_suffix(*type, value);
    } else if (attribute(word, "unions=", value)) {
      type->unions = value;
    } else if (attribute(word, "enum=", value)) {
      if (value.find('%') != value.npos) {  // A space in a value is written as %20.
        std::string plain(value);
        for (std::size_t at = 0; (at = plain.find("%20", at)) != plain.npos;) {
          plain.replace(at, 3, " ");
        }
        value = tables_.arena.copy(plain);
      }
      type->enum_values = split(value, '|');
    } else {
      return wrong("unknown attribute of a type");
    }
  }
  tables_.types.push_back(type);
  type_ = type;
  return {};
}

Result<void> CatalogReader::read_field(Words words) {
  if (type_ == nullptr) return wrong("a field outside of a type");
  finish_tags();
  Field field;
  field.name = words.next();
  const std::string_view number = words.next();
  std::from_chars(number.data(), number.data() + number.size(), field.proto_number);
  field.type = type_of(words.next(), field.pointer);
  if (field.type == nullptr) return wrong("unknown type expression");
  for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
    if (auto read = field_attribute(field, word); !read) return read;
  }
  fields_.push_back(field);
  return {};
}

Result<void> CatalogReader::field_attribute(Field& field, std::string_view word) {
  std::string_view value;
  if (word == "omitempty") {
    field.omit_empty = true;
  } else if (word == "required") {
    field.required = true;
  } else if (word == "omitzero") {
    field.omit_zero = true;
  } else if (attribute(word, "patch=", value)) {
    field.patch_strategy = value;
  } else if (attribute(word, "key=", value)) {
    field.patch_merge_key = value;
  } else if (attribute(word, "in=", value)) {
    const char* at = value.data();
    const char* end = at + value.size();
    for (std::uint8_t& parent : field.proto_parents) {
      if (at == end) break;
      at = std::from_chars(at, end, parent).ptr;
      if (at != end && *at == '.') ++at;
    }
    if (at != end) return wrong("a struct inlined too deep");
  } else if (attribute(word, "default=", value)) {
    auto parsed = codec::parse_json(value, tables_.arena);
    if (!parsed) return wrong(cat("a default that is no JSON: ", parsed.error().message));
    field.default_value = *parsed;
  } else {
    return wrong("unknown attribute of a field");
  }
  return {};
}

const Type* CatalogReader::type_of(std::string_view expression, bool& pointer) {
  pointer = expression.starts_with('*');
  if (pointer) expression.remove_prefix(1);
  if (expression.empty()) return nullptr;
  const auto [at, fresh] = expressions_.try_emplace(expression, nullptr);
  if (!fresh) return at->second;
  const Type* made = make(expression);  // May add to expressions_, so look it up again.
  expressions_[expression] = made;
  return made;
}

const Type* CatalogReader::make(std::string_view expression) {
  // The suffix of the outermost list or map stands at the end.
  const std::size_t tilde = expression.rfind('~');
  const std::string_view plain = expression.substr(0, tilde);
  const std::string_view suffix =
      tilde == expression.npos ? std::string_view() : expression.substr(tilde + 1);
  if (plain.starts_with("[]")) return container(plain.substr(2), Shape::List, suffix);
  if (plain.starts_with("map[]")) return container(plain.substr(5), Shape::Map, suffix);

  if (plain.find('.') == plain.npos) {
    for (const Scalar& scalar : scalars) {
      if (scalar.word != plain) continue;
      if (!scalar.name.empty()) return named(scalar.name);
      Type* type = allocate<Type>(1);
      type->shape = scalar.shape;
      if (suffix == "atomic") type->list_kind = ListKind::Atomic;  // Bytes are a list to Go.
      return type;
    }
    name_buffer_.assign(package_);
    name_buffer_ += '.';
    name_buffer_ += plain;
  } else {
    name_buffer_.assign(plain);
  }
  Type* type = named(name_buffer_);
  if (suffix.empty()) return type;
  variants_.push_back({type, allocate<Type>(1), suffix});
  return variants_.back().variant;
}

const Type* CatalogReader::container(std::string_view element, Shape shape,
                                     std::string_view suffix) {
  Type* type = allocate<Type>(1);
  type->shape = shape;
  type->element = type_of(element, type->element_pointer);
  apply_suffix(*type, suffix);
  return type;
}

void CatalogReader::apply_suffix(Type& type, std::string_view suffix) {
  if (suffix.empty()) return;
  if (type.shape == Shape::List) {
    if (suffix == "atomic") type.list_kind = ListKind::Atomic;
    if (suffix == "set") type.list_kind = ListKind::Set;
    if (suffix.starts_with("map")) {
      type.list_kind = ListKind::Map;
      const std::string_view keys = suffix.substr(3);
      if (keys.size() > 2) type.list_map_keys = split(keys.substr(1, keys.size() - 2), ',');
    }
  } else {
    type.map_kind = suffix == "atomic" ? MapKind::Atomic : MapKind::Granular;
  }
}

Result<void> CatalogReader::read_kind(Words words) {
  if (type_ == nullptr) return wrong("a kind outside of a type");
  finish_tags();
  KindRef kind = group_version(words.next());
  kind.kind = words.rest();
  if (kind.version.empty() || kind.kind.empty()) return wrong("no group/version and kind");
  kinds_.push_back(kind);
  return {};
}

Result<void> CatalogReader::read_resource(Words words) {
  in_resource_ = true;
  Resource resource;
  const KindRef version = group_version(words.next());
  resource.group = version.group;
  resource.version = version.version;
  resource.plural = words.next();
  resource.singular = dash_is_empty(words.next());
  resource.kind = words.next();
  resource.namespaced = false;
  resource.selectable_fields = default_fields_;
  for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
    if (auto read = resource_attribute(resource, word); !read) return read;
  }
  tables_.resources.push_back(resource);
  return {};
}

Result<void> CatalogReader::resource_attribute(Resource& resource, std::string_view word) {
  std::string_view value;
  if (word == "namespaced") {
    resource.namespaced = true;
  } else if (word == "returnsdeleted") {
    resource.returns_deleted = true;
  } else if (word == "off") {
    resource.served_by_default = false;
  } else if (attribute(word, "storage=", value)) {
    const KindRef stored = group_version(value);
    resource.storage_group = stored.group;
    resource.storage_version = stored.version;
  } else if (attribute(word, "hash=", value)) {
    resource.storage_version_hash = value;
  } else if (attribute(word, "short=", value)) {
    resource.short_names = split(value, ',');
  } else if (attribute(word, "categories=", value)) {
    resource.categories = split(value, ',');
  } else if (attribute(word, "verbs=", value)) {
    resource.verbs = split(value, ',');
  } else if (attribute(word, "fields=", value)) {
    resource.selectable_fields = split(value, ',');
  } else {
    return wrong("unknown attribute of a resource");
  }
  return {};
}

Result<void> CatalogReader::read_subresource(Words words) {
  if (!in_resource_) return wrong("a subresource outside of a resource");
  Subresource sub;
  sub.name = words.next();
  const KindRef version = group_version(words.next());
  sub.group = version.group;
  sub.version = version.version;
  sub.kind = words.next();
  std::string_view verbs;
  if (!attribute(words.next(), "verbs=", verbs)) return wrong("a subresource without verbs");
  sub.verbs = split(verbs, ',');
  subresources_.push_back(sub);
  return {};
}

Result<void> CatalogReader::read_column(Words words) {
  if (!in_resource_) return wrong("a column outside of a resource");
  Column column;
  column.type = words.next();
  column.format = dash_is_empty(words.next());
  const std::string_view priority = words.next();
  std::from_chars(priority.data(), priority.data() + priority.size(), column.priority);
  column.name = words.rest();
  columns_.push_back(column);
  return {};
}

Result<void> CatalogReader::index() {
  for (const auto& [name, type] : tables_.by_name) {
    if (!defined(*type)) return wrong(cat("no type ", name, ", which a field names"));
  }
  for (const Variant& variant : variants_) {  // Every type has its fields by now.
    *variant.variant = *variant.of;
    variant.variant->variant_of = variant.of;
    apply_suffix(*variant.variant, variant.suffix);
  }
  std::sort(tables_.by_kind.begin(), tables_.by_kind.end());
  for (Resource& resource : tables_.resources) {
    const KindRef kind = {resource.group, resource.version, resource.kind};
    const auto found = std::lower_bound(
        tables_.by_kind.begin(), tables_.by_kind.end(), kind,
        [](const auto& entry, const KindRef& wanted) { return entry.first < wanted; });
    if (found != tables_.by_kind.end() && found->first == kind) resource.type = found->second;
    if (resource.type == nullptr) return wrong(cat("no type for the resource ", resource.plural));
    resource.list_kind = tables_.arena.copy(cat(resource.kind, "List"));
    tables_.by_plural.push_back({{resource.group, resource.version, resource.plural}, &resource});
    tables_.resource_by_kind.push_back({kind, &resource});
  }
  std::sort(tables_.by_plural.begin(), tables_.by_plural.end());
  // A kind may have two resources (Event's has one here); the first in order is the kind's own.
  std::sort(tables_.resource_by_kind.begin(), tables_.resource_by_kind.end());
  return {};
}

}  // namespace thole::schema
