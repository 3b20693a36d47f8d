#include "thole/api/paths.hpp"

#include <algorithm>
#include <set>

#include "thole/api/respond.hpp"
#include "thole/api/stored.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {

namespace {

message::Response json_text(std::string json) {
  message::Response response;
  response.headers.set("content-type", "application/json");
  response.body = std::move(json);
  return response;
}

std::string version_document(const VersionInfo& version) {
  codec::Arena arena;
  codec::Value object = codec::Value::object(arena);
  const auto set = [&](std::string_view key, const std::string& text) {
    object.set(arena, key, codec::Value::string(text));
  };
  set("major", version.major);
  set("minor", version.minor);
  set("emulationMajor", version.major);
  set("emulationMinor", version.minor);
  set("minCompatibilityMajor", version.major);
  set("minCompatibilityMinor", "36");
  set("gitVersion", version.git_version);
  set("gitCommit", version.git_commit);
  set("gitTreeState", "clean");
  set("buildDate", version.build_date);
  set("goVersion", version.go_version);
  set("compiler", "clang");
  set("platform", version.platform);
  std::string out;
  codec::write_pretty_json(object, out);
  return out;
}

std::string root_document(const Environment& environment) {
  std::set<std::string> paths = {"/api",         "/api/v1",  "/apis",       "/healthz",
                                 "/livez",       "/metrics", "/openapi/v2", "/openapi/v3",
                                 "/openapi/v3/", "/readyz",  "/version"};
  for (const Served& served : environment.resources.all()) {
    if (served.resource->group.empty()) continue;
    paths.insert(cat("/apis/", served.resource->group));
    paths.insert(cat("/apis/", served.resource->group, "/", served.resource->version));
  }
  codec::Arena arena;
  codec::Value list = codec::Value::array(arena);
  for (const std::string& path : paths) list.push_back(arena, codec::Value::string(path));
  codec::Value object = codec::Value::object(arena);
  object.set(arena, "paths", list);
  std::string out;
  codec::write_pretty_json(object, out);
  return out;
}

bool has_group(const UserInfo& user, std::string_view group) {
  return std::find(user.groups.begin(), user.groups.end(), group) != user.groups.end();
}

// The bootstrap flow schema that this caller falls under, without what administrators add.
std::pair<std::string_view, std::string_view> flow_of(const UserInfo& user,
                                                      const RequestInfo& info) {
  if (has_group(user, "system:masters")) return {"exempt", "exempt"};
  if (!info.resource_request &&
      (info.path == "/healthz" || info.path == "/livez" || info.path == "/readyz")) {
    return {"probes", "exempt"};
  }
  if (has_group(user, "system:nodes")) return {"system-nodes", "system"};
  if (user.name == "system:kube-controller-manager") {
    return {"kube-controller-manager", "workload-high"};
  }
  if (user.name == "system:kube-scheduler") return {"kube-scheduler", "workload-high"};
  if (has_group(user, "system:serviceaccounts:kube-system")) {
    return {"kube-system-service-accounts", "workload-high"};
  }
  if (has_group(user, "system:serviceaccounts")) return {"service-accounts", "workload-low"};
  if (has_group(user, "system:authenticated")) return {"global-default", "global-default"};
  return {"catch-all", "catch-all"};
}

}  // namespace

message::Response answer_path(const Environment& environment, Call& call) {
  const std::string& path = call.url.path;
  if (path == "/") return json_text(root_document(environment));
  if (path == "/version" || path == "/version/") {
    return json_text(version_document(environment.version));
  }
  if (path == "/metrics") {
    message::Response response;
    response.headers.set("content-type", "text/plain; version=0.0.4; charset=utf-8");
    response.body = environment.metrics.render();
    return response;
  }
  return respond_text(404, "404 page not found\n");
}

void add_flow_headers(const Environment& environment, const Call& call,
                      message::Response& response) {
  if (call.caller.user.name.empty()) return;
  const auto [schema, level] = flow_of(call.caller.user, call.info);
  const store::Snapshot snapshot = environment.store.snapshot();
  const auto add = [&](std::string_view resource, std::string_view name, std::string header) {
    const store::Value* value = snapshot.find(cat("flowcontrol.apiserver.k8s.io/", resource), name);
    if (value) response.headers.set(std::move(header), std::string(uid_of(*value)));
  };
  add("flowschemas", schema, "x-kubernetes-pf-flowschema-uid");
  add("prioritylevelconfigurations", level, "x-kubernetes-pf-prioritylevel-uid");
}

}  // namespace thole::api
