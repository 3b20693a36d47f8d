// The input is a CRD's schema, a zero byte and an object: pruned, given defaults, validated.

#include "thole/schema/structural.hpp"

#include "thole/codec/json.hpp"
#include "thole/schema/decode.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace thole;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = text.find('\0');
  if (middle == std::string_view::npos) return 0;
  codec::Arena arena;
  const auto definition = codec::parse_json(text.substr(0, middle), arena);
  const auto object = codec::parse_json(text.substr(middle + 1), arena);
  if (!definition || !object) return 0;
  std::vector<ErrorCause> causes;
  const auto structural = schema::Structural::make(*definition, "schema", causes);
  if (structural == nullptr) return 0;
  schema::StrictErrors strict;
  schema::prune(*object, structural->root(), &strict);
  schema::apply_defaults(*object, structural->root(), arena);
  schema::validate(*object, *structural, causes);
  const std::string once = codec::to_json(*object);
  schema::prune(*object, structural->root(), nullptr);
  THOLE_ASSERT(codec::to_json(*object).size() <= once.size());
  return 0;
}
