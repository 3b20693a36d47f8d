#include <set>

#include "thole/api/tables/cells.hpp"
#include "thole/base/text.hpp"

namespace thole::api {

namespace {

using codec::Value;

std::string hosts(Value rules) {
  constexpr std::size_t kMax = 3;
  std::vector<std::string> list;
  bool more = false;
  for (const Value& rule : rules.elements()) {
    if (list.size() == kMax) more = true;
    const std::string_view host = rule.string_or("host");
    if (!more && !host.empty()) list.emplace_back(host);
  }
  if (list.empty()) return "*";
  const std::string text = join_texts(list, ",");
  return more ? cat(text, " + ", rules.size() - kMax, " more...") : text;
}

std::string addresses(Value ingress) {
  std::set<std::string> found;
  for (const Value& one : ingress.at_path("status", "loadBalancer", "ingress").elements()) {
    const std::string_view address = not_empty(one.string_or("ip"), one.string_or("hostname"));
    if (!address.empty()) found.emplace(address);
  }
  return join_texts({found.begin(), found.end()}, ",");
}

void print_ingress(RowContext& row, Value object) {
  const Value spec = object.get("spec");
  add_name(row, object);
  add_text(row, spec.string_or("ingressClassName", "<none>"));
  add_text(row, hosts(spec.get("rules")));
  add_text(row, addresses(object));
  add_text(row, spec.get("tls").elements().empty() ? "80" : "80, 443");
  add_age(row, object);
}

void print_ingress_class(RowContext& row, Value object) {
  const Value metadata = object.get("metadata");
  const Value parameters = object.at_path("spec", "parameters");
  const bool is_default =
      metadata.get("annotations").string_or("ingressclass.kubernetes.io/is-default-class") ==
      "true";
  const Value group = parameters.get("apiGroup");
  add_text(row, cat(metadata.string_or("name"), is_default ? " (default)" : ""));
  add_text(row, object.get("spec").string_or("controller"));
  add_text(row, parameters.is_null()
                    ? std::string("<none>")
                    : cat(parameters.string_or("kind"),
                          group.is_string() ? cat(".", group.as_string()) : std::string(), "/",
                          parameters.string_or("name")));
  add_age(row, object);
}

void print_network_policy(RowContext& row, Value object) {
  add_name(row, object);
  add_text(row, format_selector(object.at_path("spec", "podSelector")));
  add_age(row, object);
}

void print_service_cidr(RowContext& row, Value object) {
  std::vector<std::string> cidrs;
  for (const Value& cidr : object.at_path("spec", "cidrs").elements()) {
    cidrs.emplace_back(text_or(cidr, ""));
  }
  add_name(row, object);
  add_text(row, join_texts(cidrs, ","));
  add_age(row, object);
}

std::string parent_of(Value parent) {
  if (parent.is_null()) return "<none>";
  const std::string_view group = parent.string_or("group");
  const std::string_view namespace_ = parent.string_or("namespace");
  std::string out = lower_case(parent.string_or("resource"));
  if (!group.empty()) out += cat(".", lower_case(group));
  if (!namespace_.empty()) out += cat("/", namespace_);
  return cat(out, "/", parent.string_or("name"));
}

// Upstream states two columns and gives three cells.
void print_ip_address(RowContext& row, Value object) {
  add_name(row, object);
  add_text(row, parent_of(object.at_path("spec", "parentRef")));
  add_age(row, object);
}

constexpr NamedPrinter kNetworking[] = {
    {"ingresses", print_ingress},
    {"ingressclasses", print_ingress_class},
    {"networkpolicies", print_network_policy},
    {"servicecidrs", print_service_cidr},
    {"ipaddresses", print_ip_address},
};

std::string slice_ports(Value ports) {
  std::vector<std::string> all;
  for (const Value& port : ports.elements()) {
    const Value number = port.get("port");
    all.push_back(number.is_int() ? cat(number.as_int())
                                  : std::string(port.string_or("name", "*")));
  }
  return list_with_more(std::move(all), 3);
}

void print_endpoint_slice(RowContext& row, Value object) {
  std::vector<std::string> all;
  for (const Value& endpoint : object.get("endpoints").elements()) {
    for (const Value& address : endpoint.get("addresses").elements()) {
      all.emplace_back(text_or(address, ""));
    }
  }
  add_name(row, object);
  add_text(row, object.string_or("addressType"));
  add_text(row, slice_ports(object.get("ports")));
  add_text(row, list_with_more(std::move(all), 3));
  add_age(row, object);
}

constexpr NamedPrinter kDiscovery[] = {{"endpointslices", print_endpoint_slice}};

}  // namespace

std::span<const NamedPrinter> networking_printers() { return kNetworking; }
std::span<const NamedPrinter> discovery_printers() { return kDiscovery; }

}  // namespace thole::api
