// The input is a Pod, a zero byte and a patch: decoded, patched, decoded again and completed.

#include "thole/schema/strategic_merge.hpp"

#include "thole/codec/json.hpp"
#include "thole/schema/catalog.hpp"
#include "thole/schema/decode.hpp"
#include "thole/schema/json_path.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace thole;
  static const auto catalog = schema::Catalog::builtin();
  static const schema::Type& pod = *catalog->type_of_kind("", "v1", "Pod");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = text.find('\0');
  if (middle == std::string_view::npos) return 0;
  codec::Arena arena;
  const auto document = codec::parse_json(text.substr(0, middle), arena);
  if (!document) return 0;
  if (const auto path = schema::JsonPath::parse(text.substr(middle + 1))) {
    static_cast<void>(path->find(*document));
  }
  const auto patch = codec::parse_json(text.substr(middle + 1), arena);
  schema::StrictErrors strict;
  const auto decoded = schema::decode(*document, pod, arena, &strict);
  if (!decoded || !patch) return 0;
  const codec::Value whole = schema::complete(*decoded, pod, arena);
  THOLE_ASSERT(schema::complete(whole, pod, arena) == whole);
  const auto merged = schema::strategic_merge(whole, *patch, pod, arena);
  if (!merged) return 0;
  if (const auto again = schema::decode(*merged, pod, arena)) {
    static_cast<void>(codec::to_json(schema::complete(*again, pod, arena)));
  }
  return 0;
}
