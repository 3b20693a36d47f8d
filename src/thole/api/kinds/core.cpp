// The small kinds of the core group: namespaces, configuration, volumes, limits, nodes.
#include "thole/api/kinds/groups.hpp"

#include "thole/base/text.hpp"

namespace thole::api::kinds {
namespace {

using codec::Value;

constexpr std::size_t kDataBytesMax = 1024 * 1024;

// A Namespace.

void default_namespace(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  const Value metadata = object.get("metadata");
  if (const std::string_view name = metadata.string_or("name"); !name.empty()) {
    fill.object(metadata, "labels")
        .set(context.arena, "kubernetes.io/metadata.name", Value::string(name));
  }
  fill.nonempty(fill.object(object, "status"), "phase", "Active");
}

void prepare_namespace(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  const Value status = Value::object(context.arena);
  status.set(context.arena, "phase", Value::string("Active"));
  object.set(context.arena, "status", status);
  const Value spec = fill.object(object, "spec");
  fill.value(spec, "finalizers", Value::array(context.arena));
  for (const Value& finalizer : spec.get("finalizers").elements()) {
    if (finalizer == Value::string("kubernetes")) return;
  }
  spec.get("finalizers").push_back(context.arena, Value::string("kubernetes"));
}

// Only /finalize changes the finalizers of the specification.
void keep_namespace(RuleContext& context, Value object, Value old) {
  if (context.subresource == "finalize") return;
  const Fill fill(context.arena);
  const Value finalizers = old.get("spec").get("finalizers");
  const Value spec = fill.object(object, "spec");
  if (finalizers.is_null()) {
    spec.erase("finalizers");
  } else {
    spec.set(context.arena, "finalizers", finalizers);
  }
}

bool namespace_held(Value object) { return object.get("spec").get("finalizers").size() > 0; }

// The namespace controller empties it, and then lets it go.
void begin_namespace_delete(RuleContext& context, Value object) {
  Fill(context.arena)
      .object(object, "status")
      .set(context.arena, "phase", Value::string("Terminating"));
}

// ConfigMap and Secret.

std::size_t data_bytes(Value data) {
  std::size_t bytes = 0;
  for (const codec::Member& member : data.members()) {
    if (member.value.is_string()) bytes += member.value.as_string().size();
  }
  return bytes;
}

void validate_keys(Value data, const Path& path, Causes& causes) {
  for (const codec::Member& member : data.members()) {
    const bool characters_fit = member.key.find_first_not_of(
                                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                    "-._") == std::string_view::npos;
    if (member.key.empty() || !characters_fit) {
      invalid(causes, path.key(member.key), Value::string(member.key),
              "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
              "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
              "'[-._a-zA-Z0-9]+')");
    } else if (member.key.size() > 253) {
      invalid(causes, path.key(member.key), Value::string(member.key),
              "must be no more than 253 characters");
    } else if (member.key == "." || member.key == "..") {
      invalid(causes, path.key(member.key), Value::string(member.key),
              cat("must not be '", member.key, "'"));
    } else if (member.key.starts_with("..")) {
      invalid(causes, path.key(member.key), Value::string(member.key), "must not start with '..'");
    }
  }
}

void validate_config_map(RuleContext&, Value object, Causes& causes) {
  const Value data = object.get("data");
  const Value binary = object.get("binaryData");
  validate_keys(data, Path("data"), causes);
  for (const codec::Member& member : data.members()) {
    if (binary.find(member.key)) {
      invalid(causes, Path("data").key(member.key), Value::string(member.key),
              "duplicate of key present in binaryData");
    }
  }
  validate_keys(binary, Path("binaryData"), causes);
  // Three bytes of binary data are four characters here.
  const std::size_t bytes = data_bytes(data) + data_bytes(binary) / 4 * 3;
  if (bytes > kDataBytesMax) too_long(causes, Path(""), kDataBytesMax);
}

void validate_immutable_data(Value object, Value old, Causes& causes, bool secret) {
  if (!old.bool_or("immutable", false)) return;
  if (!object.bool_or("immutable", false)) {
    forbidden(causes, Path("immutable"), "field is immutable when `immutable` is set");
  }
  if (!(object.get("data") == old.get("data"))) {
    forbidden(causes, Path("data"), "field is immutable when `immutable` is set");
  }
  if (!secret && !(object.get("binaryData") == old.get("binaryData"))) {
    forbidden(causes, Path("binaryData"), "field is immutable when `immutable` is set");
  }
}

void validate_config_map_update(RuleContext& context, Value object, Value old, Causes& causes) {
  validate_immutable_data(object, old, causes, false);
  validate_config_map(context, object, causes);
}

void default_secret(RuleContext& context, Value object) {
  Fill(context.arena).nonempty(object, "type", "Opaque");
}

void validate_secret(RuleContext&, Value object, Causes& causes) {
  const Value data = object.get("data");
  validate_keys(data, Path("data"), causes);
  if (data_bytes(data) / 4 * 3 > kDataBytesMax) too_long(causes, Path("data"), kDataBytesMax);
  const std::string_view type = object.string_or("type");
  const auto needs = [&](std::string_view key) {
    if (!data.find(key)) required(causes, Path("data").key(key));
  };
  if (type == "kubernetes.io/tls") {
    needs("tls.crt");
    needs("tls.key");
  } else if (type == "kubernetes.io/dockercfg") {
    needs(".dockercfg");
  } else if (type == "kubernetes.io/dockerconfigjson") {
    needs(".dockerconfigjson");
  } else if (type == "kubernetes.io/ssh-auth") {
    needs("ssh-privatekey");
  } else if (type == "kubernetes.io/basic-auth" && !data.find("username") &&
             !data.find("password")) {
    needs("username");
    needs("password");
  } else if (type == "kubernetes.io/service-account-token") {
    const std::string_view account =
        object.at_path("metadata", "annotations").string_or("kubernetes.io/service-account.name");
    if (account.empty()) {
      required(causes, Path("metadata.annotations").key("kubernetes.io/service-account.name"));
    }
  }
}

// `stringData` is only a way to write.
void prepare_secret(RuleContext& context, Value object) {
  if (object.string_or("type").empty()) {
    object.set(context.arena, "type", Value::string("Opaque"));
  }
}

void validate_secret_update(RuleContext& context, Value object, Value old, Causes& causes) {
  immutable(causes, Path("type"), object.get("type"), old.get("type"));
  validate_immutable_data(object, old, causes, true);
  validate_secret(context, object, causes);
}

// Volumes.

void default_volume_object(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  fill.nonempty(fill.object(object, "status"), "phase", "Pending");
  const Value spec = object.get("spec");
  fill.nonempty(spec, "persistentVolumeReclaimPolicy", "Retain");
  fill.text(spec, "volumeMode", "Filesystem");
  fill.text(spec.get("hostPath"), "type", "");
}

void default_claim(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  fill.nonempty(fill.object(object, "status"), "phase", "Pending");
  default_claim_spec(fill, object.get("spec"));
}

void prepare_pending(RuleContext& context, Value object) {
  const Value status = Value::object(context.arena);
  status.set(context.arena, "phase", Value::string("Pending"));
  object.set(context.arena, "status", status);
}

void validate_claim(RuleContext&, Value object, Causes& causes) {
  const Value spec = object.get("spec");
  if (spec.get("accessModes").size() == 0) {
    required(causes, Path("spec.accessModes"), "at least 1 access mode is required");
  }
  if (!spec.at_path("resources", "requests").find("storage")) {
    required(causes, Path("spec.resources").key("storage"));
  }
}

void validate_claim_update(RuleContext& context, Value object, Value old, Causes& causes) {
  validate_claim(context, object, causes);
  const Value now = object.get("spec").clone(context.arena);
  const Value before = old.get("spec");
  if (before.string_or("volumeName").empty()) now.erase("volumeName");
  for (const std::string_view field : {"resources", "volumeAttributesClassName"}) {
    const Value value = before.get(field);
    if (value.is_null()) {
      now.erase(field);
    } else {
      now.set(context.arena, field, value);
    }
  }
  if (now == before) return;
  forbidden(causes, Path("spec"),
            "spec is immutable after creation except resources.requests and "
            "volumeAttributesClassName for bound claims");
}

void validate_volume(RuleContext&, Value object, Causes& causes) {
  const Value spec = object.get("spec");
  if (spec.get("accessModes").size() == 0) required(causes, Path("spec.accessModes"));
  const Value capacity = spec.get("capacity");
  if (capacity.size() == 0) required(causes, Path("spec.capacity"));
  if (capacity.size() > 0 && (!capacity.find("storage") || capacity.size() > 1)) {
    not_supported(causes, Path("spec.capacity"), capacity, {"storage"});
  }
}

// LimitRange, Node.

void default_limits(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  for (const Value& item : object.get("spec").get("limits").elements()) {
    if (item.string_or("type") != "Container") continue;
    const Value limit = fill.object(item, "default");
    const Value request = fill.object(item, "defaultRequest");
    fill.missing(limit, item.get("max"));
    fill.missing(request, limit);
    fill.missing(request, item.get("min"));
  }
}

void default_node(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  const Value status = object.get("status");
  if (const Value capacity = status.get("capacity"); capacity.is_object()) {
    fill.value(status, "allocatable", fill.copy(capacity));
  }
}

}  // namespace

void hook_core(RulesTable& table) {
  edit(table, "", "namespaces", [](ResourceRules& rules) {
    rules.default_object = default_namespace;
    rules.prepare_for_create = prepare_namespace;
    rules.prepare_for_update = keep_namespace;
    rules.begin_delete = begin_namespace_delete;
    rules.held = namespace_held;
  });
  edit(table, "", "configmaps", [](ResourceRules& rules) {
    rules.validate_create = validate_config_map;
    rules.validate_update = validate_config_map_update;
  });
  edit(table, "", "secrets", [](ResourceRules& rules) {
    rules.default_object = default_secret;
    rules.prepare_for_create = prepare_secret;
    rules.validate_create = validate_secret;
    rules.validate_update = validate_secret_update;
  });
  edit(table, "", "persistentvolumes", [](ResourceRules& rules) {
    rules.default_object = default_volume_object;
    rules.prepare_for_create = prepare_pending;
    rules.validate_create = validate_volume;
    rules.finalizers_on_create = {"kubernetes.io/pv-protection"};
  });
  edit(table, "", "persistentvolumeclaims", [](ResourceRules& rules) {
    rules.default_object = default_claim;
    rules.prepare_for_create = prepare_pending;
    rules.validate_create = validate_claim;
    rules.validate_update = validate_claim_update;
    rules.finalizers_on_create = {"kubernetes.io/pvc-protection"};
  });
  edit(table, "", "limitranges",
       [](ResourceRules& rules) { rules.default_object = default_limits; });
  edit(table, "", "nodes", [](ResourceRules& rules) { rules.default_object = default_node; });
}

}  // namespace thole::api::kinds
