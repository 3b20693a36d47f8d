#pragma once
// What the verbs need of the schema graph. One implementation walks schema::Type; tests use it too.
// Threads: any.

#include <string>
#include <string_view>
#include <vector>

#include "thole/base/result.hpp"
#include "thole/codec/value.hpp"
#include "thole/schema/type.hpp"

namespace thole::api {

class Walks {
 public:
  virtual ~Walks() = default;
  // Brings a decoded object into its type's shape: drops unknown fields (reported in `unknown` as
  // paths such as `spec.foo`), checks what each field holds, orders members as Go writes them.
  // Fails with BadRequest for a value of the wrong kind.
  virtual Result<codec::Value> shape(const schema::Resource& resource, codec::Value object,
                                     codec::Arena& arena, std::vector<std::string>& unknown) = 0;
  virtual void set_defaults(const schema::Resource& resource, codec::Value object,
                            codec::Arena& arena) = 0;
  // Gives an object that is about to be stored the form Go's encoder would give it.
  virtual codec::Value complete(const schema::Resource& resource, codec::Value object,
                                codec::Arena& arena) = 0;
  // A strategic merge patch. Fails with BadRequest, or UnsupportedMediaType for custom resources.
  virtual Result<codec::Value> strategic_merge(const schema::Resource& resource,
                                               codec::Value original, codec::Value patch,
                                               codec::Arena& arena) = 0;
  // Validation that the type itself states (CRDs, declarative tags).
  virtual void validate(const schema::Resource& resource, codec::Value object, codec::Value old,
                        std::vector<ErrorCause>& causes) = 0;
};

}  // namespace thole::api
