#pragma once
// Who asks for what: the identity behind a request, and what an authorizer decides about.
// Plain values; any thread.
// Source: k8s.io/apiserver/pkg/authentication/user, pkg/authorization/authorizer.

#include <string>
#include <utility>
#include <vector>

namespace thole::api {

struct UserInfo {
  std::string name;
  std::string uid;
  std::vector<std::string> groups;
  std::vector<std::pair<std::string, std::vector<std::string>>> extra;  // In order of their keys.

  bool operator==(const UserInfo&) const = default;
};

struct Attributes {
  UserInfo user;
  std::string verb;  // "get", "deletecollection", ...; for other paths the method in lower case.
  // A request for a resource. Otherwise only `path` is meaningful, beside user and verb.
  bool resource_request = false;
  std::string group;
  std::string version;
  std::string resource;     // "pods"
  std::string subresource;  // "status"
  std::string namespace_;
  std::string name;
  std::string path;
  // As sent, for list, watch and deletecollection.
  std::string field_selector;
  std::string label_selector;
};

}  // namespace thole::api
