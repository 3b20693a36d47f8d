#pragma once
// The built-in kinds' own rules, one file an API group: how they are written (facts.cpp), what is
// filled in, what is reset, and what is refused.
// Source: k8s.io/kubernetes/pkg/registry/**/strategy.go, pkg/apis/**/defaults.go and validation.

#include "thole/api/resource_rules.hpp"

namespace thole::api {

void add_builtin_rules(RulesTable& table);

}  // namespace thole::api
