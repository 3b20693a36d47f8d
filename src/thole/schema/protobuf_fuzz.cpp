// The input is a message, read as a Pod, a custom resource definition and DeleteOptions, then
// completed and written.

#include "thole/codec/json.hpp"
#include "thole/schema/catalog.hpp"
#include "thole/schema/decode.hpp"
#include "thole/schema/protobuf.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace thole;
  static const auto catalog = schema::Catalog::builtin();
  static const schema::Type* const types[] = {
      catalog->type_of_kind("", "v1", "Pod"),
      catalog->type_of_kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition"),
      catalog->type_of_kind("", "v1", "DeleteOptions")};
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(schema::read_protobuf_envelope(bytes));
  for (const schema::Type* type : types) {
    codec::Arena arena;
    const auto decoded = schema::decode_protobuf(bytes, *type, arena);
    if (!decoded) continue;
    const codec::Value whole = schema::complete(*decoded, *type, arena);
    static_cast<void>(codec::to_json(whole));
  }
  return 0;
}
