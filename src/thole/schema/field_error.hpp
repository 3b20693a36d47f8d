#pragma once
// metav1.StatusCause as k8s.io/apimachinery/pkg/util/validation/field words its errors. `value` is
// the value that was refused, as it stands in the message. Threads: any.

#include <span>
#include <string>
#include <string_view>

#include "thole/base/result.hpp"
#include "thole/codec/value.hpp"

namespace thole::schema {

ErrorCause required(std::string_view path, std::string_view detail = {});
ErrorCause invalid(std::string_view path, const codec::Value& value, std::string_view detail);
ErrorCause type_invalid(std::string_view path, const codec::Value& value, std::string_view detail);
ErrorCause forbidden(std::string_view path, std::string_view detail);
ErrorCause duplicate(std::string_view path, const codec::Value& value);
ErrorCause not_supported(std::string_view path, const codec::Value& value,
                         std::span<const std::string> supported);
ErrorCause too_long(std::string_view path, std::int64_t bytes_max);
ErrorCause too_many(std::string_view path, std::int64_t count, std::int64_t most);

}  // namespace thole::schema
