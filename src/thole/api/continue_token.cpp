#include "thole/api/continue_token.hpp"

#include "thole/base/text.hpp"
#include "thole/codec/base64.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {

namespace {

std::unexpected<Error> not_valid(std::string_view why) {
  return fail(ErrorKind::BadRequest, cat("continue key is not valid", why));
}

// A cleaned path stays where it is: no empty, "." or ".." segment climbs out of the resource.
bool is_clean(std::string_view start) {
  if (start.starts_with('/')) start.remove_prefix(1);
  while (true) {
    const auto slash = start.find('/');
    const std::string_view segment = start.substr(0, slash);
    if (segment.empty() || segment == "." || segment == "..") return false;
    if (slash == start.npos) return true;
    start.remove_prefix(slash + 1);
  }
}

}  // namespace

std::string encode_continue(const ContinueToken& token) {
  std::string json = cat(R"({"v":"meta.k8s.io/v1","rv":)", token.revision, R"(,"start":)");
  codec::write_json_string(token.start, json);
  json += '}';
  return codec::encode_base64_url(json);
}

Result<ContinueToken> decode_continue(std::string_view text) {
  const auto bytes = codec::decode_base64_url(text);
  if (!bytes) return not_valid(cat(": ", bytes.error().message));
  const auto json = codec::parse_json(*bytes);
  if (!json) return not_valid(cat(": ", json.error().message));
  const codec::Value root = json->root;
  if (root.string_or("v") != "meta.k8s.io/v1") {
    return not_valid(cat(": server does not recognize this encoded version ", root.string_or("v")));
  }
  ContinueToken token{root.int_or("rv", 0), std::string(root.string_or("start"))};
  if (token.revision == 0) {
    return not_valid(": incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  }
  if (token.start.empty()) {
    return not_valid(": encoded start key empty (version meta.k8s.io/v1)");
  }
  if (!is_clean(token.start)) return not_valid(cat(": ", token.start));
  if (token.start.starts_with('/')) token.start.erase(0, 1);
  return token;
}

}  // namespace thole::api
