// The input is a document, a zero byte and a patch, tried as both kinds of patch.

#include "thole/codec/json_patch.hpp"

#include "thole/codec/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace thole::codec;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = text.find('\0');
  if (middle == std::string_view::npos) return 0;
  Arena arena;
  const auto document = parse_json(text.substr(0, middle), arena);
  const auto patch = parse_json(text.substr(middle + 1), arena);
  if (!document || !patch) return 0;
  const std::string patch_before = to_json(*patch);
  const Value merged = apply_merge_patch(document->clone(arena), *patch, arena);
  THOLE_ASSERT(apply_merge_patch(merged.clone(arena), *patch, arena) == merged);
  if (const auto result = apply_json_patch(document->clone(arena), *patch, arena)) {
    THOLE_ASSERT(!to_json(*result).empty());
  }
  THOLE_ASSERT(to_json(*patch) == patch_before);
  return 0;
}
