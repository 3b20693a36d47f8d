#pragma once
// The built-in admission plugins, those of upstream's default list that this server has.
// Source: k8s.io/kubernetes/plugin/pkg/admission, k8s.io/apiserver/pkg/admission/plugin.

#include "thole/api/admission.hpp"
#include "thole/store/store.hpp"

namespace thole::api {

// Adds them in upstream's order. `store` outlives the chain.
void add_admission_plugins(AdmissionChain& chain, const store::Store& store);

// NamespaceLifecycle: nothing is made in a namespace that is not there or on its way out, and
// three namespaces stay.
std::unique_ptr<AdmissionPlugin> namespace_lifecycle(const store::Store& store);
// Priority: a pod's priority number comes from its class.
std::unique_ptr<AdmissionPlugin> priority(const store::Store& store);
// DefaultTolerationSeconds: a pod stays five minutes on a node that has become unreachable.
std::unique_ptr<AdmissionPlugin> default_toleration_seconds();
// DefaultStorageClass: a claim that names no class gets the default one.
std::unique_ptr<AdmissionPlugin> default_storage_class(const store::Store& store);
// ServiceAddresses, which upstream does in the Service's storage: cluster addresses of `cidr`
// (IPv4) and node ports.
std::unique_ptr<AdmissionPlugin> service_addresses(const store::Store& store, std::string cidr);

}  // namespace thole::api
