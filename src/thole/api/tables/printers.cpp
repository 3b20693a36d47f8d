#include "thole/api/tables/cells.hpp"

namespace thole::api {

namespace {

std::span<const NamedPrinter> printers_of(std::string_view group) {
  if (group.empty()) return core_printers();
  if (group == "apps") return apps_printers();
  if (group == "batch") return batch_printers();
  if (group == "networking.k8s.io") return networking_printers();
  if (group == "discovery.k8s.io") return discovery_printers();
  if (group == "rbac.authorization.k8s.io") return rbac_printers();
  if (group == "storage.k8s.io") return storage_printers();
  if (group == "autoscaling") return autoscaling_printers();
  return other_printers(group);
}

}  // namespace

RowPrinter find_printer(std::string_view group, std::string_view resource) {
  for (const NamedPrinter& printer : printers_of(group)) {
    if (printer.resource == resource) return printer.row;
  }
  return nullptr;
}

}  // namespace thole::api
