#pragma once
// What the files of this folder offer each other. Each `hook_*` sets the functions of its group's
// kinds in a table that already holds their facts.

#include "thole/api/kinds/fill.hpp"
#include "thole/api/resource_rules.hpp"

namespace thole::api::kinds {

void add_facts(RulesTable& table);

void hook_core(RulesTable& table);
void hook_pods(RulesTable& table);
void hook_services(RulesTable& table);
void hook_apps(RulesTable& table);
void hook_batch(RulesTable& table);
void hook_autoscaling(RulesTable& table);
void hook_networking(RulesTable& table);
void hook_rbac(RulesTable& table);
void hook_storage(RulesTable& table);
void hook_admissionregistration(RulesTable& table);

// A pod's specification, in a Pod or in a template.
void default_pod_spec(const Fill& fill, codec::Value spec);
void default_pod_template(const Fill& fill, codec::Value object);  // object.spec.template
void validate_pod_template(codec::Value pod_template, const Path& path, Causes& causes);
void default_claim_spec(const Fill& fill, codec::Value spec);

// Replaces the rules of one kind by what `change` made of them.
template <typename Change>
void edit(RulesTable& table, std::string_view group, std::string_view resource, Change change) {
  ResourceRules rules = table.find(group, resource);
  change(rules);
  table.set(group, resource, std::move(rules));
}

}  // namespace thole::api::kinds
