#pragma once
// /healthz, /livez and /readyz: named checks, each also at its own path; ?verbose lists them and
// ?exclude leaves some out. Source: k8s.io/apiserver/pkg/server/healthz. Threads: any.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "thole/api/url.hpp"
#include "thole/message/message.hpp"

namespace thole::api {

// An empty answer: the check holds. Otherwise why it does not.
using HealthCheck = std::pair<std::string, std::function<std::string()>>;

// `path` begins with "/healthz", "/livez" or "/readyz".
message::Response check_health(const Url& url, const std::vector<HealthCheck>& checks);

}  // namespace thole::api
