#include "thole/api/tables/cells.hpp"
#include "thole/base/text.hpp"

namespace thole::api {

namespace {

using codec::Value;

void print_storage_class(RowContext& row, Value object) {
  add_name(row, object);
  add_text(row, object.string_or("provisioner"));
  add_text(row, object.string_or("reclaimPolicy", "Delete"));
  add_text(row, object.string_or("volumeBindingMode", "Immediate"));
  add_bool(row, object.bool_or("allowVolumeExpansion", false));
  add_age(row, object);
}

void print_attributes_class(RowContext& row, Value object) {
  add_name(row, object);
  add_text(row, object.string_or("driverName"));
  add_age(row, object);
}

void print_attachment(RowContext& row, Value object) {
  const Value spec = object.get("spec");
  add_name(row, object);
  add_text(row, spec.string_or("attacher"));
  add_text(row, spec.get("source").string_or("persistentVolumeName"));
  add_text(row, spec.string_or("nodeName"));
  add_bool(row, object.get("status").bool_or("attached", false));
  add_age(row, object);
}

void print_csi_node(RowContext& row, Value object) {
  add_name(row, object);
  add_number(row, static_cast<std::int64_t>(object.at_path("spec", "drivers").size()));
  add_age(row, object);
}

void print_csi_driver(RowContext& row, Value object) {
  const Value spec = object.get("spec");
  std::vector<std::string> modes;
  for (const Value& mode : spec.get("volumeLifecycleModes").elements()) {
    modes.emplace_back(text_or(mode, ""));
  }
  std::vector<std::string> audiences;
  for (const Value& request : spec.get("tokenRequests").elements()) {
    audiences.emplace_back(request.string_or("audience"));
  }
  add_name(row, object);
  add_bool(row, spec.bool_or("attachRequired", true));
  add_bool(row, spec.bool_or("podInfoOnMount", false));
  add_bool(row, spec.bool_or("storageCapacity", false));
  add_text(row, spec.get("tokenRequests").is_null() ? "<unset>" : join_texts(audiences, ","));
  add_bool(row, spec.bool_or("requiresRepublish", false));
  add_text(row, modes.empty() ? "<none>" : join_texts(modes, ","));
  add_age(row, object);
}

void print_capacity(RowContext& row, Value object) {
  const Value capacity = object.get("capacity");
  add_name(row, object);
  add_text(row, object.string_or("storageClassName"));
  add_text(row, capacity.is_null() ? "<unset>" : quantity_text(capacity));
}

constexpr NamedPrinter kStoragePrinters[] = {
    {"storageclasses", print_storage_class}, {"volumeattributesclasses", print_attributes_class},
    {"volumeattachments", print_attachment}, {"csinodes", print_csi_node},
    {"csidrivers", print_csi_driver},        {"csistoragecapacities", print_capacity},
};

}  // namespace

std::span<const NamedPrinter> storage_printers() { return kStoragePrinters; }

}  // namespace thole::api
