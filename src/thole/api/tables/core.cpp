#include <algorithm>
#include <set>

#include "thole/api/tables/cells.hpp"
#include "thole/base/text.hpp"

namespace thole::api {

namespace {

using codec::Value;

void print_namespace(RowContext& row, Value object) {
  add_name(row, object);
  add_text(row, object.get("status").string_or("phase"));
  add_age(row, object);
}

void print_config_map(RowContext& row, Value object) {
  add_name(row, object);
  add_number(
      row, static_cast<std::int64_t>(object.get("data").size() + object.get("binaryData").size()));
  add_age(row, object);
}

void print_secret(RowContext& row, Value object) {
  add_name(row, object);
  add_text(row, object.string_or("type"));
  add_number(row, static_cast<std::int64_t>(object.get("data").size()));
  add_age(row, object);
}

void print_service_account(RowContext& row, Value object) {
  add_name(row, object);
  add_age(row, object);
}

std::vector<std::string> texts(Value list) {
  std::vector<std::string> out;
  for (const Value& text : list.elements()) out.emplace_back(text_or(text, ""));
  return out;
}

std::string external_ip(Value service) {
  const Value spec = service.get("spec");
  const std::string_view type = spec.string_or("type");
  std::vector<std::string> own = texts(spec.get("externalIPs"));
  if (type == "ClusterIP" || type == "NodePort")
    return own.empty() ? "<none>" : join_texts(own, ",");
  if (type == "ExternalName") return std::string(spec.string_or("externalName"));
  if (type != "LoadBalancer") return "<unknown>";
  std::set<std::string> balancers;
  for (const Value& ingress : service.at_path("status", "loadBalancer", "ingress").elements()) {
    const std::string_view address =
        not_empty(ingress.string_or("ip"), ingress.string_or("hostname"));
    if (!address.empty()) balancers.emplace(address);
  }
  std::vector<std::string> all(balancers.begin(), balancers.end());
  all.insert(all.end(), own.begin(), own.end());
  return all.empty() ? "<pending>" : join_texts(all, ",");
}

std::string service_ports(Value ports) {
  std::string out;
  for (const Value& port : ports.elements()) {
    const std::int64_t node_port = port.int_or("nodePort", 0);
    if (!out.empty()) out += ',';
    out += cat(port.int_or("port", 0), node_port > 0 ? cat(":", node_port) : "", "/",
               port.string_or("protocol"));
  }
  return out.empty() ? "<none>" : out;
}

void print_service(RowContext& row, Value object) {
  const Value spec = object.get("spec");
  const std::vector<std::string> ips = texts(spec.get("clusterIPs"));
  add_name(row, object);
  add_text(row, spec.string_or("type"));
  add_text(row, ips.empty() ? "<none>" : ips.front());
  add_text(row, external_ip(object));
  add_text(row, service_ports(spec.get("ports")));
  add_age(row, object);
  add_text(row, format_labels(spec.get("selector")));
}

std::string host_port(std::string_view ip, std::int64_t port) {
  return ip.find(':') == ip.npos ? cat(ip, ":", port) : cat("[", ip, "]:", port);
}

std::string endpoints_text(Value subsets) {
  if (subsets.elements().empty()) return "<none>";
  std::vector<std::string> all;
  for (const Value& subset : subsets.elements()) {
    const auto addresses = subset.get("addresses").elements();
    const auto ports = subset.get("ports").elements();
    for (const Value& port : ports) {
      for (const Value& address : addresses) {
        all.push_back(host_port(address.string_or("ip"), port.int_or("port", 0)));
      }
    }
    if (ports.empty()) {  // Of a headless service.
      for (const Value& address : addresses) all.emplace_back(address.string_or("ip"));
    }
  }
  return all.empty() ? "" : list_with_more(std::move(all), 3);
}

void print_endpoints(RowContext& row, Value object) {
  add_name(row, object);
  add_text(row, endpoints_text(object.get("subsets")));
  add_age(row, object);
}

std::string node_status(Value node) {
  const Value ready = find_condition(node, "Ready");
  std::string out = ready.is_null()                       ? "Unknown"
                    : ready.string_or("status") == "True" ? "Ready"
                                                          : "NotReady";
  if (node.get("spec").bool_or("unschedulable", false)) out += ",SchedulingDisabled";
  return out;
}

std::string node_roles(Value node) {
  constexpr std::string_view kPrefix = "node-role.kubernetes.io/";
  std::set<std::string> roles;
  for (const codec::Member& label : node.at_path("metadata", "labels").members()) {
    if (label.key.starts_with(kPrefix)) {
      if (label.key.size() > kPrefix.size()) roles.emplace(label.key.substr(kPrefix.size()));
    } else if (label.key == "kubernetes.io/role" && !text_or(label.value, "").empty()) {
      roles.emplace(text_or(label.value, ""));
    }
  }
  return roles.empty() ? "<none>" : join_texts({roles.begin(), roles.end()}, ",");
}

std::string_view node_address(Value node, std::string_view type) {
  for (const Value& address : node.at_path("status", "addresses").elements()) {
    if (address.string_or("type") == type) return address.string_or("address");
  }
  return "<none>";
}

void print_node(RowContext& row, Value object) {
  const Value info = object.at_path("status", "nodeInfo");
  const std::string_view architecture = info.string_or("architecture");
  const std::string_view kernel = not_empty(info.string_or("kernelVersion"), "<unknown>");
  add_name(row, object);
  add_text(row, node_status(object));
  add_text(row, node_roles(object));
  add_age(row, object);
  add_text(row, info.string_or("kubeletVersion"));
  add_text(row, node_address(object, "InternalIP"));
  add_text(row, node_address(object, "ExternalIP"));
  add_text(row, not_empty(info.string_or("osImage"), "<unknown>"));
  add_text(row, architecture.empty() ? std::string(kernel) : cat(kernel, " (", architecture, ")"));
  add_text(row, not_empty(info.string_or("containerRuntimeVersion"), "<unknown>"));
}

void print_replication_controller(RowContext& row, Value object) {
  const Value status = object.get("status");
  add_name(row, object);
  add_number(row, object.get("spec").int_or("replicas", 0));
  add_number(row, status.int_or("replicas", 0));
  add_number(row, status.int_or("readyReplicas", 0));
  add_age(row, object);
  add_containers(row, object.at_path("spec", "template", "spec", "containers"));
  add_text(row, format_labels(object.at_path("spec", "selector")));
}

void print_pod_template(RowContext& row, Value object) {
  add_name(row, object);
  add_containers(row, object.at_path("template", "spec", "containers"));
  add_text(row, format_labels(object.at_path("template", "metadata", "labels")));
}

void print_resource_quota(RowContext& row, Value object) {
  const Value used = object.at_path("status", "used");
  std::vector<std::string> requests;
  std::vector<std::string> limits;
  std::vector<codec::Member> hard;
  for (const codec::Member& one : object.at_path("status", "hard").members()) hard.push_back(one);
  std::sort(hard.begin(), hard.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  for (const codec::Member& one : hard) {
    std::vector<std::string>& column = one.key.starts_with("limits.") ? limits : requests;
    column.push_back(
        cat(one.key, ": ", quantity_text(used.get(one.key)), "/", quantity_text(one.value)));
  }
  add_name(row, object);
  add_text(row, join_texts(requests, ", "));
  add_text(row, join_texts(limits, ", "));
  add_age(row, object);
}

std::string access_modes(Value modes) {
  constexpr std::pair<std::string_view, std::string_view> kShort[] = {{"ReadWriteOnce", "RWO"},
                                                                      {"ReadOnlyMany", "ROX"},
                                                                      {"ReadWriteMany", "RWX"},
                                                                      {"ReadWriteOncePod", "RWOP"}};
  std::vector<std::string> out;
  for (const auto& [mode, short_form] : kShort) {
    for (const Value& one : modes.elements()) {
      if (text_or(one, "") != mode) continue;
      out.emplace_back(short_form);
      break;
    }
  }
  return join_texts(out, ",");
}

// An annotation came before the field.
std::string_view storage_class_of(Value object) {
  return text_or(
      object.at_path("metadata", "annotations").get("volume.beta.kubernetes.io/storage-class"),
      object.get("spec").string_or("storageClassName"));
}

std::string_view phase_of(Value object) {
  return is_terminating(object) ? "Terminating" : object.get("status").string_or("phase");
}

void print_volume(RowContext& row, Value object) {
  const Value spec = object.get("spec");
  const Value claim = spec.get("claimRef");
  add_name(row, object);
  add_text(row, quantity_text(spec.at_path("capacity", "storage")));
  add_text(row, access_modes(spec.get("accessModes")));
  add_text(row, spec.string_or("persistentVolumeReclaimPolicy"));
  add_text(row, phase_of(object));
  add_text(row, claim.is_null() ? std::string()
                                : cat(claim.string_or("namespace"), "/", claim.string_or("name")));
  add_text(row, storage_class_of(object));
  add_text(row, spec.string_or("volumeAttributesClassName", "<unset>"));
  add_text(row, object.get("status").string_or("reason"));
  add_age(row, object);
  add_text(row, spec.string_or("volumeMode", "<unset>"));
}

void print_claim(RowContext& row, Value object) {
  const Value spec = object.get("spec");
  const Value status = object.get("status");
  const std::string_view volume = spec.string_or("volumeName");
  add_name(row, object);
  add_text(row, phase_of(object));
  add_text(row, volume);
  add_text(row,
           volume.empty() ? std::string() : quantity_text(status.at_path("capacity", "storage")));
  add_text(row, volume.empty() ? std::string() : access_modes(status.get("accessModes")));
  add_text(row, storage_class_of(object));
  add_text(row, spec.string_or("volumeAttributesClassName", "<unset>"));
  add_age(row, object);
  add_text(row, spec.string_or("volumeMode", "<unset>"));
}

void print_limit_range(RowContext& row, Value object) {
  add_name(row, object);
  add_text(row, object.at_path("metadata").string_or("creationTimestamp"));
}

constexpr NamedPrinter kCorePrinters[] = {
    {"pods", print_pod},
    {"namespaces", print_namespace},
    {"configmaps", print_config_map},
    {"secrets", print_secret},
    {"serviceaccounts", print_service_account},
    {"services", print_service},
    {"endpoints", print_endpoints},
    {"nodes", print_node},
    {"events", print_event},
    {"replicationcontrollers", print_replication_controller},
    {"podtemplates", print_pod_template},
    {"resourcequotas", print_resource_quota},
    {"persistentvolumes", print_volume},
    {"persistentvolumeclaims", print_claim},
    {"limitranges", print_limit_range},
};

}  // namespace

std::span<const NamedPrinter> core_printers() { return kCorePrinters; }

}  // namespace thole::api
