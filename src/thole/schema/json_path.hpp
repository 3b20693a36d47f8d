#pragma once
// JSONPath as printer columns, `scale` paths and `selectableFields` use it: the simple form of
// k8s.io/client-go/util/jsonpath. Fields (.a, ['a']), indexes ([0], [-1], [1:3]), all ([*], .*),
// recursive descent (..a) and filters ([?(@.type=="Ready")]). Braces around it may be left out.
// Missing keys yield nothing. Immutable; any thread may evaluate.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "thole/codec/value.hpp"

namespace thole::schema {

class JsonPath {
 public:
  // Fails with BadRequest. At most 4 KiB of text.
  static Result<JsonPath> parse(std::string_view text);

  // The values it names, in document order; at most 10,000.
  std::vector<codec::Value> find(const codec::Value& root) const;

  // The plain field names of a path without anything else, such as .spec.replicas; empty for
  // others.
  std::vector<std::string_view> fields() const;

 private:
  friend class JsonPathParser;
  enum class Kind { Field, Index, Slice, All, Descend, Filter };
  struct Step;
  std::vector<std::shared_ptr<const Step>> steps_;
};

// How upstream prints a result in a column of type string: texts as they are, the rest as JSON.
std::string json_path_text(const codec::Value& value);

}  // namespace thole::schema
