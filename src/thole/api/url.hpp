#pragma once
// A request target taken apart: the path, percent-decoded, and the query, as Go's net/url reads it.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thole/base/result.hpp"

namespace thole::api {

class Query {
 public:
  void add(std::string key, std::string value) {
    values_.emplace_back(std::move(key), std::move(value));
  }
  bool has(std::string_view key) const;
  std::string_view get(std::string_view key) const;  // The first; empty when absent.
  std::vector<std::string_view> all(std::string_view key) const;
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

struct Url {
  std::string path;
  Query query;
};

// Fails with BadRequest on bad percent-encoding in the path. A query's bad pair is dropped, as
// Go's does.
Result<Url> parse_url(std::string_view target);

std::string percent_decode(std::string_view text, bool plus_is_space, bool& ok);

}  // namespace thole::api
