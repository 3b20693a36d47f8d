#include "thole/api/tables/cells.hpp"
#include "thole/base/text.hpp"

namespace thole::api {

namespace {

using codec::Value;

void add_ready(RowContext& row, Value object) {
  add_text(row, cat(object.get("status").int_or("readyReplicas", 0), "/",
                    object.get("spec").int_or("replicas", 0)));
}

void add_template(RowContext& row, Value object) {
  add_containers(row, object.at_path("spec", "template", "spec", "containers"));
}

void print_deployment(RowContext& row, Value object) {
  const Value status = object.get("status");
  add_name(row, object);
  add_ready(row, object);
  add_number(row, status.int_or("updatedReplicas", 0));
  add_number(row, status.int_or("availableReplicas", 0));
  add_age(row, object);
  add_template(row, object);
  add_text(row, selector_text(object.at_path("spec", "selector")));
}

void print_replica_set(RowContext& row, Value object) {
  const Value status = object.get("status");
  add_name(row, object);
  add_number(row, object.get("spec").int_or("replicas", 0));
  add_number(row, status.int_or("replicas", 0));
  add_number(row, status.int_or("readyReplicas", 0));
  add_age(row, object);
  add_template(row, object);
  add_text(row, format_selector(object.at_path("spec", "selector")));
}

void print_stateful_set(RowContext& row, Value object) {
  add_name(row, object);
  add_ready(row, object);
  add_age(row, object);
  add_template(row, object);
}

void print_daemon_set(RowContext& row, Value object) {
  const Value status = object.get("status");
  add_name(row, object);
  for (const std::string_view field :
       {"desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled",
        "numberAvailable"}) {
    add_number(row, status.int_or(field, 0));
  }
  add_text(row, format_labels(object.at_path("spec", "template", "spec", "nodeSelector")));
  add_age(row, object);
  add_template(row, object);
  add_text(row, format_selector(object.at_path("spec", "selector")));
}

std::string controller_of(Value object) {
  for (const Value& owner : object.at_path("metadata", "ownerReferences").elements()) {
    if (!owner.bool_or("controller", false)) continue;
    const std::string_view version = owner.string_or("apiVersion");
    const auto slash = version.find('/');
    const std::string group = slash == version.npos ? "" : cat(".", version.substr(0, slash));
    return cat(lower_case(cat(owner.string_or("kind"), group)), "/", owner.string_or("name"));
  }
  return "<none>";
}

void print_controller_revision(RowContext& row, Value object) {
  add_name(row, object);
  add_text(row, controller_of(object));
  add_number(row, object.int_or("revision", 0));
  add_age(row, object);
}

constexpr NamedPrinter kAppsPrinters[] = {
    {"deployments", print_deployment},
    {"replicasets", print_replica_set},
    {"statefulsets", print_stateful_set},
    {"daemonsets", print_daemon_set},
    {"controllerrevisions", print_controller_revision},
};

}  // namespace

std::span<const NamedPrinter> apps_printers() { return kAppsPrinters; }

}  // namespace thole::api
