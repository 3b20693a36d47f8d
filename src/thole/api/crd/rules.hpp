#pragma once
// How CustomResourceDefinitions themselves are written: what is filled in, and what is refused.
// Source: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions, pkg/registry.

#include "thole/api/resource_rules.hpp"

namespace thole::api {

constexpr std::string_view kCrdCleanup = "customresourcecleanup.apiextensions.k8s.io";
constexpr std::string_view kCrdResource = "apiextensions.k8s.io/customresourcedefinitions";

void add_crd_rules(RulesTable& table);

}  // namespace thole::api
