#pragma once
// Which version this is, and whose API it serves.

#include <string_view>

namespace thole::server {

inline constexpr std::string_view kVersion = "0.1.0";
inline constexpr std::string_view kKubernetesVersion = "v1.37.2";

}  // namespace thole::server
