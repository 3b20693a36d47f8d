#pragma once
// How CustomResourceDefinitions themselves are written: what is filled in, and what is refused.
// Source: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions, pkg/registry.

#include <string>
#include <string_view>

#include "thole/api/resource_rules.hpp"

namespace thole::api {

constexpr std::string_view kCrdCleanup = "customresourcecleanup.apiextensions.k8s.io";
constexpr std::string_view kCrdResource = "apiextensions.k8s.io/customresourcedefinitions";

struct CrdCondition {
  std::string type, status, reason, message;
};
// Sets it in status.conditions; its time changes only when its status does.
void set_crd_condition(codec::Arena& arena, codec::Value crd, const CrdCondition& condition,
                       std::string_view now);

void add_crd_rules(RulesTable& table);

}  // namespace thole::api
