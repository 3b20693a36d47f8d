#include "thole/api/crd/custom_resources.hpp"

#include <algorithm>

#include "thole/api/crd/rules.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {
namespace {

using codec::Value;

bool condition_holds(const Value& crd, std::string_view type) {
  for (const Value& condition : crd.get("status").get("conditions").elements()) {
    if (condition.string_or("type") == type) return condition.string_or("status") == "True";
  }
  return false;
}

// ".spec.replicas" as "/spec/replicas".
std::string pointer_of(std::string_view json_path) {
  std::string out;
  for (const char c : json_path) out += c == '.' ? '/' : c;
  return out;
}

std::string_view without_dot(std::string_view json_path) {
  if (json_path.starts_with('.')) json_path.remove_prefix(1);
  return json_path;
}

// v1 before v1beta2 before v1alpha1, then by name: k8s.io/apimachinery/pkg/version.
struct VersionRank {
  int stage = 0;  // 3: v1, 2: v1beta1, 1: v1alpha1, 0: anything else
  std::uint64_t major = 0, minor = 0;
  std::string name;

  bool before(const VersionRank& other) const {
    if (stage != other.stage) return stage > other.stage;
    if (stage == 0) return name < other.name;
    if (major != other.major) return major > other.major;
    return minor > other.minor;
  }
};

VersionRank rank_of(std::string_view name) {
  VersionRank rank{.name = std::string(name)};
  const auto take_number = [&name](std::uint64_t& number) {
    std::size_t digits = 0;
    while (digits < name.size() && digits < 18 && name[digits] >= '0' && name[digits] <= '9') {
      number = number * 10 + static_cast<std::uint64_t>(name[digits++] - '0');
    }
    name.remove_prefix(digits);
    return digits > 0;
  };
  if (!name.starts_with('v')) return rank;
  name.remove_prefix(1);
  if (!take_number(rank.major)) return rank;
  int stage = 3;
  if (name.starts_with("beta")) {
    stage = 2;
    name.remove_prefix(4);
  } else if (name.starts_with("alpha")) {
    stage = 1;
    name.remove_prefix(5);
  }
  if (stage != 3 && !take_number(rank.minor)) return rank;
  if (name.empty()) rank.stage = stage;
  return rank;
}

}  // namespace

std::string_view CustomResource::keep(std::string_view text) { return arena_.copy(text); }

std::span<const std::string_view> CustomResource::keep_list(std::vector<std::string_view> list) {
  for (std::string_view& text : list) text = keep(text);
  lists_.push_back(std::make_unique<std::vector<std::string_view>>(std::move(list)));
  return *lists_.back();
}

std::shared_ptr<const CustomResource> CustomResource::make(const Value& crd, Schemas& schemas) {
  if (!condition_holds(crd, "Established")) return nullptr;
  auto entry = std::make_shared<CustomResource>();
  entry->group_ = crd.get("spec").string_or("group");
  entry->plural_ = crd.at_path("spec", "names").string_or("plural");
  entry->terminating_ = condition_holds(crd, "Terminating") ||
                        crd.get("metadata").get("deletionTimestamp").is_string();
  for (const Value& version : crd.get("spec").get("versions").elements()) {
    if (version.bool_or("served", false)) entry->add_version(crd, version, schemas);
  }
  if (entry->versions_.empty()) return nullptr;
  std::sort(entry->versions_.begin(), entry->versions_.end(), [](const auto& a, const auto& b) {
    return rank_of(a->resource.version).before(rank_of(b->resource.version));
  });
  return entry;
}

