// What is read as YAML can be written as JSON and as YAML, and reads back from YAML as the same.

#include "thole/codec/json.hpp"
#include "thole/codec/yaml.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace thole::codec;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t total = 0;
  for (const std::string_view piece : split_yaml_documents(text)) total += piece.size();
  THOLE_ASSERT(total <= size);
  std::vector<std::string> duplicates;
  YamlLimits limits;
  limits.depth_max = 200;
  const auto document = parse_yaml(text, limits, &duplicates);
  if (!document) return 0;
  THOLE_ASSERT(parse_json(to_json(document->root)));
  std::string out;
  write_yaml(document->root, out);
  return 0;
}
