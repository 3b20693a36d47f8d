#pragma once
// The two refusals: 401 and 403, in upstream's words, which people and tools match on.
// Source: k8s.io/apiserver/pkg/endpoints/handlers/responsewriters, apimachinery/pkg/api/errors.

#include <string_view>

#include "thole/api/attributes.hpp"
#include "thole/base/result.hpp"

namespace thole::api {

// `pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "y"`,
// followed by ": " and the reason when there is one.
Error forbidden_error(const Attributes& attributes, std::string_view reason);

// Says nothing about what was wrong with the credential.
Error unauthorized_error();

}  // namespace thole::api
