// The paths of resources as OpenAPI operations.

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "thole/base/text.hpp"
#include "thole/schema/openapi_builder.hpp"

namespace thole::schema {
namespace {

using codec::Value;
using Words = std::vector<std::string_view>;

const std::array<std::string_view, 3> media = {"application/json", "application/yaml",
                                               "application/vnd.kubernetes.protobuf"};
const std::array<std::string_view, 4> log_media = {
    "text/plain", "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"};
const std::array<std::string_view, 5> watch_media = {
    "application/json", "application/yaml", "application/vnd.kubernetes.protobuf",
    "application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"};
const std::array<std::string_view, 4> patch_media = {
    "application/json-patch+json", "application/merge-patch+json",
    "application/strategic-merge-patch+json", "application/apply-patch+yaml"};
const std::array<std::string_view, 3> custom_patch_media = {
    "application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"};
const std::array<std::string_view, 1> any_media = {"*/*"};

constexpr std::string_view meta = "io.k8s.apimachinery.pkg.apis.meta.v1.";

std::string title(std::string_view word) {
  std::string out(word);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
  return out;
}

std::string_view plain_group(std::string_view group) {
  if (group.ends_with(".k8s.io")) group.remove_suffix(7);
  return group.empty() ? "core" : group;
}

// "rbac.authorization.k8s.io" is "RbacAuthorization" in operation ids, "rbacAuthorization" in tags.
std::string joined_group(std::string_view group) {
  std::string out;
  for (std::string_view rest = plain_group(group); !rest.empty();) {
    const std::size_t dot = rest.find('.');
    out += out.empty() ? std::string(rest.substr(0, dot)) : title(rest.substr(0, dot));
    rest = dot == rest.npos ? std::string_view() : rest.substr(dot + 1);
  }
  return out;
}

bool has(std::span<const std::string_view> list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_connect(const Subresource& sub) {
  return sub.name == "proxy" || sub.name == "exec" || sub.name == "attach" ||
         sub.name == "portforward";
}

}  // namespace

struct PathBuilder::Place {
  const Resource& resource;
  bool custom = false;
  std::string root;     // "/apis/apps/v1"
  std::string path;     // Of the collection.
  std::string tag;      // "apps_v1"
  std::string version;  // "AppsV1"
  std::string subject;  // "NamespacedDeployment"
};

struct PathBuilder::Operation {
  std::string_view method, verb, action, id;
  Words query = {};
  const Value* body = nullptr;
  bool body_required = true;
  Value answer = {};
  Words codes = {"200"};
  KindRef kind = {};
  bool watch = false;  // Streams too.
};

void PathBuilder::parameter(const Value& list, std::string_view name, std::string_view in,
                            std::string_view type) {
  const Value one = Value::object(arena_);
  one.set(arena_, "name", Value::string(name));
  one.set(arena_, "in", Value::string(in));
  if (in == "path") one.set(arena_, "required", Value::boolean(true));
  Value schema = one;
  if (definitions_.version() == OpenApiVersion::V3) {
    schema = Value::object(arena_);
    one.set(arena_, "schema", schema);
  }
  schema.set(arena_, "type", Value::string(type));
  schema.set(arena_, "uniqueItems", Value::boolean(true));
  list.push_back(arena_, one);
}

namespace {

std::string_view query_type(std::string_view name) {
  constexpr std::string_view booleans[] = {"allowWatchBookmarks",
                                           "sendInitialEvents",
                                           "watch",
                                           "orphanDependents",
                                           "force",
                                           "ignoreStoreReadErrorWithClusterBreakingPotential"};
  if (has(booleans, name)) return "boolean";
  constexpr std::string_view integers[] = {"limit", "timeoutSeconds", "gracePeriodSeconds"};
  return has(integers, name) ? "integer" : "string";
}

const Words list_query = {"allowWatchBookmarks",
                          "continue",
                          "fieldSelector",
                          "labelSelector",
                          "limit",
                          "resourceVersion",
                          "resourceVersionMatch",
                          "sendInitialEvents",
                          "shardSelector",
                          "timeoutSeconds",
                          "watch"};
const Words write_query = {"dryRun", "fieldManager", "fieldValidation"};
const Words patch_query = {"dryRun", "fieldManager", "fieldValidation", "force"};
const Words delete_query = {"dryRun", "gracePeriodSeconds",
                            "ignoreStoreReadErrorWithClusterBreakingPotential", "orphanDependents",
                            "propagationPolicy"};
const Words collection_query = {"continue",
                                "dryRun",
                                "fieldSelector",
                                "gracePeriodSeconds",
                                "ignoreStoreReadErrorWithClusterBreakingPotential",
                                "labelSelector",
                                "limit",
                                "orphanDependents",
                                "propagationPolicy",
                                "resourceVersion",
                                "resourceVersionMatch",
                                "sendInitialEvents",
                                "shardSelector",
                                "timeoutSeconds"};

}  // namespace

void PathBuilder::body(const Value& operation, const Value& list, Value schema,
                       std::span<const std::string_view> content, bool required) {
  if (definitions_.version() == OpenApiVersion::V3) {
    const Value types = Value::object(arena_);
    for (std::string_view type : content) {
      const Value one = Value::object(arena_);
      one.set(arena_, "schema", schema);
      types.set(arena_, type, one);
    }
    const Value request = Value::object(arena_);
    request.set(arena_, "content", types);
    if (required) request.set(arena_, "required", Value::boolean(true));
    operation.set(arena_, "requestBody", request);
    return;
  }
  const Value one = Value::object(arena_);
  one.set(arena_, "name", Value::string("body"));
  one.set(arena_, "in", Value::string("body"));
  if (required) one.set(arena_, "required", Value::boolean(true));
  one.set(arena_, "schema", schema);
  list.push_back(arena_, one);
}

void PathBuilder::response(const Value& responses, std::string_view code, Value schema,
                           std::span<const std::string_view> content) {
  const Value one = Value::object(arena_);
  one.set(arena_, "description",
          Value::string(code == "200"   ? "OK"
                        : code == "201" ? "Created"
                        : code == "202" ? "Accepted"
                                        : "Unauthorized"));
  if (!schema.is_null() && definitions_.version() == OpenApiVersion::V3) {
    const Value types = Value::object(arena_);
    for (std::string_view type : content) {
      const Value media_type = Value::object(arena_);
      media_type.set(arena_, "schema", schema);
      types.set(arena_, type, media_type);
    }
    one.set(arena_, "content", types);
  } else if (!schema.is_null()) {
    one.set(arena_, "schema", schema);
  }
  responses.set(arena_, code, one);
}

Value PathBuilder::operation(const Place& place, const Operation& wanted) {
  const bool v3 = definitions_.version() == OpenApiVersion::V3;
  const Value made = Value::object(arena_);
  const auto strings = [&](std::span<const std::string_view> words) {
    const Value list = Value::array(arena_);
    for (std::string_view word : words) list.push_back(arena_, Value::string(word));
    return list;
  };
  const Value tags = Value::array(arena_);
  tags.push_back(arena_, Value::string(arena_, place.tag));
  made.set(arena_, "tags", tags);
  made.set(arena_, "operationId", Value::string(arena_, wanted.id));

  const bool text = wanted.answer.get("type").is_string();  // Logs and proxies.
  std::span<const std::string_view> produced =
      wanted.watch ? std::span<const std::string_view>(watch_media) : media;
  if (place.custom) produced = std::span(media).first(2);
  if (text)
    produced = wanted.action == "get" ? std::span<const std::string_view>(log_media) : any_media;
  std::span<const std::string_view> consumed = any_media;
  if (wanted.action.empty()) {  // What lists APIs takes what it gives.
    if (wanted.verb == "version") produced = std::span(media).first(1);
    consumed = produced;
  }
  if (wanted.action == "patch") {
    consumed = place.custom ? std::span<const std::string_view>(custom_patch_media) : patch_media;
  }
  if (!v3) {
    made.set(arena_, "consumes", strings(consumed));
    made.set(arena_, "produces", strings(produced));
    const Value schemes = Value::array(arena_);
    schemes.push_back(arena_, Value::string("https"));
    made.set(arena_, "schemes", schemes);
  }
  const Value parameters = Value::array(arena_);
  if (wanted.body != nullptr) {
    body(made, parameters, *wanted.body, consumed, wanted.body_required);
  }
  for (std::string_view name : wanted.query) {
    parameter(parameters, name, "query", query_type(name));
  }
  if (parameters.size() != 0) made.set(arena_, "parameters", parameters);

  const Value responses = Value::object(arena_);
  for (std::string_view code : wanted.codes) response(responses, code, wanted.answer, produced);
  response(responses, "401", {}, {});
  made.set(arena_, "responses", responses);
  if (!wanted.action.empty()) {
    made.set(arena_, "x-kubernetes-action", Value::string(wanted.action));
    const Value kind = Value::object(arena_);
    kind.set(arena_, "group", Value::string(wanted.kind.group));
    kind.set(arena_, "version", Value::string(wanted.kind.version));
    kind.set(arena_, "kind", Value::string(wanted.kind.kind));
    made.set(arena_, "x-kubernetes-group-version-kind", kind);
  }
  return made;
}

Value PathBuilder::path_item(std::string_view path, const Place& place, bool name, bool pretty) {
  const Value item = Value::object(arena_);
  const Value parameters = Value::array(arena_);
  if (name) parameter(parameters, "name", "path", "string");
  if (path.find("{namespace}") != path.npos && place.resource.namespaced) {
    parameter(parameters, "namespace", "path", "string");
  }
  if (pretty) parameter(parameters, "pretty", "query", "string");
  if (parameters.size() != 0) item.set(arena_, "parameters", parameters);
  paths_.set(arena_, Value::string(arena_, path).as_string(), item);
  return item;
}

void PathBuilder::resource(const Resource& resource, bool custom) {
  Place place{.resource = resource, .custom = custom};
  place.root = resource.group.empty() ? cat("/api/", resource.version)
                                      : cat("/apis/", resource.group, "/", resource.version);
  place.path = resource.namespaced ? cat(place.root, "/namespaces/{namespace}/", resource.plural)
                                   : cat(place.root, "/", resource.plural);
  const std::string group = custom ? std::string(resource.group) : joined_group(resource.group);
  place.tag = cat(group, "_", resource.version);
  std::string dotless;
  for (std::string_view rest = group; !rest.empty();) {
    const std::size_t dot = rest.find('.');
    dotless += title(rest.substr(0, dot));
    rest = dot == rest.npos ? std::string_view() : rest.substr(dot + 1);
  }
  place.version = cat(dotless, title(resource.version));
  place.subject = cat(resource.namespaced ? "Namespaced" : "", resource.kind);
  item_paths(place);
  if (!custom) watch_paths(place);
  for (const Subresource& sub : resource.subresources) subresource(place, sub);
}

void PathBuilder::item_paths(const Place& place) {
  const Resource& r = place.resource;
  const KindRef kind = {r.group, r.version, r.kind};
  const auto ref = [&](std::string_view suffix) {
    if (place.custom) return definitions_.reference(custom_definition_name(r, suffix));
    const std::string name = cat(r.kind, suffix);
    const Type* type = suffix.empty() ? r.type : catalog_.type_of_kind(r.group, r.version, name);
    return type == nullptr ? Value() : definitions_.reference(*type);
  };
  const Value object = ref("");
  const Type* options_type = catalog_.type(cat(meta, "DeleteOptions"));
  const Type* status_type = catalog_.type(cat(meta, "Status"));
  const auto id = [&](std::string_view verb, std::string_view infix = {}) {
    return cat(verb, place.version, infix, place.subject);
  };
  const Value collection = path_item(place.path, place, false, true);
  if (has(r.verbs, "list")) {
    const Value list = ref("List");
    const std::string name = id("list");
    collection.set(arena_, "get",
                   operation(place, {.method = "get",
                                     .verb = "list",
                                     .action = "list",
                                     .id = name,
                                     .query = list_query,
                                     .answer = list,
                                     .kind = kind,
                                     .watch = true}));
    if (r.namespaced) {
      const std::string all_path = cat(place.root, "/", r.plural);
      const Value all = path_item(all_path, place, false, true);
      const std::string all_name = cat("list", place.version, r.kind, "ForAllNamespaces");
      all.set(arena_, "get",
              operation(place, {.method = "get",
                                .verb = "list",
                                .action = "list",
                                .id = all_name,
                                .query = list_query,
                                .answer = list,
                                .kind = kind,
                                .watch = true}));
    }
  }
  if (has(r.verbs, "create")) {
    const std::string name = id("create");
    collection.set(arena_, "post",
                   operation(place, {.method = "post",
                                     .verb = "create",
                                     .action = "post",
                                     .id = name,
                                     .query = write_query,
                                     .body = &object,
                                     .answer = object,
                                     .codes = {"200", "201", "202"},
                                     .kind = kind}));
  }
  if (has(r.verbs, "deletecollection")) {
    const Value options = definitions_.reference(*options_type);
    const std::string name = id("delete", "Collection");
    collection.set(arena_, "delete",
                   operation(place, {.method = "delete",
                                     .verb = "delete",
                                     .action = "deletecollection",
                                     .id = name,
                                     .query = collection_query,
                                     .body = &options,
                                     .body_required = false,
                                     .answer = definitions_.reference(*status_type),
                                     .kind = kind}));
  }
  if (!has(r.verbs, "get")) return;
  const Value item = path_item(cat(place.path, "/{name}"), place, true, true);
  const std::string read = id("read");
  item.set(arena_, "get",
           operation(place, {.method = "get",
                             .verb = "read",
                             .action = "get",
                             .id = read,
                             .answer = object,
                             .kind = kind}));
  if (has(r.verbs, "update")) {
    const std::string name = id("replace");
    item.set(arena_, "put",
             operation(place, {.method = "put",
                               .verb = "replace",
                               .action = "put",
                               .id = name,
                               .query = write_query,
                               .body = &object,
                               .answer = object,
                               .codes = {"200", "201"},
                               .kind = kind}));
  }
  if (has(r.verbs, "delete")) {
    const Value options = definitions_.reference(*options_type);
    const std::string name = id("delete");
    item.set(arena_, "delete",
             operation(place,
                       {.method = "delete",
                        .verb = "delete",
                        .action = "delete",
                        .id = name,
                        .query = delete_query,
                        .body = &options,
                        .body_required = false,
                        .answer = r.returns_deleted ? object : definitions_.reference(*status_type),
                        .codes = {"200", "202"},
                        .kind = kind}));
  }
  if (has(r.verbs, "patch")) {
    const Value patch = definitions_.reference(cat(meta, "Patch"));
    const std::string name = id("patch");
    item.set(arena_, "patch",
             operation(place, {.method = "patch",
                               .verb = "patch",
                               .action = "patch",
                               .id = name,
                               .query = patch_query,
                               .body = &patch,
                               .answer = object,
                               .codes = place.custom ? Words{"200"} : Words{"200", "201"},
                               .kind = kind}));
  }
}

void PathBuilder::watch_paths(const Place& place) {
  const Resource& r = place.resource;
  if (!has(r.verbs, "watch")) return;
  const Value event = definitions_.reference(*catalog_.type(cat(meta, "WatchEvent")));
  const KindRef kind = {r.group, r.version, r.kind};
  const std::string root = cat(place.root, "/watch");
  const std::string inner = cat(root, place.path.substr(place.root.size()));
  const auto add = [&](const std::string& path, bool name, std::string_view action,
                       const std::string& id) {
    const Value item = path_item(path, place, name, true);
    item.set(arena_, "get",
             operation(place, {.method = "get",
                               .verb = "watch",
                               .action = action,
                               .id = id,
                               .query = list_query,
                               .answer = event,
                               .kind = kind,
                               .watch = true}));
  };
  add(inner, false, "watchlist", cat("watch", place.version, place.subject, "List"));
  if (has(r.verbs, "get")) {
    add(inner + "/{name}", true, "watch", cat("watch", place.version, place.subject));
  }
  if (r.namespaced) {
    add(cat(root, "/", r.plural), false, "watchlist",
        cat("watch", place.version, r.kind, "ListForAllNamespaces"));
  }
}

void PathBuilder::subresource(const Place& place, const Subresource& sub) {
  if (is_connect(sub)) return connect(place, sub);
  const Value item = path_item(cat(place.path, "/{name}/", sub.name), place, true, true);
  const KindRef kind = {sub.group, sub.version, sub.kind};
  Value object;
  if (sub.name == "log") {
    object = Value::object(arena_);
    object.set(arena_, "type", Value::string("string"));
    option_parameters(item.get("parameters"), catalog_.type_of_kind("", "v1", "PodLogOptions"));
  } else if (place.custom && sub.name == "status") {
    object = definitions_.reference(custom_definition_name(place.resource));
  } else if (const Type* type = catalog_.type_of_kind(sub.group, sub.version, sub.kind)) {
    object = definitions_.reference(*type);
  }
  const auto add = [&](std::string_view wanted, std::string_view method, std::string_view verb,
                       std::string_view action, const Words& query, const Value* body,
                       const Words& codes) {
    if (!has(sub.verbs, wanted)) return;
    const std::string id = cat(verb, place.version, place.subject, title(sub.name));
    item.set(arena_, method,
             operation(place, {.method = method,
                               .verb = verb,
                               .action = action,
                               .id = id,
                               .query = query,
                               .body = body,
                               .answer = object,
                               .codes = codes,
                               .kind = kind}));
  };
  add("get", "get", "read", "get", {}, nullptr, {"200"});
  add("create", "post", "create", "post", write_query, &object, {"200", "201", "202"});
  add("update", "put", "replace", "put", write_query, &object, {"200", "201"});
  const Value patch = definitions_.reference(cat(meta, "Patch"));
  add("patch", "patch", "patch", "patch", patch_query, &patch, {"200", "201"});
}

// The fields of an options type, which stand in the query.
void PathBuilder::option_parameters(const Value& list, const Type* options) {
  if (options == nullptr) return;
  for (const Field& field : options->fields) {
    if (field.name == "kind" || field.name == "apiVersion" || field.type->shape == Shape::Time) {
      continue;
    }
    const Type* type = field.type->shape == Shape::List ? field.type->element : field.type;
    const bool integer = type->shape == Shape::Int32 || type->shape == Shape::Int64;
    parameter(list, field.name, "query",
              type->shape == Shape::Bool ? "boolean"
              : integer                  ? "integer"
                                         : "string");
  }
}

void PathBuilder::connect(const Place& place, const Subresource& sub) {
  const Value answer = Value::object(arena_);
  answer.set(arena_, "type", Value::string("string"));
  const bool proxy = sub.name == "proxy";
  const Words methods = proxy ? Words{"delete", "get", "head", "options", "patch", "post", "put"}
                              : Words{"get", "post"};
  for (const bool with_path : {false, true}) {
    if (with_path && !proxy) break;
    const std::string path = cat(place.path, "/{name}/", sub.name, with_path ? "/{path}" : "");
    const Value item = path_item(path, place, true, false);
    const Value parameters = item.get("parameters");
    if (with_path) parameter(parameters, "path", "path", "string");
    option_parameters(parameters, catalog_.type_of_kind(sub.group, sub.version, sub.kind));
    for (std::string_view method : methods) {
      const std::string id = cat("connect", place.version, title(method), place.subject,
                                 title(sub.name), with_path ? "WithPath" : "");
      item.set(arena_, method,
               operation(place, {.method = method,
                                 .verb = "connect",
                                 .action = "connect",
                                 .id = id,
                                 .answer = answer,
                                 .kind = {sub.group, sub.version, sub.kind}}));
    }
  }
}

void PathBuilder::fixed(std::string_view path, std::string_view id, std::string_view tag,
                        std::string_view type_name) {
  const Resource none;
  Place place{.resource = none, .tag = std::string(tag)};
  const Value item = path_item(path, place, false, false);
  const Type* type = catalog_.type(type_name);
  if (type == nullptr) return;
  item.set(arena_, "get",
           operation(place, {.method = "get",
                             .verb = tag,
                             .action = "",
                             .id = id,
                             .answer = definitions_.reference(*type)}));
}

}  // namespace thole::schema
