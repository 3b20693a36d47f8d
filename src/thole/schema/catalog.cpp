#include "thole/schema/catalog.hpp"

#include <algorithm>

#include "thole/schema/catalog_reader.hpp"

extern "C" {
extern const char thole_schema_facts[];
extern const char thole_schema_facts_end[];
extern const char thole_schema_prose[];
extern const char thole_schema_prose_end[];
}

namespace thole::schema {
namespace {

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

template <typename Entries>
auto look_up(const Entries& entries, const KindRef& key) -> decltype(entries.front().second) {
  const auto found =
      std::lower_bound(entries.begin(), entries.end(), key,
                       [](const auto& entry, const KindRef& k) { return entry.first < k; });
  if (found == entries.end() || found->first != key) return nullptr;
  return found->second;
}

}  // namespace

std::string_view embedded_facts() { return between(thole_schema_facts, thole_schema_facts_end); }
std::string_view embedded_prose() { return between(thole_schema_prose, thole_schema_prose_end); }

Catalog::Catalog() : tables_(std::make_unique<Tables>()) {}
Catalog::~Catalog() = default;

std::shared_ptr<const Catalog> Catalog::builtin() {
  auto catalog = parse(embedded_facts());
  THOLE_ASSERT(catalog.has_value());
  return *std::move(catalog);
}

Result<std::shared_ptr<const Catalog>> Catalog::parse(std::string_view facts) {
  std::shared_ptr<Catalog> catalog(new Catalog());
  CatalogReader reader(facts, *catalog->tables_);
  if (auto read = reader.read(); !read) return std::unexpected(std::move(read).error());
  return catalog;
}

std::string_view Catalog::release() const { return tables_->release; }

const Resource* Catalog::find(std::string_view group, std::string_view version,
                              std::string_view plural) const {
  return look_up(tables_->by_plural, {group, version, plural});
}

const Resource* Catalog::find_kind(std::string_view group, std::string_view version,
                                   std::string_view kind) const {
  return look_up(tables_->resource_by_kind, {group, version, kind});
}

const Type* Catalog::type_of_kind(std::string_view group, std::string_view version,
                                  std::string_view kind) const {
  return look_up(tables_->by_kind, {group, version, kind});
}

const Type* Catalog::type(std::string_view name) const {
  const auto found = tables_->by_name.find(name);
  return found == tables_->by_name.end() ? nullptr : found->second;
}

std::span<const Resource> Catalog::resources() const { return tables_->resources; }
std::span<const Type* const> Catalog::types() const { return tables_->types; }

}  // namespace thole::schema
