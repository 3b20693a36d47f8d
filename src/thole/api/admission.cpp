#include "thole/api/admission.hpp"

namespace thole::api {

Async<void> AdmissionPlugin::admit(Admission&) { co_return Result<void>(); }
Async<void> AdmissionPlugin::validate(const Admission&) { co_return Result<void>(); }

bool AdmissionChain::handles(Operation operation, std::string_view group,
                             std::string_view resource) const {
  for (const auto& plugin : plugins_) {
    if (plugin->handles(operation, group, resource)) return true;
  }
  return false;
}

Async<void> AdmissionChain::admit(Admission& admission) const {
  for (const auto& plugin : plugins_) {
    if (!plugin->handles(admission.operation, admission.resource.group,
                         admission.resource.plural)) {
      continue;
    }
    THOLE_CO_CHECK(co_await plugin->admit(admission));
  }
  co_return Result<void>();
}

Async<void> AdmissionChain::validate(const Admission& admission) const {
  for (const auto& plugin : plugins_) {
    if (!plugin->handles(admission.operation, admission.resource.group,
                         admission.resource.plural)) {
      continue;
    }
    THOLE_CO_CHECK(co_await plugin->validate(admission));
  }
  co_return Result<void>();
}

}  // namespace thole::api
