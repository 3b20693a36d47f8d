#include "thole/api/crd/rules.hpp"

#include <set>
#include <string>

#include "thole/api/kinds/fill.hpp"
#include "thole/api/names.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/time.hpp"
#include "thole/schema/structural.hpp"

namespace thole::api {
namespace {

using codec::Value;
using kinds::Fill;
using kinds::Path;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

void default_crd(RuleContext& context, Value crd) {
  const Fill fill(context.arena);
  const Value spec = crd.get("spec");
  const Value names = spec.get("names");
  const std::string_view kind = names.string_or("kind");
  if (!kind.empty()) {
    fill.nonempty(names, "singular", lower(kind));
    fill.nonempty(names, "listKind", cat(kind, "List"));
  }
  const Value conversion = fill.object(spec, "conversion");
  fill.nonempty(conversion, "strategy", "None");
  fill.integer(conversion.at_path("webhook", "clientConfig", "service"), "port", 443);
}

// The version that instances are stored in joins those that were one before.
void keep_stored_version(RuleContext& context, Value crd) {
  const Value status = crd.get("status");
  for (const Value& version : crd.get("spec").get("versions").elements()) {
    if (!version.bool_or("storage", false)) continue;
    if (!status.get("storedVersions").is_array()) {
      status.set(context.arena, "storedVersions", Value::array(context.arena));
    }
    const Value stored = status.get("storedVersions");
    for (const Value& name : stored.elements()) {
      if (name == version.get("name")) return;
    }
    stored.push_back(context.arena, version.get("name"));
    return;
  }
}

void prepare_create(RuleContext& context, Value crd) {
  const Value names = Value::object(context.arena);
  names.set(context.arena, "plural", Value::string(""));
  names.set(context.arena, "kind", Value::string(""));
  const Value status = Value::object(context.arena);
  status.set(context.arena, "conditions", Value());
  status.set(context.arena, "acceptedNames", names);
  status.set(context.arena, "storedVersions", Value::array(context.arena));
  crd.set(context.arena, "status", status);
  keep_stored_version(context, crd);
}

void prepare_update(RuleContext& context, Value crd, Value old) {
  if (const Value status = old.get("status"); status.is_object()) {
    crd.set(context.arena, "status", status.clone(context.arena));
    keep_stored_version(context, crd);
  }
}

// The instances go first; the controller that deletes them takes the finalizer away again.
void begin_delete(RuleContext& context, Value crd) {
  const Fill fill(context.arena);
  const Value metadata = crd.get("metadata");
  fill.value(metadata, "finalizers", Value::array(context.arena));
  bool there = false;
  for (const Value& finalizer : metadata.get("finalizers").elements()) {
    there = there || finalizer == Value::string(kCrdCleanup);
  }
  if (!there) metadata.get("finalizers").push_back(context.arena, Value::string(kCrdCleanup));
  set_crd_condition(
      context.arena, crd,
      {"Terminating", "True", "InstanceDeletionPending",
       "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"},
      codec::format_time(codec::to_timestamp(context.now)));
}

void check_name(const Path& path, Value value, Causes& causes, bool case_matters) {
  if (!value.is_string() || value.as_string().empty()) return;
  const std::string text = case_matters ? std::string(value.as_string()) : lower(value.as_string());
  const Reasons reasons = check_dns_1035_label(text);
  if (reasons.empty()) return;
  std::string joined;
  for (const std::string& reason : reasons) {
    if (!joined.empty()) joined += ',';
    joined += reason;
  }
  kinds::invalid(
      causes, path, value,
      case_matters ? joined : cat("may have mixed case, but should otherwise match: ", joined));
}

void check_names(Value names, const Path& path, Causes& causes) {
  for (const std::string_view field : {"plural", "singular", "kind", "listKind"}) {
    if (names.string_or(field).empty()) kinds::required(causes, path / field);
  }
  check_name(path / "plural", names.get("plural"), causes, true);
  check_name(path / "singular", names.get("singular"), causes, true);
  check_name(path / "kind", names.get("kind"), causes, false);
  check_name(path / "listKind", names.get("listKind"), causes, false);
  std::size_t index = 0;
  for (const Value& name : names.get("shortNames").elements()) {
    check_name((path / "shortNames")[index++], name, causes, true);
  }
  index = 0;
  for (const Value& name : names.get("categories").elements()) {
    check_name((path / "categories")[index++], name, causes, true);
  }
  if (!names.string_or("kind").empty() && names.string_or("kind") == names.string_or("listKind")) {
    kinds::invalid(causes, path / "listKind", names.get("listKind"),
                   "kind and listKind may not be the same");
  }
}

void check_columns(Value columns, const Path& path, Causes& causes) {
  std::size_t index = 0;
  for (const Value& column : columns.elements()) {
    const Path at = path[index++];
    if (column.string_or("name").empty()) kinds::required(causes, at / "name");
    const std::string_view type = column.string_or("type");
    if (type.empty()) {
      kinds::required(causes, at / "type", "must be one of boolean,date,integer,number,string");
    } else if (type != "boolean" && type != "date" && type != "integer" && type != "number" &&
               type != "string") {
      kinds::invalid(causes, at / "type", column.get("type"),
                     "must be one of boolean,date,integer,number,string");
    }
    const std::string_view json_path = column.string_or("jsonPath");
    if (json_path.empty()) {
      kinds::required(causes, at / "JSONPath");
    } else if (!json_path.starts_with('.')) {
      kinds::invalid(causes, at / "JSONPath", column.get("jsonPath"),
                     "must be a simple json path starting with .");
    }
  }
}

void check_scale(Value scale, const Path& path, Causes& causes) {
  if (!scale.is_object()) return;
  const auto check = [&](std::string_view field, std::string_view root, bool needed) {
    const std::string_view text = scale.string_or(field);
    if (text.empty()) {
      if (needed) kinds::required(causes, path / field);
    } else if (!text.starts_with(root)) {
      kinds::invalid(causes, path / field, scale.get(field),
                     cat("should be a json path under ", root));
    }
  };
  check("specReplicasPath", ".spec.", true);
  check("statusReplicasPath", ".status.", true);
  const std::string_view selector = scale.string_or("labelSelectorPath");
  if (!selector.empty() && !selector.starts_with(".spec.") && !selector.starts_with(".status.")) {
    kinds::invalid(causes, path / "labelSelectorPath", scale.get("labelSelectorPath"),
                   "should be a json path under either .spec or .status");
  }
}

// Upstream moves what all versions have in common to the specification itself before it checks.
bool all_equal(Value versions, std::string_view field) {
  const auto list = versions.elements();
  for (const Value& version : list) {
    if (!(version.get(field) == list.front().get(field))) return false;
  }
  return !list.empty() && !list.front().get(field).is_null();
}

void check_schema(Value version, const Path& path, Causes& causes) {
  const Value schema = version.get("schema").get("openAPIV3Schema");
  if (schema.is_object()) (void)schema::Structural::make(schema, path.text(), causes);
}

void check_versions(Value versions, const Path& path, Causes& causes) {
  const bool shared_schema = all_equal(versions, "schema");
  const bool shared_subresources = all_equal(versions, "subresources");
  const bool shared_columns = all_equal(versions, "additionalPrinterColumns");
  int storage = 0;
  bool unique = true;
  std::set<std::string> names;
  std::size_t index = 0;
  for (const Value& version : versions.elements()) {
    if (!version.get("schema").get("openAPIV3Schema").is_object()) {
      kinds::required(causes, path[index] / "schema" / "openAPIV3Schema");
    }
    ++index;
  }
  index = 0;
  for (const Value& version : versions.elements()) {
    const Path at = path[index++];
    if (version.bool_or("storage", false)) ++storage;
    unique = names.emplace(version.string_or("name")).second && unique;
    const Value name = version.get("name");
    if (name.is_string() && !name.as_string().empty()) {
      check_name(at / "name", name, causes, true);
    } else {
      kinds::invalid(causes, at / "name", Value::string(""),
                     join_reasons(check_dns_1035_label("")));
    }
    if (!version.bool_or("deprecated", false) && version.get("deprecationWarning").is_string()) {
      kinds::invalid(causes, at / "deprecationWarning", version.get("deprecationWarning"),
                     "can only be set for deprecated versions");
    }
    if (!shared_schema) check_schema(version, at / "schema" / "openAPIV3Schema", causes);
    if (!shared_subresources) {
      check_scale(version.get("subresources").get("scale"), at / "subresources" / "scale", causes);
    }
    if (!shared_columns) {
      check_columns(version.get("additionalPrinterColumns"), at / "additionalPrinterColumns",
                    causes);
    }
  }
  const auto all = versions.elements();
  if (shared_schema) check_schema(all.front(), Path("spec.validation.openAPIV3Schema"), causes);
  if (shared_subresources) {
    check_scale(all.front().get("subresources").get("scale"), Path("spec.subresources.scale"),
                causes);
  }
  if (shared_columns) {
    check_columns(all.front().get("additionalPrinterColumns"),
                  Path("spec.additionalPrinterColumns"), causes);
  }
  if (!unique) kinds::invalid(causes, path, versions, "must contain unique version names");
  if (storage != 1) {
    kinds::invalid(causes, path, versions,
                   "must have exactly one version marked as storage version");
  }
}

void check_conversion(Value spec, Causes& causes) {
  const Value strategy = spec.get("conversion").get("strategy");
  const Path path("spec.conversion.strategy");
  if (!strategy.is_string() || strategy.as_string() == "None") return;
  if (strategy.as_string() == "Webhook") {
    // Accepting it would mean to serve objects that nobody converted.
    kinds::forbidden(causes, path, "conversion by webhook is not supported by this server yet");
  } else {
    kinds::not_supported(causes, path, strategy, {"None", "Webhook"});
  }
}

bool has_rules(const Value& schema, int depth) {
  if (depth > 100) return false;
  for (const codec::Member& member : schema.members()) {
    if (member.key == "x-kubernetes-validations" && member.value.size() > 0) return true;
    if (has_rules(member.value, depth + 1)) return true;
  }
  for (const Value& item : schema.elements()) {
    if (has_rules(item, depth + 1)) return true;
  }
  return false;
}

void warn(RuleContext& context, Value crd, Value) {
  for (const Value& version : crd.get("spec").get("versions").elements()) {
    if (!has_rules(version.get("schema"), 0)) continue;
    context.warnings.push_back(
        cat("spec.versions[", version.string_or("name"),
            "]: x-kubernetes-validations are stored but not enforced by this server yet"));
  }
}

void validate_create(RuleContext&, Value crd, Causes& causes) {
  const Value spec = crd.get("spec");
  const Value names = spec.get("names");
  const std::string_view group = spec.string_or("group");
  const Value name = crd.get("metadata").get("name");
  if (crd.get("metadata").string_or("name") != cat(names.string_or("plural"), ".", group)) {
    kinds::invalid(causes, Path("metadata.name"), name,
                   "must be spec.names.plural+\".\"+spec.group");
  }
  if (group.empty()) {
    kinds::required(causes, Path("spec.group"));
  } else if (const Reasons reasons = check_dns_subdomain(group); !reasons.empty()) {
    kinds::invalid(causes, Path("spec.group"), spec.get("group"), join_reasons(reasons));
  } else if (group.find('.') == std::string_view::npos) {
    kinds::invalid(causes, Path("spec.group"), spec.get("group"),
                   "should be a domain with at least one dot");
  }
  const std::string_view scope = spec.string_or("scope");
  if (scope.empty()) {
    kinds::required(causes, Path("spec.scope"));
  } else if (scope != "Cluster" && scope != "Namespaced") {
    kinds::not_supported(causes, Path("spec.scope"), spec.get("scope"), {"Cluster", "Namespaced"});
  }
  check_versions(spec.get("versions"), Path("spec.versions"), causes);
  check_names(names, Path("spec.names"), causes);
  check_conversion(spec, causes);
  if (spec.bool_or("preserveUnknownFields", false)) {
    kinds::invalid(causes, Path("spec.preserveUnknownFields"), Value::boolean(true),
                   "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in "
                   "spec.versions[*].schema instead");
  }
  if (crd.get("status").get("storedVersions").size() == 0) {
    kinds::invalid(causes, Path("status.storedVersions"), Value(),
                   "must have at least one stored version");
  }
  if ((group == "k8s.io" || group.ends_with(".k8s.io") || group == "kubernetes.io" ||
       group.ends_with(".kubernetes.io")) &&
      crd.at_path("metadata", "annotations").string_or("api-approved.kubernetes.io").empty()) {
    kinds::required(causes, Path("metadata.annotations").key("api-approved.kubernetes.io"),
                    "protected groups must have approval annotation "
                    "\"api-approved.kubernetes.io\", see "
                    "https://github.com/kubernetes/enhancements/pull/1111");
  }
}

bool established(Value crd) {
  for (const Value& condition : crd.get("status").get("conditions").elements()) {
    if (condition.string_or("type") == "Established") {
      return condition.string_or("status") == "True";
    }
  }
  return false;
}

void validate_update(RuleContext& context, Value crd, Value old, Causes& causes) {
  validate_create(context, crd, causes);
  const Value now = crd.get("spec");
  const Value before = old.get("spec");
  // Instances are stored under these.
  kinds::immutable(causes, Path("spec.group"), now.get("group"), before.get("group"));
  kinds::immutable(causes, Path("spec.names.plural"), now.get("names").get("plural"),
                   before.get("names").get("plural"));
  if (established(old)) {
    kinds::immutable(causes, Path("spec.scope"), now.get("scope"), before.get("scope"));
    kinds::immutable(causes, Path("spec.names.kind"), now.get("names").get("kind"),
                     before.get("names").get("kind"));
  }
  std::size_t index = 0;
  for (const Value& stored : crd.get("status").get("storedVersions").elements()) {
    bool found = false;
    for (const Value& version : now.get("versions").elements()) {
      found = found || version.get("name") == stored;
    }
    const Path at = Path("status.storedVersions")[index++];
    if (found || !stored.is_string()) continue;
    const std::string_view name = stored.as_string();
    kinds::invalid(causes, at, stored,
                   cat("missing from spec.versions; ", name,
                       " was previously a storage version, and must remain in spec.versions until "
                       "a storage migration ensures no data remains persisted in ",
                       name, " and removes ", name, " from status.storedVersions"));
  }
}

}  // namespace

void set_crd_condition(codec::Arena& arena, Value crd, const CrdCondition& condition,
                       std::string_view now) {
  const Fill fill(arena);
  const Value status = fill.object(crd, "status");
  fill.value(status, "conditions", Value::array(arena));
  Value entry;
  for (const Value& one : status.get("conditions").elements()) {
    if (one.string_or("type") == condition.type) entry = one;
  }
  if (entry.is_null()) {
    entry = Value::object(arena);
    entry.set(arena, "type", Value::string(arena, condition.type));
    status.get("conditions").push_back(arena, entry);
  }
  if (entry.string_or("status") != condition.status) {
    entry.set(arena, "status", Value::string(arena, condition.status));
    entry.set(arena, "lastTransitionTime", Value::string(arena, now));
  }
  entry.set(arena, "reason", Value::string(arena, condition.reason));
  entry.set(arena, "message", Value::string(arena, condition.message));
}

void add_crd_rules(RulesTable& table) {
  ResourceRules rules = table.find("apiextensions.k8s.io", "customresourcedefinitions");
  rules.allow_unconditional_update = false;
  rules.has_status = true;
  rules.returns_deleted_object = true;
  rules.begin_delete = begin_delete;
  rules.default_object = default_crd;
  rules.prepare_for_create = prepare_create;
  rules.prepare_for_update = prepare_update;
  rules.validate_create = validate_create;
  rules.validate_update = validate_update;
  rules.warn = warn;
  table.set("apiextensions.k8s.io", "customresourcedefinitions", std::move(rules));
}

}  // namespace thole::api
