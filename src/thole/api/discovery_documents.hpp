#pragma once
// The discovery documents as compact JSON, in upstream's field order. `all` is in discovery's
// order. An empty text: there is no such group or version. Threads: any; pure.

#include <string>
#include <string_view>
#include <vector>

#include "thole/api/resources.hpp"

namespace thole::api {

std::string core_versions_document();                             // /api
std::string group_list_document(const std::vector<Served>& all);  // /apis
std::string group_document(const std::vector<Served>& all, std::string_view group);
std::string resource_list_document(const std::vector<Served>& all, std::string_view group,
                                   std::string_view version);
// APIGroupDiscoveryList of the core group (`legacy`) or of all others.
std::string aggregated_document(const std::vector<Served>& all, bool legacy);

}  // namespace thole::api
