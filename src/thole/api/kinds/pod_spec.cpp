// A pod's specification: what upstream fills in wherever one stands.
#include "thole/api/kinds/groups.hpp"

namespace thole::api::kinds {
namespace {

using codec::Value;

// A tag `latest`, also one that is only implied, is pulled each time.
std::string_view pull_policy_of(std::string_view image) {
  const bool digest = image.find('@') != std::string_view::npos;
  image = image.substr(0, image.find('@'));
  if (image.empty()) return "IfNotPresent";
  const std::size_t slash = image.rfind('/');
  const std::size_t colon = image.rfind(':');
  const bool tagged =
      colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
  if (!tagged) return digest ? "IfNotPresent" : "Always";
  return image.substr(colon + 1) == "latest" ? "Always" : "IfNotPresent";
}

void default_http_get(const Fill& fill, Value action) {
  fill.nonempty(action, "path", "/");
  fill.nonempty(action, "scheme", "HTTP");
}

void default_probe(const Fill& fill, Value probe) {
  if (!probe.is_object()) return;
  default_http_get(fill, probe.get("httpGet"));
  if (const Value grpc = probe.get("grpc"); grpc.is_object()) fill.text(grpc, "service", "");
  fill.nonzero(probe, "timeoutSeconds", 1);
  fill.nonzero(probe, "periodSeconds", 10);
  fill.nonzero(probe, "successThreshold", 1);
  fill.nonzero(probe, "failureThreshold", 3);
}

void default_field_ref(const Fill& fill, Value from) {
  fill.nonempty(from.get("fieldRef"), "apiVersion", "v1");
}

void default_container(const Fill& fill, Value container) {
  for (const Value& port : container.get("ports").elements()) {
    fill.nonempty(port, "protocol", "TCP");
  }
  for (const Value& variable : container.get("env").elements()) {
    default_field_ref(fill, variable.get("valueFrom"));
  }
  for (const std::string_view probe : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    default_probe(fill, container.get(probe));
  }
  for (const std::string_view hook : {"postStart", "preStop"}) {
    default_http_get(fill, container.at_path("lifecycle", hook, "httpGet"));
  }
  fill.value(container, "resources", Value::object(fill.arena()));
  fill.nonempty(container, "terminationMessagePath", "/dev/termination-log");
  fill.nonempty(container, "terminationMessagePolicy", "File");
  fill.nonempty(container, "imagePullPolicy", pull_policy_of(container.string_or("image")));
}

void default_volume(const Fill& fill, Value volume) {
  bool has_source = false;
  for (const codec::Member& member : volume.members()) {
    if (member.key != "name" && !member.value.is_null()) has_source = true;
  }
  if (!has_source) volume.set(fill.arena(), "emptyDir", Value::object(fill.arena()));

  constexpr std::int64_t kMode = 0644;
  for (const std::string_view source : {"configMap", "secret", "downwardAPI", "projected"}) {
    fill.integer(volume.get(source), "defaultMode", kMode);
  }
  for (const Value& item : volume.get("downwardAPI").get("items").elements()) {
    default_field_ref(fill, item);
  }
  for (const Value& source : volume.get("projected").get("sources").elements()) {
    fill.integer(source.get("serviceAccountToken"), "expirationSeconds", 3600);
    for (const Value& item : source.get("downwardAPI").get("items").elements()) {
      default_field_ref(fill, item);
    }
  }
  fill.text(volume.get("hostPath"), "type", "");
  fill.nonempty(volume.get("iscsi"), "iscsiInterface", "default");
  if (const Value rbd = volume.get("rbd"); rbd.is_object()) {
    fill.nonempty(rbd, "pool", "rbd");
    fill.nonempty(rbd, "user", "admin");
    fill.nonempty(rbd, "keyring", "/etc/ceph/keyring");
  }
  if (const Value disk = volume.get("azureDisk"); disk.is_object()) {
    fill.text(disk, "cachingMode", "ReadWrite");
    fill.text(disk, "kind", "Shared");
    fill.text(disk, "fsType", "ext4");
    fill.boolean(disk, "readOnly", false);
  }
  if (const Value io = volume.get("scaleIO"); io.is_object()) {
    fill.nonempty(io, "storageMode", "ThinProvisioned");
    fill.nonempty(io, "fsType", "xfs");
  }
  if (const Value image = volume.get("image"); image.is_object()) {
    fill.nonempty(image, "pullPolicy", pull_policy_of(image.string_or("reference")));
  }
  const Value claim = volume.get("ephemeral").get("volumeClaimTemplate");
  if (claim.is_object()) default_claim_spec(fill, claim.get("spec"));
}

}  // namespace

void default_claim_spec(const Fill& fill, Value spec) {
  fill.text(spec, "volumeMode", "Filesystem");
}

void default_pod_spec(const Fill& fill, Value spec) {
  if (!spec.is_object()) return;
  for (const Value& volume : spec.get("volumes").elements()) default_volume(fill, volume);
  for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
    for (const Value& container : spec.get(list).elements()) {
      if (container.is_object()) default_container(fill, container);
    }
  }
  // Two names for one field; the newer one wins.
  std::string_view account = spec.string_or("serviceAccountName");
  if (account.empty()) account = spec.string_or("serviceAccount");
  if (!account.empty()) {
    spec.set(fill.arena(), "serviceAccountName", Value::string(account));
    spec.set(fill.arena(), "serviceAccount", Value::string(account));
  }
  fill.nonempty(spec, "dnsPolicy", "ClusterFirst");
  fill.nonempty(spec, "restartPolicy", "Always");
  fill.object(spec, "securityContext");
  fill.integer(spec, "terminationGracePeriodSeconds", 30);
  fill.nonempty(spec, "schedulerName", "default-scheduler");
}

void default_pod_template(const Fill& fill, Value object) {
  const Value pod_template = object.get("spec").get("template");
  if (!pod_template.is_object()) return;
  default_pod_spec(fill, fill.object(pod_template, "spec"));
}

}  // namespace thole::api::kinds
