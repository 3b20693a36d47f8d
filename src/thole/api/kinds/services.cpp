// Service, Endpoints and EndpointSlice.
#include <set>

#include "thole/api/kinds/groups.hpp"
#include "thole/api/names.hpp"

namespace thole::api::kinds {
namespace {

using codec::Value;

void default_service(RuleContext& context, Value service) {
  const Fill fill(context.arena);
  const Value spec = service.get("spec");
  fill.nonempty(spec, "sessionAffinity", "None");
  if (spec.string_or("sessionAffinity") == "None") {
    spec.erase("sessionAffinityConfig");
  } else if (spec.string_or("sessionAffinity") == "ClientIP") {
    const Value client = fill.object(fill.object(spec, "sessionAffinityConfig"), "clientIP");
    fill.integer(client, "timeoutSeconds", 10800);
  }
  fill.nonempty(spec, "type", "ClusterIP");
  for (const Value& port : spec.get("ports").elements()) {
    if (!port.is_object()) continue;
    fill.nonempty(port, "protocol", "TCP");
    const Value target = port.get("targetPort");
    const bool none = target.is_null() || (target.is_int() && target.as_int() == 0) ||
                      (target.is_string() && target.as_string().empty());
    if (none && port.get("port").is_int()) {
      port.set(context.arena, "targetPort", port.get("port"));
    }
  }
  const std::string_view type = spec.string_or("type");
  const bool external = type == "LoadBalancer" || type == "NodePort" ||
                        (type == "ClusterIP" && spec.get("externalIPs").size() > 0);
  if (external) fill.nonempty(spec, "externalTrafficPolicy", "Cluster");
  if (type == "NodePort" || type == "LoadBalancer" || type == "ClusterIP") {
    fill.text(spec, "internalTrafficPolicy", "Cluster");
  }
  if (type == "LoadBalancer") fill.boolean(spec, "allocateLoadBalancerNodePorts", true);
  for (const Value& ingress : service.at_path("status", "loadBalancer", "ingress").elements()) {
    if (!ingress.string_or("ip").empty()) fill.text(ingress, "ipMode", "VIP");
  }
}

void prepare_service(RuleContext& context, Value service) {
  const Value status = Value::object(context.arena);
  status.set(context.arena, "loadBalancer", Value::object(context.arena));
  service.set(context.arena, "status", status);
  // A service without selection or with a name of its own gets no address.
  const Value spec = service.get("spec");
  if (!spec.is_object() || spec.string_or("type") == "ExternalName") return;
  if (spec.string_or("clusterIP") == "None") {
    const Fill fill(context.arena);
    if (spec.get("clusterIPs").size() == 0) {
      const Value list = Value::array(context.arena);
      list.push_back(context.arena, Value::string("None"));
      spec.set(context.arena, "clusterIPs", list);
    }
    if (spec.get("ipFamilies").size() == 0) {
      const Value list = Value::array(context.arena);
      list.push_back(context.arena, Value::string("IPv4"));
      spec.set(context.arena, "ipFamilies", list);
    }
    fill.text(spec, "ipFamilyPolicy", "SingleStack");
  }
}

void keep_addresses(RuleContext& context, Value service, Value old) {
  const Value spec = service.get("spec");
  const Value before = old.get("spec");
  if (!spec.is_object()) return;
  const std::string_view type = spec.string_or("type");
  if (type == "ExternalName" || before.string_or("type") == "ExternalName") return;
  // A client that leaves out what was given to it means to keep it.
  for (const std::string_view field :
       {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"}) {
    const Value now = spec.get(field);
    const bool absent = now.is_null() || (now.is_string() && now.as_string().empty()) ||
                        (now.is_array() && now.size() == 0);
    const Value value = before.get(field);
    if (absent && !value.is_null()) spec.set(context.arena, field, value);
  }
  const auto ports = spec.get("ports").elements();
  for (const Value& port : ports) {
    if (type != "NodePort" && type != "LoadBalancer") continue;
    if (port.int_or("nodePort", 0) != 0) continue;
    for (const Value& other : before.get("ports").elements()) {
      if (other.int_or("port", -1) == port.int_or("port", -2) &&
          other.string_or("protocol") == port.string_or("protocol") &&
          other.int_or("nodePort", 0) != 0) {
        port.set(context.arena, "nodePort", other.get("nodePort"));
      }
    }
  }
}

void validate_service(RuleContext&, Value service, Causes& causes) {
  const Value spec = service.get("spec");
  const std::string_view type = spec.string_or("type");
  const Path path("spec");
  if (spec.get("ports").size() == 0 && spec.string_or("clusterIP") != "None" &&
      type != "ExternalName") {
    required(causes, path / "ports");
  }
  if (type == "ExternalName") {
    if (spec.string_or("externalName").empty()) required(causes, path / "externalName");
  } else if (type != "ClusterIP" && type != "NodePort" && type != "LoadBalancer") {
    not_supported(causes, path / "type", spec.get("type"),
                  {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"});
  }
  std::set<std::string> names;
  std::set<std::string> numbers;
  std::size_t index = 0;
  const std::size_t count = spec.get("ports").size();
  for (const Value& port : spec.get("ports").elements()) {
    const Path at = (path / "ports")[index++];
    const std::string_view name = port.string_or("name");
    if (name.empty()) {
      if (count > 1) required(causes, at / "name");
    } else {
      for (const std::string& reason : check_dns_label(name)) {
        invalid(causes, at / "name", port.get("name"), reason);
      }
      if (!names.emplace(name).second) duplicate(causes, at / "name", port.get("name"));
    }
    const std::int64_t number = port.int_or("port", 0);
    if (number < 1 || number > 65535) {
      invalid(causes, at / "port", Value::integer(number),
              "must be between 1 and 65535, inclusive");
    }
    const std::string_view protocol = port.string_or("protocol");
    if (protocol.empty()) {
      required(causes, at / "protocol");
    } else if (protocol != "TCP" && protocol != "UDP" && protocol != "SCTP") {
      not_supported(causes, at / "protocol", port.get("protocol"), {"SCTP", "TCP", "UDP"});
    }
    if (!numbers.insert(std::to_string(number) + std::string(protocol)).second) {
      duplicate(causes, at, port);
    }
  }
  const Value affinity = spec.get("sessionAffinity");
  const std::string_view wanted = spec.string_or("sessionAffinity");
  if (wanted != "ClientIP" && wanted != "None") {
    not_supported(causes, path / "sessionAffinity", affinity, {"ClientIP", "None"});
  }
  check_labels(causes, path / "selector", spec.get("selector"));
}

void validate_service_update(RuleContext& context, Value service, Value old, Causes& causes) {
  const Value spec = service.get("spec");
  const Value before = old.get("spec");
  if (spec.string_or("type") != "ExternalName" && before.string_or("type") != "ExternalName" &&
      !before.string_or("clusterIP").empty() &&
      spec.string_or("clusterIP") != before.string_or("clusterIP")) {
    const Path at = Path("spec.clusterIPs")[0];
    invalid(causes, at, spec.get("clusterIPs"), "may not change once set");
  }
  validate_service(context, service, causes);
}

void default_endpoints(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  for (const Value& subset : object.get("subsets").elements()) {
    for (const Value& port : subset.get("ports").elements()) {
      fill.nonempty(port, "protocol", "TCP");
    }
  }
}

void default_slice(RuleContext& context, Value object) {
  const Fill fill(context.arena);
  for (const Value& port : object.get("ports").elements()) {
    fill.text(port, "name", "");
    fill.text(port, "protocol", "TCP");
  }
}

void validate_slice(RuleContext&, Value object, Causes& causes) {
  const std::string_view type = object.string_or("addressType");
  if (type.empty()) {
    required(causes, Path("addressType"));
  } else if (type != "IPv4" && type != "IPv6" && type != "FQDN") {
    not_supported(causes, Path("addressType"), object.get("addressType"), {"FQDN", "IPv4", "IPv6"});
  }
}

void validate_slice_update(RuleContext& context, Value object, Value old, Causes& causes) {
  validate_slice(context, object, causes);
  immutable(causes, Path("addressType"), object.get("addressType"), old.get("addressType"));
}

}  // namespace

void hook_services(RulesTable& table) {
  edit(table, "", "services", [](ResourceRules& rules) {
    rules.default_object = default_service;
    rules.prepare_for_create = prepare_service;
    rules.prepare_for_update = keep_addresses;
    rules.validate_create = validate_service;
    rules.validate_update = validate_service_update;
  });
  edit(table, "", "endpoints",
       [](ResourceRules& rules) { rules.default_object = default_endpoints; });
  edit(table, "discovery.k8s.io", "endpointslices", [](ResourceRules& rules) {
    rules.default_object = default_slice;
    rules.validate_create = validate_slice;
    rules.validate_update = validate_slice_update;
  });
}

}  // namespace thole::api::kinds
