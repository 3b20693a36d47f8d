#include "thole/api/resource_rules.hpp"

namespace thole::api {

void RulesTable::set(std::string_view group, std::string_view resource, ResourceRules rules) {
  rules_.insert_or_assign(std::pair(std::string(group), std::string(resource)), std::move(rules));
}

const ResourceRules& RulesTable::find(std::string_view group, std::string_view resource) const {
  const auto found = rules_.find(std::pair(std::string(group), std::string(resource)));
  return found == rules_.end() ? fallback_ : found->second;
}

}  // namespace thole::api
