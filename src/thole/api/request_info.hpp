#pragma once
// What a method and a path mean: the verb, the resource, the object. The path is taken apart as
// k8s.io/apiserver/pkg/endpoints/request does it, so that authorizers see what they expect.

#include <string>
#include <string_view>
#include <vector>

#include "thole/api/attributes.hpp"
#include "thole/api/url.hpp"
#include "thole/base/result.hpp"

namespace thole::api {

struct RequestInfo {
  bool resource_request = false;
  std::string path;
  std::string verb;
  std::string api_prefix;  // "api" or "apis"
  std::string group;
  std::string version;
  std::string namespace_;
  std::string resource;
  std::string subresource;
  std::string name;
  std::vector<std::string> parts;  // From the resource on.
  std::string field_selector;
  std::string label_selector;
  bool watch_path = false;  // The old form /api/v1/watch/...

  bool is_long_running() const;  // Watches, and streams into a pod.
};

// Fails with BadRequest for /api/v1/watch with nothing behind it.
Result<RequestInfo> parse_request_info(std::string_view method, const Url& url);

Attributes attributes_of(const RequestInfo& info, UserInfo user);

}  // namespace thole::api