void CustomResource::add_version(const Value& crd, const Value& version, Schemas& schemas) {
  const Value spec = crd.get("spec");
  const Value names = crd.at_path("status", "acceptedNames");
  auto added = std::make_unique<Version>();
  added->rules.allow_unconditional_update = false;
  schema::Resource& resource = added->resource;
  resource.group = keep(group_);
  resource.version = keep(version.string_or("name"));
  resource.plural = keep(plural_);
  resource.singular = keep(names.string_or("singular"));
  resource.kind = keep(names.string_or("kind"));
  resource.list_kind = keep(names.string_or("listKind"));
  resource.namespaced = spec.string_or("scope") == "Namespaced";
  resource.verbs = terminating_ ? keep_list({"delete", "deletecollection", "get", "list", "watch"})
                                : keep_list({"delete", "deletecollection", "get", "list", "patch",
                                             "create", "update", "watch"});

  std::vector<std::string_view> list;
  for (const Value& name : names.get("shortNames").elements()) list.push_back(name.as_string());
  resource.short_names = keep_list(std::move(list));
  list = {};
  for (const Value& name : names.get("categories").elements()) list.push_back(name.as_string());
  resource.categories = keep_list(std::move(list));

  auto below = std::make_unique<std::vector<schema::Subresource>>();
  const Value subresources = version.get("subresources");
  if (subresources.get("status").is_object()) {
    below->push_back({.name = "status",
                      .group = resource.group,
                      .version = resource.version,
                      .kind = resource.kind,
                      .verbs = keep_list({"get", "patch", "update"})});
    added->rules.has_status = true;
  }
  if (const Value scale = subresources.get("scale"); scale.is_object()) {
    below->push_back({.name = "scale",
                      .group = "autoscaling",
                      .version = "v1",
                      .kind = "Scale",
                      .verbs = keep_list({"get", "patch", "update"})});
    added->rules.scale_spec_path = pointer_of(scale.string_or("specReplicasPath"));
    added->rules.scale_status_path = pointer_of(scale.string_or("statusReplicasPath"));
    added->rules.scale_selector_path = pointer_of(scale.string_or("labelSelectorPath"));
  }
  resource.subresources = *below;
  subresources_.push_back(std::move(below));

  list = {"metadata.name", "metadata.namespace"};
  if (!resource.namespaced) list.pop_back();
  for (const Value& field : version.get("selectableFields").elements()) {
    list.push_back(without_dot(field.string_or("jsonPath")));
  }
  resource.selectable_fields = keep_list(std::move(list));

  auto columns = std::make_unique<std::vector<schema::Column>>();
  columns->push_back({.name = "Name",
                      .type = "string",
                      .format = "name",
                      .description = "Name of the object",
                      .json_path = ".metadata.name"});
  for (const Value& column : version.get("additionalPrinterColumns").elements()) {
    columns->push_back({.name = keep(column.string_or("name")),
                        .type = keep(column.string_or("type")),
                        .format = keep(column.string_or("format")),
                        .description = keep(column.string_or("description")),
                        .priority = static_cast<std::int32_t>(column.int_or("priority", 0)),
                        .json_path = keep(column.string_or("jsonPath"))});
  }
  if (columns->size() == 1) {
    columns->push_back({.name = "Age", .type = "date", .json_path = ".metadata.creationTimestamp"});
  }
  resource.columns = *columns;
  columns_.push_back(std::move(columns));

  for (const Value& other : spec.get("versions").elements()) {
    if (other.bool_or("storage", false)) resource.storage_version = keep(other.string_or("name"));
  }
  resource.storage_group = resource.group;
  if (version.bool_or("deprecated", false)) {
  }
  if (version.bool_or("deprecated", false)) {
    added->deprecation_warning = version.string_or("deprecationWarning");
    if (added->deprecation_warning.empty()) {
      added->deprecation_warning =
          cat(group_, "/", resource.version, " ", resource.kind, " is deprecated");
    }
  }
  const Value schema = version.get("schema").get("openAPIV3Schema");
  std::shared_ptr<const schema::Structural>& shared = schemas[codec::to_json(schema)];
  if (!shared) {
    std::vector<ErrorCause> causes;
    shared = schema::Structural::make(schema, "", causes);
  }
  if (!shared) return;  // It was checked when the CRD was written; not serving it is safe.
  added->schema = shared;
  resource.type = &shared->root();
  versions_.push_back(std::move(added));
}

