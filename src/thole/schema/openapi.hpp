#pragma once
// The OpenAPI documents of what a server serves: version 2 as one document, version 3 as one for
// each group-version, both made from the schema graph whenever asked for. Making one takes
// milliseconds, so the caller keeps what it serves often.
//
// Sources: https://spec.openapis.org/oas/v2.0 and /v3.0.0; github.com/google/gnostic-models for the
// protobuf form of version 2; upstream's own documents for the x-kubernetes extensions.
// Threads: any; an OpenApi may be read by several at once.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thole/base/result.hpp"
#include "thole/codec/value.hpp"
#include "thole/schema/catalog.hpp"
#include "thole/schema/prose.hpp"

namespace thole::schema {

// A kind that a CRD defines: its resource, and the openAPIV3Schema of its version (null for none).
struct CustomSchema {
  const Resource* resource = nullptr;
  codec::Value schema;
};

enum class OpenApiVersion { V2, V3 };

class OpenApi {
 public:
  // All are kept by reference. `resources` are the built-in ones that are served.
  struct Input {
    const Catalog& catalog;
    const Prose& prose;
    std::span<const Resource* const> resources;
    std::span<const CustomSchema> customs;
  };
  explicit OpenApi(const Input& input);

  std::string v2_json() const;
  // application/com.github.proto-openapi.spec.v2@v1.0+protobuf
  std::string v2_protobuf() const;

  // The documents of version 3: "api", "api/v1", "apis/apps", "apis/apps/v1", "version", sorted.
  std::vector<std::string> v3_paths() const;
  // Fails with NotFound for other paths.
  Result<std::string> v3_json(std::string_view path) const;

  // The document at /openapi/v3; each path with the hash of its document, upper-case hexadecimal.
  struct Hash {
    std::string path, hash;
  };
  static std::string v3_index(std::span<const Hash> hashes);

  codec::Value document(OpenApiVersion version, std::string_view path, codec::Arena& arena) const;

 private:
  Input input_;
};

// The protobuf form of a version 2 document. What the format has no place for is left out.
std::string openapi_v2_to_protobuf(const codec::Value& document);

}  // namespace thole::schema
