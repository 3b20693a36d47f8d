#pragma once
// Field selectors: "spec.nodeName=a,metadata.name!=b". Which fields a kind knows is the kind's.
// Source: k8s.io/apimachinery/pkg/fields. Plain values; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thole/base/result.hpp"

namespace thole::api {

struct FieldTerm {
  std::string field;
  std::string value;
  bool equal = true;
};

struct FieldSelector {
  std::vector<FieldTerm> terms;

  bool empty() const { return terms.empty(); }
  // The value that a term demands of this field.
  std::optional<std::string> exact(std::string_view field) const;
};

// Terms without a value and an operator are errors (BadRequest), in upstream's words.
Result<FieldSelector> parse_field_selector(std::string_view text);

}  // namespace thole::api
