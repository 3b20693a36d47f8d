#pragma once
// YAML as sigs.k8s.io/yaml reads and writes it, which is YAML 1.1 turned into JSON: yes/no/on/off
// are booleans, 0644 is octal, timestamps stay strings, << merges, other keys become strings.
//
// Aliases are expanded, within the bounds of go-yaml: an expansion that dominates the document is
// refused with "document contains excessive aliasing". Errors are BadRequest and begin with "yaml:
// ". Threads: any.

#include <string>
#include <string_view>
#include <vector>

#include "thole/codec/value.hpp"

namespace thole::codec {

struct YamlLimits {
  std::size_t depth_max = 10'000;
  std::size_t bytes_max = std::size_t{1} << 30;
};

// Reads the first document; an empty text is null. The first of equal keys stands there with the
// last's value; each later one is reported like `line 3: key "a" already set in map`.
Result<Document> parse_yaml(std::string_view text, const YamlLimits& limits = {},
                            std::vector<std::string>* duplicates = nullptr);

// Splits a stream at its `---` lines, as kubectl's reader does; the pieces are views into it.
std::vector<std::string_view> split_yaml_documents(std::string_view text);

// Appends the YAML of a value with the keys of each object sorted; ends in a newline.
void write_yaml(const Value& value, std::string& out);

}  // namespace thole::codec
