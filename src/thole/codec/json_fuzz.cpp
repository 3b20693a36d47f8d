// What parses must be written to text that parses to the same and is written the same again.

#include "thole/codec/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace thole::codec;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  DuplicateFields duplicates;
  const auto document = parse_json(text, {}, &duplicates);
  if (!document) return 0;
  const std::string once = to_json(document->root);
  const auto again = parse_json(once);
  THOLE_ASSERT(again);
  THOLE_ASSERT(to_json(again->root) == once);
  THOLE_ASSERT(document->root.clone(*document->arena) == document->root);
  std::string pretty;
  write_pretty_json(document->root, pretty);
  const auto from_pretty = parse_json(pretty);
  THOLE_ASSERT(from_pretty && from_pretty->root == again->root);
  return 0;
}
