#pragma once
// The built-in resources of a schema::Catalog that upstream serves by default, and those that
// CRDs add. Threads: any.

#include <functional>
#include <memory>

#include "thole/api/resources.hpp"
#include "thole/schema/catalog.hpp"

namespace thole::api {

class CatalogResources final : public Resources {
 public:
  explicit CatalogResources(std::shared_ptr<const schema::Catalog> catalog);

  // Where custom resources come from; asked after the built-in ones. Set before the first request.
  void set_custom(const Resources* custom) { custom_ = custom; }

  Served find(std::string_view group, std::string_view version,
              std::string_view plural) const override;
  std::vector<Served> all() const override;

 private:
  const std::shared_ptr<const schema::Catalog> catalog_;
  const Resources* custom_ = nullptr;
};

}  // namespace thole::api
