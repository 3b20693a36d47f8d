#pragma once
// Which form an answer takes: JSON or YAML, and the object itself, a Table, or its metadata only.
// Source: k8s.io/apiserver/pkg/endpoints/handlers/negotiation. Threads: any.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "thole/base/result.hpp"
#include "thole/message/message.hpp"

namespace thole::api {

enum class Encoding : std::uint8_t { Json, Yaml };
enum class Shape : std::uint8_t { Object, Table, Metadata };

struct MediaType {
  Encoding encoding = Encoding::Json;
  Shape shape = Shape::Object;
  bool pretty = false;
  bool stream = false;             // ;stream=watch was asked for.
  std::string_view shape_version;  // "v1" or "v1beta1" of meta.k8s.io.

  std::string content_type() const;
  bool operator==(const MediaType&) const = default;
};

// `tables`: whether the resource can be shown as Table or PartialObjectMetadata (not for Status).
Result<MediaType> negotiate(const message::Headers& headers, std::string_view pretty_query,
                            bool shapes = true);

// The media ranges of Accept without their parameters, best first; {"*/*"} when there is none.
std::vector<std::string> accepted_ranges(const message::Headers& headers);

// "application/json" and so on out of a Content-Type; empty stays empty.
std::string media_type_of(std::string_view content_type);

}  // namespace thole::api
