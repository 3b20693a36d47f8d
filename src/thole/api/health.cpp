#include "thole/api/health.hpp"

#include <algorithm>

#include "thole/api/respond.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {

message::Response check_health(const Url& url, const std::vector<HealthCheck>& checks) {
  std::string_view path = url.path;
  path.remove_prefix(1);
  const std::string_view kind = path.substr(0, path.find('/'));
  std::string_view only = path.substr(kind.size());
  while (only.starts_with('/')) only.remove_prefix(1);
  if (!only.empty()) {
    for (const HealthCheck& check : checks) {
      if (check.first != only) continue;
      const std::string why = check.second();
      if (why.empty()) return respond_text(200, "ok");
      return respond_text(500, cat("internal server error: ", why, "\n"));
    }
    return respond_text(404, "404 page not found\n");
  }

  std::vector<std::string_view> excluded = url.query.all("exclude");
  std::string text;
  bool failed = false;
  for (const HealthCheck& check : checks) {
    const auto found = std::find(excluded.begin(), excluded.end(), check.first);
    if (found != excluded.end()) {
      excluded.erase(found);
      text += cat("[+]", check.first, " excluded: ok\n");
      continue;
    }
    if (check.second().empty()) {
      text += cat("[+]", check.first, " ok\n");
    } else {
      failed = true;
      text += cat("[-]", check.first, " failed: reason withheld\n");
    }
  }
  if (!excluded.empty()) {
    std::string names;
    for (const std::string_view name : excluded) {
      names += cat(names.empty() ? "" : ", ", codec::go_quote(name));
    }
    text += cat("warn: some health checks cannot be excluded: no matches for ", names, "\n");
  }
  if (failed) return respond_text(500, cat(text, kind, " check failed\n"));
  if (!url.query.has("verbose")) return respond_text(200, "ok");
  return respond_text(200, cat(text, kind, " check passed\n"));
}

}  // namespace thole::api