struct ServedResources::Cache {
  struct Entry {
    store::ValuePtr value;
    std::shared_ptr<const CustomResource> made;
  };
  std::mutex mutex;  // Only rebuilding takes it.
  std::map<std::string, Entry, std::less<>> entries;
  Schemas schemas;
};

ServedResources::ServedResources(std::shared_ptr<const schema::Catalog> catalog,
                                 const store::Store& store)
    : catalog_(std::move(catalog)),
      store_(store),
      cache_(std::make_shared<Cache>()),
      registry_({std::string(kCrdResource)}, [cache = cache_](const store::Snapshot& snapshot) {
        const std::lock_guard lock(cache->mutex);
        auto registry = std::make_shared<Registry>();
        std::map<std::string, Cache::Entry, std::less<>> entries;
        for (store::Cursor at = snapshot.scan(kCrdResource); at.valid(); at.next()) {
          Cache::Entry entry{at.share(), nullptr};
          const auto before = cache->entries.find(at.name());
          if (before != cache->entries.end() && before->second.value == entry.value) {
            entry.made = before->second.made;
          } else if (const auto document = codec::parse_json(at.value().bytes())) {
            entry.made = CustomResource::make(document->root, cache->schemas);
          }
          if (entry.made) {
            registry->entries.emplace(std::pair(entry.made->group(), entry.made->plural()),
                                      entry.made);
          }
          entries.emplace(at.name(), std::move(entry));
        }
        cache->entries = std::move(entries);
        // Schemas that nobody but this map holds are of CRDs that have gone.
        std::erase_if(cache->schemas,
                      [](const auto& schema) { return schema.second.use_count() <= 1; });
        return std::shared_ptr<const Registry>(std::move(registry));
      }) {}

std::shared_ptr<const ServedResources::Registry> ServedResources::registry() const {
  return registry_.get(store_.snapshot());
}

Served ServedResources::served(const std::shared_ptr<const CustomResource>& owner,
                               const CustomResource::Version& version) {
  return {.resource = &version.resource,
          .owner = owner,
          .rules = &version.rules,
          .custom = true,
          .deprecation_warning = version.deprecation_warning,
          .terminating = owner->terminating()};
}

Served ServedResources::find(std::string_view group, std::string_view version,
                             std::string_view plural) const {
  if (const schema::Resource* builtin = catalog_->find(group, version, plural);
      builtin && builtin->served_by_default) {
    return {.resource = builtin};
  }
  // Built-in groups without a dot are never a CRD's: most requests end here.
  if (group.find('.') == std::string_view::npos) return {};
  const std::shared_ptr<const CustomResource> entry = custom(group, plural);
  if (!entry) return {};
  for (const auto& one : entry->versions()) {
    if (one->resource.version == version) return served(entry, *one);
  }
  return {};
}

std::vector<Served> ServedResources::all() const {
  std::vector<Served> out;
  for (const schema::Resource& resource : catalog_->resources()) {
    if (resource.served_by_default) out.push_back({.resource = &resource});
  }
  for (const auto& [key, entry] : registry()->entries) {
    for (const auto& version : entry->versions()) out.push_back(served(entry, *version));
  }
  return out;
}

std::shared_ptr<const CustomResource> ServedResources::custom(std::string_view group,
                                                              std::string_view plural) const {
  const std::shared_ptr<const Registry> now = registry();
  const auto found = now->entries.find(std::pair(std::string(group), std::string(plural)));
  return found == now->entries.end() ? nullptr : found->second;
}

std::shared_ptr<const schema::Structural> ServedResources::schema_of(
    const schema::Resource& resource) const {
  const std::shared_ptr<const CustomResource> entry = custom(resource.group, resource.plural);
  if (!entry) return nullptr;
  for (const auto& version : entry->versions()) {
    if (version->resource.version == resource.version) return version->schema;
  }
  return nullptr;
}

}  // namespace thole::api
