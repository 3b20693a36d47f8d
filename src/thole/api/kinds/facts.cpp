// How each built-in kind is written, from its strategy.go and storage.go. One line a kind.
#include "thole/api/kinds/groups.hpp"

namespace thole::api::kinds {
namespace {

// Letters: c PUT creates; v an update must name a resourceVersion; g has a generation; s has a
// status that only /status writes; d a delete answers with the object; p any path segment is a
// name; l names are DNS labels; a none of these.
struct Fact {
  std::string_view group, resource, letters;
};

constexpr Fact kFacts[] = {
    {"", "bindings", "a"},
    {"", "configmaps", "a"},
    {"", "endpoints", "c"},
    {"", "events", "c"},
    {"", "limitranges", "c"},
    {"", "namespaces", "sdl"},
    {"", "nodes", "s"},
    {"", "persistentvolumeclaims", "sd"},
    {"", "persistentvolumes", "sd"},
    {"", "pods", "gsd"},
    {"", "podtemplates", "gd"},
    {"", "replicationcontrollers", "gs"},
    {"", "resourcequotas", "sd"},
    {"", "secrets", "a"},
    {"", "serviceaccounts", "d"},
    {"", "services", "csdl"},
    {"admissionregistration.k8s.io", "mutatingadmissionpolicies", "vg"},
    {"admissionregistration.k8s.io", "mutatingadmissionpolicybindings", "vg"},
    {"admissionregistration.k8s.io", "mutatingwebhookconfigurations", "vg"},
    {"admissionregistration.k8s.io", "validatingadmissionpolicies", "vgs"},
    {"admissionregistration.k8s.io", "validatingadmissionpolicybindings", "vg"},
    {"admissionregistration.k8s.io", "validatingwebhookconfigurations", "vg"},
    {"apiextensions.k8s.io", "customresourcedefinitions", "vgs"},
    {"apiregistration.k8s.io", "apiservices", "vsp"},
    {"apps", "controllerrevisions", "a"},
    {"apps", "daemonsets", "gs"},
    {"apps", "deployments", "gs"},
    {"apps", "replicasets", "gs"},
    {"apps", "statefulsets", "gs"},
    {"autoscaling", "horizontalpodautoscalers", "gs"},
    {"batch", "cronjobs", "gs"},
    {"batch", "jobs", "gs"},
    {"certificates.k8s.io", "certificatesigningrequests", "s"},
    {"certificates.k8s.io", "clustertrustbundles", "vp"},
    {"certificates.k8s.io", "podcertificaterequests", "vs"},
    {"coordination.k8s.io", "leasecandidates", "cv"},
    {"coordination.k8s.io", "leases", "cv"},
    {"discovery.k8s.io", "endpointslices", "g"},
    {"events.k8s.io", "events", "c"},
    {"flowcontrol.apiserver.k8s.io", "flowschemas", "gsp"},
    {"flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations", "gsp"},
    {"networking.k8s.io", "ingressclasses", "g"},
    {"networking.k8s.io", "ingresses", "gs"},
    {"networking.k8s.io", "ipaddresses", "p"},
    {"networking.k8s.io", "networkpolicies", "g"},
    {"networking.k8s.io", "servicecidrs", "s"},
    {"node.k8s.io", "runtimeclasses", "cv"},
    {"policy", "poddisruptionbudgets", "vgs"},
    {"rbac.authorization.k8s.io", "clusterrolebindings", "cp"},
    {"rbac.authorization.k8s.io", "clusterroles", "cp"},
    {"rbac.authorization.k8s.io", "rolebindings", "cp"},
    {"rbac.authorization.k8s.io", "roles", "cp"},
    {"resource.k8s.io", "deviceclasses", "gd"},
    {"resource.k8s.io", "devicetaintrules", "gs"},
    {"resource.k8s.io", "resourceclaims", "sd"},
    {"resource.k8s.io", "resourceclaimtemplates", "d"},
    {"resource.k8s.io", "resourceslices", "gd"},
    {"scheduling.k8s.io", "priorityclasses", "g"},
    {"storage.k8s.io", "csidrivers", "vgd"},
    {"storage.k8s.io", "csinodes", "vd"},
    {"storage.k8s.io", "csistoragecapacities", "v"},
    {"storage.k8s.io", "storageclasses", "d"},
    {"storage.k8s.io", "volumeattachments", "vsd"},
    {"storage.k8s.io", "volumeattributesclasses", "d"},
    {"storagemigration.k8s.io", "storageversionmigrations", "vs"},
};

}  // namespace

void add_facts(RulesTable& table) {
  for (const Fact& fact : kFacts) {
    const auto has = [&](char letter) {
      return fact.letters.find(letter) != std::string_view::npos;
    };
    ResourceRules rules;
    rules.allow_create_on_update = has('c');
    rules.allow_unconditional_update = !has('v');
    rules.has_generation = has('g');
    rules.has_status = has('s');
    rules.returns_deleted_object = has('d');
    if (has('p')) rules.name_rule = NameRule::PathSegment;
    if (has('l')) rules.name_rule = NameRule::DnsLabel;
    table.set(fact.group, fact.resource, std::move(rules));
  }
  for (const std::string_view resource : {"deployments", "replicasets", "statefulsets"}) {
    edit(table, "apps", resource, [](ResourceRules& rules) {
      rules.scale_spec_path = "/spec/replicas";
      rules.scale_status_path = "/status/replicas";
      rules.scale_selector_path = "/spec/selector";
    });
  }
  edit(table, "", "replicationcontrollers", [](ResourceRules& rules) {
    rules.scale_spec_path = "/spec/replicas";
    rules.scale_status_path = "/status/replicas";
    rules.scale_selector_path = "/spec/selector";
  });
}

}  // namespace thole::api::kinds

namespace thole::api {

void add_builtin_rules(RulesTable& table) {
  kinds::add_facts(table);
  kinds::hook_core(table);
  kinds::hook_pods(table);
  kinds::hook_services(table);
  kinds::hook_apps(table);
  kinds::hook_batch(table);
  kinds::hook_autoscaling(table);
  kinds::hook_networking(table);
  kinds::hook_rbac(table);
  kinds::hook_storage(table);
  kinds::hook_admissionregistration(table);
}

}  // namespace thole::api
