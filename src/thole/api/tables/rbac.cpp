#include "thole/api/tables/cells.hpp"
#include "thole/base/text.hpp"

namespace thole::api {

namespace {

using codec::Value;

// Of roles the table shows when they were made, as of every kind without a printer upstream.
void print_role(RowContext& row, Value object) {
  add_name(row, object);
  add_text(row, object.get("metadata").string_or("creationTimestamp"));
}

void add_subjects(RowContext& row, Value subjects, std::string_view kind) {
  std::vector<std::string> names;
  for (const Value& subject : subjects.elements()) {
    if (subject.string_or("kind") != kind) continue;
    const std::string_view name = subject.string_or("name");
    names.push_back(kind == "ServiceAccount" ? cat(subject.string_or("namespace"), "/", name)
                                             : std::string(name));
  }
  add_text(row, join_texts(names, ", "));
}

void print_binding(RowContext& row, Value object) {
  const Value role = object.get("roleRef");
  const Value subjects = object.get("subjects");
  add_name(row, object);
  add_text(row, cat(role.string_or("kind"), "/", role.string_or("name")));
  add_age(row, object);
  for (const std::string_view kind : {"User", "Group", "ServiceAccount"}) {
    add_subjects(row, subjects, kind);
  }
}

constexpr NamedPrinter kRbacPrinters[] = {
    {"roles", print_role},
    {"clusterroles", print_role},
    {"rolebindings", print_binding},
    {"clusterrolebindings", print_binding},
};

}  // namespace

std::span<const NamedPrinter> rbac_printers() { return kRbacPrinters; }

}  // namespace thole::api
