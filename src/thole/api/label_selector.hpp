#pragma once
// Label selectors in their text form: "app in (a, b),tier!=db,!canary". Parsed as
// k8s.io/apimachinery/pkg/labels does, with its words for what is wrong. Plain values; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "thole/base/result.hpp"

namespace thole::api {

struct LabelRequirement {
  enum class Operator { In, NotIn, Exists, DoesNotExist, Greater, Less };
  std::string key;
  Operator op = Operator::Exists;
  std::vector<std::string> values;  // Sorted, without doubles.

  // `value` is null when the object has no such label.
  bool matches(const std::string_view* value) const;
};

struct LabelSelector {
  std::vector<LabelRequirement> requirements;  // Sorted by key.
  bool empty() const { return requirements.empty(); }
};

// Fails with BadRequest.
Result<LabelSelector> parse_label_selector(std::string_view text);

}  // namespace thole::api
