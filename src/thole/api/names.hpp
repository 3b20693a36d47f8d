#pragma once
// What may be a name, a label or an annotation, with upstream's words for what is wrong.
// Source: k8s.io/apimachinery/pkg/api/validate/content, pkg/util/validation. Threads: any.

#include <string>
#include <string_view>
#include <vector>

namespace thole::api {

using Reasons = std::vector<std::string>;  // Empty: it is fine.

Reasons check_dns_label(std::string_view value);
Reasons check_dns_1035_label(std::string_view value);
Reasons check_dns_subdomain(std::string_view value);
Reasons check_path_segment(std::string_view value);
Reasons check_label_key(std::string_view value);  // Also of annotations (in lower case there).
Reasons check_label_value(std::string_view value);

std::string join_reasons(const Reasons& reasons);  // "a; b"

}  // namespace thole::api
