#pragma once
// metadata: the part of every object that the API server itself owns. Order and emptiness are
// those of Go's ObjectMeta, so that what is stored is what upstream would answer.
// Source: k8s.io/apimachinery/pkg/apis/meta/v1, k8s.io/apiserver/pkg/registry/rest. Threads: any.

#include <string>
#include <string_view>

#include "thole/api/resource_rules.hpp"
#include "thole/base/random.hpp"
#include "thole/codec/value.hpp"

namespace thole::api {

std::string make_uid(Random& random);                          // A version 4 UUID.
std::string make_name(Random& random, std::string_view base);  // With five letters behind it.
std::string timestamp(WallTime now);                           // "2026-01-31T12:00:00Z"

// object.metadata, made when it is missing.
codec::Value metadata_of(codec::Arena& arena, codec::Value object);

// Puts apiVersion, kind and metadata first; metadata's members in Go's order, without what is
// empty, and labels and annotations sorted. Fails with BadRequest where a member has the wrong
// type.
Result<codec::Value> normalize_object(codec::Arena& arena, codec::Value object);

// What upstream's ValidateObjectMeta says; `old` is null on create.
void validate_metadata(const schema::Resource& resource, const ResourceRules& rules,
                       codec::Value object, codec::Value old, Causes& causes);

// Whether two objects are the same but for managedFields' times, resourceVersion and generation.
bool same_but_bookkeeping(codec::Value a, codec::Value b);

}  // namespace thole::api
