#include "thole/schema/openapi.hpp"

#include <algorithm>
#include <set>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/schema/openapi_builder.hpp"

namespace thole::schema {
namespace {

using codec::Value;

constexpr std::string_view meta = "io.k8s.apimachinery.pkg.apis.meta.v1.";

// "api/v1" or "apis/apps/v1": the document that a resource stands in.
std::string document_of(const Resource& resource) {
  if (resource.group.empty()) return cat("api/", resource.version);
  return cat("apis/", resource.group, "/", resource.version);
}

std::string title(std::string_view group) {
  if (group.ends_with(".k8s.io")) group.remove_suffix(7);
  if (group.empty()) group = "core";
  std::string out;
  bool upper = true;
  for (char c : group) {
    if (c == '.') {
      upper = true;
      continue;
    }
    out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    upper = false;
  }
  return out;
}

std::string tag_of(std::string_view group) {
  std::string tag = title(group);
  if (!tag.empty() && tag[0] >= 'A' && tag[0] <= 'Z') tag[0] = static_cast<char>(tag[0] + 32);
  return tag;
}

// The paths that list what there is: /api/, /apis/, /apis/apps/, /apis/apps/v1/, /version/.
void discovery_paths(PathBuilder& paths, std::string_view document) {
  const auto add = [&](std::string_view id, std::string_view tag, std::string_view type) {
    paths.fixed(cat("/", document, "/"), id, tag, type);
  };
  if (document == "api") return add("getCoreAPIVersions", "core", cat(meta, "APIVersions"));
  if (document == "apis") return add("getAPIVersions", "apis", cat(meta, "APIGroupList"));
  if (document == "version") {
    return add("getCodeVersion", "version", "io.k8s.apimachinery.pkg.version.Info");
  }
  const std::size_t slash = document.find('/');
  const bool core = document.substr(0, slash) == "api";
  std::string_view group = core ? "" : document.substr(slash + 1);
  const std::size_t second = group.find('/');
  const std::string_view version =
      core ? document.substr(slash + 1)
           : (second == group.npos ? std::string_view() : group.substr(second + 1));
  group = group.substr(0, second);
  if (version.empty()) {
    return add(cat("get", title(group), "APIGroup"), tag_of(group), cat(meta, "APIGroup"));
  }
  std::string upper(version);
  upper[0] = 'V';
  add(cat("get", title(group), upper, "APIResources"), cat(tag_of(group), "_", version),
      cat(meta, "APIResourceList"));
}

bool takes_patches(const Resource& resource) {
  const auto patch = [](std::span<const std::string_view> verbs) {
    return std::find(verbs.begin(), verbs.end(), "patch") != verbs.end();
  };
  return patch(resource.verbs) ||
         std::any_of(resource.subresources.begin(), resource.subresources.end(),
                     [&](const Subresource& sub) { return patch(sub.verbs); });
}

std::string release_of(const Catalog& catalog) {  // "v1.37.2" is "1.37" here.
  std::string_view release = catalog.release();
  if (release.starts_with('v')) release.remove_prefix(1);
  return std::string(release.substr(0, release.rfind('.')));
}

}  // namespace

OpenApi::OpenApi(const Input& input) : input_(input) {}

std::vector<std::string> OpenApi::v3_paths() const {
  std::set<std::string> paths = {"api", "apis", "version"};
  const auto add = [&](const Resource& resource) {
    paths.insert(document_of(resource));
    if (!resource.group.empty()) paths.insert(cat("apis/", resource.group));
  };
  for (const Resource* resource : input_.resources) add(*resource);
  for (const CustomSchema& custom : input_.customs) add(*custom.resource);
  return {paths.begin(), paths.end()};
}

Value OpenApi::document(OpenApiVersion version, std::string_view path, codec::Arena& arena) const {
  const bool v3 = version == OpenApiVersion::V3;
  DefinitionBuilder definitions(version, path, input_.prose, arena);
  const Value patch = Value::object(arena);
  patch.set(arena, "type", Value::string("object"));
  const std::string about_patch = input_.prose.describe(cat(meta, "Patch"));
  if (!about_patch.empty()) patch.set(arena, "description", Value::string(arena, about_patch));

  const Value paths = Value::object(arena);
  PathBuilder builder(definitions, input_.catalog, paths);
  bool patches = false;
  for (const std::string& document : v3_paths()) {
    if (v3 && document != path) continue;
    discovery_paths(builder, document);
  }
  for (const Resource* resource : input_.resources) {
    if (v3 && document_of(*resource) != path) continue;
    builder.resource(*resource, false);
    patches |= takes_patches(*resource);
  }
  for (const CustomSchema& custom : input_.customs) {
    if (v3 && document_of(*custom.resource) != path) continue;
    definitions.add_custom(custom, input_.catalog);
    builder.resource(*custom.resource, true);
    patches = true;
  }
  if (patches) definitions.add(cat(meta, "Patch"), patch);

  const Value root = Value::object(arena);
  root.set(arena, v3 ? "openapi" : "swagger", Value::string(v3 ? "3.0.0" : "2.0"));
  const Value info = Value::object(arena);
  info.set(arena, "title", Value::string("Kubernetes"));
  info.set(arena, "version", Value::string(arena, release_of(input_.catalog)));
  root.set(arena, "info", info);
  root.set(arena, "paths", paths);

  const Value bearer = Value::object(arena);
  bearer.set(arena, "type", Value::string("apiKey"));
  bearer.set(arena, "description", Value::string("Bearer Token authentication"));
  bearer.set(arena, "name", Value::string("authorization"));
  bearer.set(arena, "in", Value::string("header"));
  const Value schemes = Value::object(arena);
  schemes.set(arena, "BearerToken", bearer);
  if (v3) {
    const Value components = Value::object(arena);
    components.set(arena, "schemas", definitions.definitions());
    components.set(arena, "securitySchemes", schemes);
    root.set(arena, "components", components);
  } else {
    root.set(arena, "definitions", definitions.definitions());
    root.set(arena, "securityDefinitions", schemes);
    const Value needs = Value::object(arena);
    needs.set(arena, "BearerToken", Value::array(arena));
    const Value security = Value::array(arena);
    security.push_back(arena, needs);
    root.set(arena, "security", security);
  }
  return root;
}

std::string OpenApi::v2_json() const {
  codec::Arena arena;
  return codec::to_json(document(OpenApiVersion::V2, {}, arena));
}

std::string OpenApi::v2_protobuf() const {
  codec::Arena arena;
  return openapi_v2_to_protobuf(document(OpenApiVersion::V2, {}, arena));
}

Result<std::string> OpenApi::v3_json(std::string_view path) const {
  const std::vector<std::string> paths = v3_paths();
  if (std::find(paths.begin(), paths.end(), path) == paths.end()) {
    return fail(ErrorKind::NotFound, cat("no OpenAPI document for ", path));
  }
  codec::Arena arena;
  return codec::to_json(document(OpenApiVersion::V3, path, arena));
}

std::string OpenApi::v3_index(std::span<const Hash> hashes) {
  codec::Arena arena;
  const Value paths = Value::object(arena);
  for (const Hash& entry : hashes) {
    const Value one = Value::object(arena);
    one.set(arena, "serverRelativeURL",
            Value::string(arena, cat("/openapi/v3/", entry.path, "?hash=", entry.hash)));
    paths.set(arena, entry.path, one);
  }
  const Value root = Value::object(arena);
  root.set(arena, "paths", paths);
  return codec::to_json(root);
}

}  // namespace thole::schema
