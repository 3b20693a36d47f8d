#include "thole/api/request_info.hpp"

#include <algorithm>

#include "thole/api/field_selector.hpp"
#include "thole/base/text.hpp"

namespace thole::api {

namespace {

std::vector<std::string> split_path(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  std::vector<std::string> parts;
  while (!path.empty()) {
    const auto slash = path.find('/');
    parts.emplace_back(path.substr(0, slash));
    if (slash == path.npos) break;
    path.remove_prefix(slash + 1);
  }
  return parts;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string verb_of(std::string_view method) {
  if (method == "POST") return "create";
  if (method == "GET" || method == "HEAD") return "get";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return "delete";
  return "";
}

bool path_segment(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of("/%") == std::string_view::npos;
}

bool wants_watch(const Query& query) {
  if (!query.has("watch")) return false;
  const std::string value = lower(query.get("watch"));
  return value != "false" && value != "0";
}

}  // namespace

bool RequestInfo::is_long_running() const {
  if (!resource_request) return false;
  if (verb == "watch" || verb == "proxy") return true;
  return resource == "pods" &&
         (subresource == "exec" || subresource == "attach" || subresource == "portforward" ||
          subresource == "log" || subresource == "proxy");
}

Result<RequestInfo> parse_request_info(std::string_view method, const Url& url) {
  RequestInfo info;
  info.path = url.path;
  info.verb = lower(method);

  std::vector<std::string> parts = split_path(url.path);
  if (parts.size() < 3) return info;
  if (parts[0] != "api" && parts[0] != "apis") return info;
  info.api_prefix = parts[0];
  parts.erase(parts.begin());
  if (info.api_prefix == "apis") {
    if (parts.size() < 3) return info;
    info.group = parts[0];
    parts.erase(parts.begin());
  }
  info.resource_request = true;
  info.version = parts[0];
  parts.erase(parts.begin());

  bool verb_in_path = false;
  if (parts[0] == "watch" || parts[0] == "proxy") {
    if (parts.size() < 2) {
      return fail(ErrorKind::BadRequest,
                  cat("unable to determine kind and namespace from url, ", url.path));
    }
    info.verb = parts[0];
    info.watch_path = parts[0] == "watch";
    parts.erase(parts.begin());
    verb_in_path = true;
  } else {
    info.verb = verb_of(method);
  }

  if (parts[0] == "namespaces" && parts.size() > 1) {
    info.namespace_ = parts[1];
    if (parts.size() > 2 && parts[2] != "status" && parts[2] != "finalize") {
      parts.erase(parts.begin(), parts.begin() + 2);
    }
  }
  info.parts = parts;
  if (parts.size() >= 3 && info.verb != "proxy") info.subresource = parts[2];
  if (parts.size() >= 2) info.name = parts[1];
  info.resource = parts[0];

  if (info.name.empty() && info.verb == "get") {
    info.verb = wants_watch(url.query) ? "watch" : "list";
    if (const auto selector = parse_field_selector(url.query.get("fieldSelector"))) {
      if (const auto name = selector->exact("metadata.name"); name && path_segment(*name)) {
        info.name = *name;
      }
    }
  }
  if (info.name.empty() && info.verb == "delete") info.verb = "deletecollection";

  if (!verb_in_path &&
      (info.verb == "list" || info.verb == "watch" || info.verb == "deletecollection")) {
    info.field_selector = url.query.get("fieldSelector");
    info.label_selector = url.query.get("labelSelector");
  }
  return info;
}

Attributes attributes_of(const RequestInfo& info, UserInfo user) {
  Attributes attributes;
  attributes.user = std::move(user);
  attributes.verb = info.verb;
  attributes.resource_request = info.resource_request;
  attributes.group = info.group;
  attributes.version = info.version;
  attributes.resource = info.resource;
  attributes.subresource = info.subresource;
  attributes.namespace_ = info.namespace_;
  attributes.name = info.name;
  attributes.path = info.path;
  attributes.field_selector = info.field_selector;
  attributes.label_selector = info.label_selector;
  return attributes;
}

}  // namespace thole::api
