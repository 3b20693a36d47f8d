#pragma once
// The errors that upstream's API machinery makes, with its words, and their form as metav1.Status.
// Source: k8s.io/apimachinery/pkg/api/errors. Threads: any.

#include <string>
#include <string_view>

#include "thole/api/resource_rules.hpp"
#include "thole/base/result.hpp"

namespace thole::api {

// "deployments.apps", or "pods" for the core group.
std::string qualified(std::string_view group, std::string_view resource);

Error not_found(std::string_view group, std::string_view resource, std::string_view name);
Error already_exists(std::string_view group, std::string_view resource, std::string_view name);
Error conflict(std::string_view group, std::string_view resource, std::string_view name,
               std::string_view why);
Error forbidden(std::string_view group, std::string_view resource, std::string_view name,
                std::string_view why);
Error method_not_supported(std::string_view group, std::string_view resource,
                           std::string_view verb);
Error bad_request(std::string message);
Error invalid(std::string_view group, std::string_view kind, std::string_view name, Causes causes);
Error expired(std::string message);
Error too_large_resource_version(std::uint64_t asked, std::uint64_t current);

// One cause of an Invalid: `message` is what follows the field, "Required value: ...".
ErrorCause cause_required(std::string field, std::string_view detail);
ErrorCause cause_invalid(std::string field, std::string_view value, std::string_view detail);
ErrorCause cause_forbidden(std::string field, std::string_view detail);

// metav1.Status as compact JSON with a newline at its end.
std::string status_json(const Error& error);
// {"kind":"Status",...,"status":"Success","details":{...}} of a delete that returns no object.
std::string success_json(std::string_view group, std::string_view resource, std::string_view name,
                         std::string_view uid);

}  // namespace thole::api
