#include "thole/api/catalog_resources.hpp"

namespace thole::api {

CatalogResources::CatalogResources(std::shared_ptr<const schema::Catalog> catalog)
    : catalog_(std::move(catalog)) {}

Served CatalogResources::find(std::string_view group, std::string_view version,
                              std::string_view plural) const {
  if (const schema::Resource* found = catalog_->find(group, version, plural);
      found && found->served_by_default) {
    Served served;
    served.resource = found;
    return served;
  }
  return custom_ ? custom_->find(group, version, plural) : Served{};
}

std::vector<Served> CatalogResources::all() const {
  std::vector<Served> all;
  for (const schema::Resource& resource : catalog_->resources()) {
    if (!resource.served_by_default) continue;
    Served served;
    served.resource = &resource;
    all.push_back(std::move(served));
  }
  if (custom_) {
    for (Served& served : custom_->all()) all.push_back(std::move(served));
  }
  return all;
}

}  // namespace thole::api
