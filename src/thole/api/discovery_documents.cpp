#include "thole/api/discovery_documents.hpp"

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {

namespace {

// Members of one object, written in order.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) { out_ += '{'; }
  std::string& at(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += cat("\"", key, "\":");
    return out_;
  }
  void text(std::string_view key, std::string_view value) {
    codec::write_json_string(value, at(key));
  }
  void text_if(std::string_view key, std::string_view value) {
    if (!value.empty()) text(key, value);
  }
  void texts(std::string_view key, std::span<const std::string_view> values) {
    std::string& out = at(key);
    out += '[';
    bool first = true;
    for (const std::string_view value : values) {
      if (!first) out += ',';
      first = false;
      codec::write_json_string(value, out);
    }
    out += ']';
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

std::string group_version(std::string_view group, std::string_view version) {
  return group.empty() ? std::string(version) : cat(group, "/", version);
}

// The versions of one group, in order, without doubles.
std::vector<std::string_view> versions_of(const std::vector<Served>& all, std::string_view group) {
  std::vector<std::string_view> versions;
  for (const Served& served : all) {
    if (served.resource->group != group) continue;
    bool known = false;
    for (const std::string_view version : versions) known |= version == served.resource->version;
    if (!known) versions.push_back(served.resource->version);
  }
  return versions;
}

std::vector<std::string_view> groups_of(const std::vector<Served>& all) {
  std::vector<std::string_view> groups;
  for (const Served& served : all) {
    bool known = served.resource->group.empty();
    for (const std::string_view group : groups) known |= group == served.resource->group;
    if (!known) groups.push_back(served.resource->group);
  }
  return groups;
}

void write_group(const std::vector<Served>& all, std::string_view group, bool typed,
                 std::string& out) {
  const auto versions = versions_of(all, group);
  Writer object(out);
  if (typed) {
    object.text("kind", "APIGroup");
    object.text("apiVersion", "v1");
  }
  object.text("name", group);
  object.at("versions") += '[';
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (i != 0) out += ',';
    Writer version(out);
    version.text("groupVersion", group_version(group, versions[i]));
    version.text("version", versions[i]);
    version.end();
  }
  out += ']';
  object.at("preferredVersion");
  Writer preferred(out);
  preferred.text("groupVersion", group_version(group, versions.front()));
  preferred.text("version", versions.front());
  preferred.end();
  object.end();
}

void write_resource(const schema::Resource& resource, std::string& out) {
  Writer object(out);
  object.text("name", resource.plural);
  object.text("singularName", resource.singular);
  object.at("namespaced") += resource.namespaced ? "true" : "false";
  object.text("kind", resource.kind);
  object.texts("verbs", resource.verbs);
  if (!resource.short_names.empty()) object.texts("shortNames", resource.short_names);
  if (!resource.categories.empty()) object.texts("categories", resource.categories);
  object.text_if("storageVersionHash", resource.storage_version_hash);
  object.end();
}

void write_subresource(const schema::Resource& resource, const schema::Subresource& part,
                       std::string& out) {
  Writer object(out);
  object.text("name", cat(resource.plural, "/", part.name));
  object.text("singularName", "");
  object.at("namespaced") += resource.namespaced ? "true" : "false";
  if (part.group != resource.group || part.version != resource.version) {
    object.text_if("group", part.group);
    object.text_if("version", part.version);
  }
  object.text("kind", part.kind);
  object.texts("verbs", part.verbs);
  object.end();
}

void write_kind(std::string_view key, std::string_view group, std::string_view version,
                std::string_view kind, Writer& object, std::string& out) {
  object.at(key);
  Writer response(out);
  response.text("group", group);
  response.text("version", version);
  response.text("kind", kind);
  response.end();
}

void write_aggregated_resource(const schema::Resource& resource, std::string& out) {
  Writer object(out);
  object.text("resource", resource.plural);
  write_kind("responseKind", resource.group, resource.version, resource.kind, object, out);
  object.text("scope", resource.namespaced ? "Namespaced" : "Cluster");
  object.text("singularResource", resource.singular);
  object.texts("verbs", resource.verbs);
  if (!resource.short_names.empty()) object.texts("shortNames", resource.short_names);
  if (!resource.categories.empty()) object.texts("categories", resource.categories);
  if (!resource.subresources.empty()) {
    object.at("subresources") += '[';
    bool first = true;
    for (const schema::Subresource& part : resource.subresources) {
      if (!first) out += ',';
      first = false;
      Writer below(out);
      below.text("subresource", part.name);
      write_kind("responseKind", part.group, part.version, part.kind, below, out);
      below.texts("verbs", part.verbs);
      below.end();
    }
    out += ']';
  }
  object.end();
}

void write_aggregated_group(const std::vector<Served>& all, std::string_view group,
                            std::string& out) {
  Writer object(out);
  object.at("metadata");
  Writer metadata(out);
  metadata.text_if("name", group);
  metadata.end();
  object.at("versions") += '[';
  bool first_version = true;
  for (const std::string_view version : versions_of(all, group)) {
    if (!first_version) out += ',';
    first_version = false;
    Writer entry(out);
    entry.text("version", version);
    entry.at("resources") += '[';
    bool first = true;
    for (const Served& served : all) {
      if (served.resource->group != group || served.resource->version != version) continue;
      if (!first) out += ',';
      first = false;
      write_aggregated_resource(*served.resource, out);
    }
    out += ']';
    entry.text("freshness", "Current");
    entry.end();
  }
  out += ']';
  object.end();
}

}  // namespace

std::string core_versions_document() {
  return R"({"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":)"
         R"([{"clientCIDR":"0.0.0.0/0","serverAddress":""}]})";
}

std::string group_list_document(const std::vector<Served>& all) {
  std::string out = R"({"kind":"APIGroupList","apiVersion":"v1","groups":[)";
  bool first = true;
  for (const std::string_view group : groups_of(all)) {
    if (!first) out += ',';
    first = false;
    write_group(all, group, false, out);
  }
  return out + "]}";
}

std::string group_document(const std::vector<Served>& all, std::string_view group) {
  std::string out;
  if (group.empty() || versions_of(all, group).empty()) return out;
  write_group(all, group, true, out);
  return out;
}

std::string resource_list_document(const std::vector<Served>& all, std::string_view group,
                                   std::string_view version) {
  std::string out =
      cat("{\"kind\":\"APIResourceList\",", group.empty() ? "" : "\"apiVersion\":\"v1\",",
          "\"groupVersion\":\"", group_version(group, version), "\",\"resources\":[");
  bool found = false;
  for (const Served& served : all) {
    if (served.resource->group != group || served.resource->version != version) continue;
    if (found) out += ',';
    found = true;
    write_resource(*served.resource, out);
    for (const schema::Subresource& part : served.resource->subresources) {
      out += ',';
      write_subresource(*served.resource, part, out);
    }
  }
  if (!found) return "";
  return out + "]}";
}

std::string aggregated_document(const std::vector<Served>& all, bool legacy) {
  std::string out =
      R"({"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},)"
      R"("items":[)";
  if (legacy) {
    write_aggregated_group(all, "", out);
  } else {
    bool first = true;
    for (const std::string_view group : groups_of(all)) {
      if (!first) out += ',';
      first = false;
      write_aggregated_group(all, group, out);
    }
  }
  return out + "]}";
}

}  // namespace thole::api
