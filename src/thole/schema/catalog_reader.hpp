#pragma once
// Reads the facts' text into a Catalog's tables, line by line, in one pass: a type may be named
// before its own line comes. Internal to catalog.

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "thole/codec/value.hpp"
#include "thole/schema/catalog.hpp"
#include "thole/schema/constraints.hpp"

namespace thole::schema {

struct Catalog::Tables {
  codec::Arena arena;
  std::string_view release;
  std::vector<Resource> resources;
  std::vector<const Type*> types;
  std::unordered_map<std::string_view, Type*> by_name;
  std::vector<std::pair<KindRef, const Type*>> by_kind;               // Sorted.
  std::vector<std::pair<KindRef, const Resource*>> by_plural;         // Sorted; kind = plural.
  std::vector<std::pair<KindRef, const Resource*>> resource_by_kind;  // Sorted.
};

class CatalogReader {
 public:
  CatalogReader(std::string_view text, Catalog::Tables& tables);
  Result<void> read();

 private:
  // One line's words; `next` is empty at its end.
  class Words {
   public:
    explicit Words(std::string_view line) : rest_(line) {}
    std::string_view next();
    std::string_view rest() const { return rest_; }

   private:
    std::string_view rest_;
  };

  Result<void> line(std::string_view text);
  Result<void> read_type(Words words);
  Result<void> read_field(Words words);
  Result<void> field_attribute(Field& field, std::string_view word);
  Result<void> read_kind(Words words);
  Result<void> read_resource(Words words);
  Result<void> resource_attribute(Resource& resource, std::string_view word);
  Result<void> read_subresource(Words words);
  Result<void> read_column(Words words);
  Result<void> index();

  // Ends the type, or the resource, whose lines have been read.
  void finish();
  void finish_tags();
  Type* named(std::string_view full_name);
  const Type* type_of(std::string_view expression, bool& pointer);
  const Type* make(std::string_view expression);
  const Type* container(std::string_view element, Shape shape, std::string_view suffix);
  void apply_suffix(Type& type, std::string_view suffix);
  std::unexpected<Error> wrong(std::string_view what) const;

  template <typename T>
  T* allocate(std::size_t count);
  template <typename T>
  std::span<const T> keep(const std::vector<T>& items);
  std::span<const std::string_view> split(std::string_view text, char separator);

  std::string_view text_;
  Catalog::Tables& tables_;
  std::size_t line_number_ = 0;
  std::string_view package_;
  Type* type_ = nullptr;  // Whose fields are being read.
  bool in_resource_ = false;
  std::string name_buffer_;
  std::vector<Field> fields_;
  std::vector<KindRef> kinds_;
  std::vector<std::string_view> tags_;
  std::vector<Subresource> subresources_;
  std::vector<Column> columns_;
  std::unordered_map<std::string_view, const Type*> expressions_;  // Of this package.
  // Uses of a struct with a map kind of their own: copies, made when all fields are known.
  struct Variant {
    const Type* of;
    Type* variant;
    std::string_view suffix;
  };
  std::vector<Variant> variants_;
  std::span<const std::string_view> default_fields_;
};

}  // namespace thole::schema
