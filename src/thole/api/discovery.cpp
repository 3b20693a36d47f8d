#include "thole/api/discovery.hpp"

#include <algorithm>

#include "thole/api/discovery_documents.hpp"
#include "thole/api/respond.hpp"
#include "thole/base/text.hpp"

namespace thole::api {

namespace {

// The aggregated form is asked for by media type parameters that nothing else uses.
std::string_view aggregated_version(const message::Headers& headers) {
  for (const std::string_view line : headers.all("accept")) {
    std::string_view rest = line;
    while (!rest.empty()) {
      const auto comma = rest.find(',');
      const std::string_view range = rest.substr(0, comma);
      rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 1);
      if (range.find("as=APIGroupDiscoveryList") == range.npos) {
        if (range.find("application/json") != range.npos) return "";
        continue;
      }
      if (range.find("application/json") == range.npos) continue;
      if (range.find("g=apidiscovery.k8s.io") == range.npos) continue;
      if (range.find("v=v2beta1") != range.npos) continue;  // No longer served.
      if (range.find("v=v2") != range.npos) return "v2";
    }
  }
  return "";
}

// FNV-1a, twice with different seeds: an ETag has to differ when the document does, no more.
std::string etag_of(std::string_view text) {
  std::uint64_t a = 0xcbf29ce484222325;
  std::uint64_t b = 0x9e3779b97f4a7c15;
  for (const char c : text) {
    a = (a ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    b = (b ^ static_cast<unsigned char>(c)) * 0x9ddfea08eb382d69;
    b ^= b >> 29;
  }
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out = "\"";
  for (const std::uint64_t half : {a, b}) {
    for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[(half >> shift) & 15];
  }
  return out + "\"";
}

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> parts;
  while (path.starts_with('/')) path.remove_prefix(1);
  while (!path.empty()) {
    const auto slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == path.npos) break;
    path.remove_prefix(slash + 1);
  }
  if (!parts.empty() && parts.back().empty()) parts.pop_back();
  return parts;
}

message::Response aggregated(const Call& call, std::string json) {
  message::Response response;
  const std::string etag = etag_of(json);
  response.headers.set("etag", etag);
  response.headers.set("vary", "Accept");
  if (call.request.headers.get("if-none-match") == etag) {
    response.status = 304;
    return response;
  }
  response.headers.set("content-type",
                       "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
  response.body = std::move(json);
  return response;
}

}  // namespace

std::optional<Result<message::Response>> answer_discovery(const Environment& environment,
                                                          Call& call) {
  const auto parts = segments(call.url.path);
  if (parts.empty() || (parts[0] != "api" && parts[0] != "apis") || parts.size() > 3) {
    return std::nullopt;
  }
  const bool legacy = parts[0] == "api";
  if (legacy && parts.size() > 2) return std::nullopt;

  const std::vector<Served> all = environment.resources.all();
  if (parts.size() == 1) {
    if (!aggregated_version(call.request.headers).empty()) {
      return aggregated(call, aggregated_document(all, legacy));
    }
    auto media = negotiate(call.request.headers, call.url.query.get("pretty"), false);
    if (!media) return fail(media.error());
    message::Response response =
        respond_json(*media, 200, legacy ? core_versions_document() : group_list_document(all));
    response.headers.set("vary", "Accept");
    return response;
  }
  auto media = negotiate(call.request.headers, call.url.query.get("pretty"), false);
  if (!media) return fail(media.error());
  const std::string_view group = legacy ? std::string_view() : parts[1];
  if (!legacy && parts.size() == 2) {
    std::string json = group_document(all, group);
    if (json.empty()) return std::nullopt;
    return respond_json(*media, 200, std::move(json));
  }
  const std::string_view version = legacy ? parts[1] : parts[2];
  std::string json = resource_list_document(all, group, version);
  if (json.empty()) return std::nullopt;
  return respond_json(*media, 200, std::move(json));
}

}  // namespace thole::api
