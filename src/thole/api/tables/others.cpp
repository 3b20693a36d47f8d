#include <algorithm>

#include "thole/api/tables/cells.hpp"
#include "thole/base/text.hpp"

namespace thole::api {

namespace {

using codec::Value;

void print_disruption_budget(RowContext& row, Value object) {
  const Value spec = object.get("spec");
  const std::string available = scalar_text(spec.get("minAvailable"));
  const std::string unavailable = scalar_text(spec.get("maxUnavailable"));
  add_name(row, object);
  add_text(row, not_empty(available, "N/A"));
  add_text(row, not_empty(unavailable, "N/A"));
  add_number(row, object.get("status").int_or("disruptionsAllowed", 0));
  add_age(row, object);
}

void print_lease(RowContext& row, Value object) {
  add_name(row, object);
  add_text(row, object.get("spec").string_or("holderIdentity"));
  add_age(row, object);
}

void print_lease_candidate(RowContext& row, Value object) {
  const Value spec = object.get("spec");
  add_name(row, object);
  for (const std::string_view field : {"leaseName", "binaryVersion", "emulationVersion"}) {
    add_text(row, spec.string_or(field));
  }
  add_age(row, object);
}

void print_priority_class(RowContext& row, Value object) {
  add_name(row, object);
  add_number(row, object.int_or("value", 0));
  add_bool(row, object.bool_or("globalDefault", false));
  add_age(row, object);
  add_text(row, object.string_or("preemptionPolicy"));
}

void print_runtime_class(RowContext& row, Value object) {
  add_name(row, object);
  add_text(row, object.string_or("handler"));
  add_age(row, object);
}

std::string signing_state(Value object) {
  const auto has = [&](std::string_view type) { return !find_condition(object, type).is_null(); };
  std::string out = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending";
  if (has("Failed")) out += ",Failed";
  if (!object.get("status").string_or("certificate").empty()) out += ",Issued";
  return out;
}

void print_signing_request(RowContext& row, Value object) {
  const Value spec = object.get("spec");
  const Value seconds = spec.get("expirationSeconds");
  add_name(row, object);
  add_age(row, object);
  add_text(row, not_empty(spec.string_or("signerName"), "<none>"));
  add_text(row, spec.string_or("username"));
  add_text(row,
           seconds.is_int()
               ? human_duration(std::chrono::seconds(static_cast<std::int32_t>(seconds.as_int())))
               : "<none>");
  add_text(row, signing_state(object));
}

void print_trust_bundle(RowContext& row, Value object) {
  add_name(row, object);
  add_text(row, not_empty(object.get("spec").string_or("signerName"), "<none>"));
}

void print_webhooks(RowContext& row, Value object) {
  add_name(row, object);
  add_number(row, static_cast<std::int64_t>(object.get("webhooks").size()));
  add_age(row, object);
}

void print_policy(RowContext& row, Value object) {
  const Value spec = object.get("spec");
  const Value kind = spec.get("paramKind");
  add_name(row, object);
  add_number(row, static_cast<std::int64_t>(spec.get("validations").size() +
                                            spec.get("mutations").size()));
  add_text(row, kind.is_null() ? std::string("<unset>")
                               : cat(kind.string_or("apiVersion"), "/", kind.string_or("kind")));
  add_age(row, object);
}

void print_flow_schema(RowContext& row, Value object) {
  const Value spec = object.get("spec");
  const Value method = spec.get("distinguisherMethod");
  const Value dangling = find_condition(object, "Dangling");
  add_name(row, object);
  add_text(row, spec.get("priorityLevelConfiguration").string_or("name"));
  add_number(row, spec.int_or("matchingPrecedence", 0));
  add_text(row, method.is_null() ? "<none>" : method.string_or("type"));
  add_age(row, object);
  add_text(row, dangling.is_null() ? "?" : dangling.string_or("status"));
}

void add_number_or_none(RowContext& row, Value parent, std::string_view field) {
  if (parent.is_null()) return add_text(row, "<none>");
  add_number(row, parent.int_or(field, 0));
}

void print_priority_level(RowContext& row, Value object) {
  const Value limited = object.at_path("spec", "limited");
  const Value queuing = limited.at_path("limitResponse", "queuing");
  add_name(row, object);
  add_text(row, object.get("spec").string_or("type"));
  add_number_or_none(row, limited, "nominalConcurrencyShares");
  add_number_or_none(row, queuing, "queues");
  add_number_or_none(row, queuing, "handSize");
  add_number_or_none(row, queuing, "queueLengthLimit");
  add_age(row, object);
}

void print_api_service(RowContext& row, Value object) {
  const Value service = object.at_path("spec", "service");
  const Value available = find_condition(object, "Available");
  const std::string_view status = available.string_or("status", "Unknown");
  const std::string_view reason = available.string_or("reason");
  add_name(row, object);
  add_text(row, service.is_null()
                    ? std::string("Local")
                    : cat(service.string_or("namespace"), "/", service.string_or("name")));
  add_text(row, status == "True" || reason.empty() ? std::string(status)
                                                   : cat(status, " (", reason, ")"));
  add_age(row, object);
}

void print_definition(RowContext& row, Value object) {
  const Value spec = object.get("spec");
  const Value names = spec.get("names");
  std::vector<std::string> versions;
  for (const Value& version : spec.get("versions").elements()) {
    if (!version.bool_or("served", false)) continue;
    versions.push_back(
        cat(version.string_or("name"), version.bool_or("storage", false) ? "(storage)" : ""));
  }
  std::sort(versions.begin(), versions.end());
  std::vector<std::string> short_names;
  for (const Value& name : names.get("shortNames").elements()) {
    short_names.emplace_back(text_or(name, ""));
  }
  add_name(row, object);
  add_text(row, spec.string_or("scope"));
  add_text(row, join_texts(versions, ","));
  add_text(row, object.get("metadata").string_or("creationTimestamp"));
  add_text(row, spec.string_or("group"));
  add_text(row, names.string_or("kind"));
  add_text(row, join_texts(short_names, ","));
  add_bool(row, find_condition(object, "Established").string_or("status") == "True");
}

constexpr NamedPrinter kPolicy[] = {{"poddisruptionbudgets", print_disruption_budget}};
constexpr NamedPrinter kCoordination[] = {{"leases", print_lease},
                                          {"leasecandidates", print_lease_candidate}};
constexpr NamedPrinter kScheduling[] = {{"priorityclasses", print_priority_class}};
constexpr NamedPrinter kNode[] = {{"runtimeclasses", print_runtime_class}};
constexpr NamedPrinter kEvents[] = {{"events", print_event}};
constexpr NamedPrinter kCertificates[] = {{"certificatesigningrequests", print_signing_request},
                                          {"clustertrustbundles", print_trust_bundle}};
constexpr NamedPrinter kAdmission[] = {{"mutatingwebhookconfigurations", print_webhooks},
                                       {"validatingwebhookconfigurations", print_webhooks},
                                       {"validatingadmissionpolicies", print_policy},
                                       {"mutatingadmissionpolicies", print_policy}};
constexpr NamedPrinter kFlowControl[] = {{"flowschemas", print_flow_schema},
                                         {"prioritylevelconfigurations", print_priority_level}};
constexpr NamedPrinter kApiServices[] = {{"apiservices", print_api_service}};
constexpr NamedPrinter kDefinitions[] = {{"customresourcedefinitions", print_definition}};

}  // namespace

std::span<const NamedPrinter> other_printers(std::string_view group) {
  if (group == "policy") return kPolicy;
  if (group == "coordination.k8s.io") return kCoordination;
  if (group == "scheduling.k8s.io") return kScheduling;
  if (group == "node.k8s.io") return kNode;
  if (group == "events.k8s.io") return kEvents;
  if (group == "certificates.k8s.io") return kCertificates;
  if (group == "admissionregistration.k8s.io") return kAdmission;
  if (group == "flowcontrol.apiserver.k8s.io") return kFlowControl;
  if (group == "apiregistration.k8s.io") return kApiServices;
  if (group == "apiextensions.k8s.io") return kDefinitions;
  return {};
}

}  // namespace thole::api
