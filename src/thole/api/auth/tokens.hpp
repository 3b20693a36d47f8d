#pragma once
// The static token file (--token-auth-file): lines of token,user,uid,"group,group" as CSV.
// Source: k8s.io/apiserver/pkg/authentication/token/tokenfile.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "thole/api/attributes.hpp"
#include "thole/base/result.hpp"

namespace thole::api {

class TokenTable {
 public:
  // Fails with Invalid, naming `file`, when a line has fewer than three columns or bad quotes.
  static Result<TokenTable> parse(std::string_view csv, std::string_view file);

  void add(std::string token, UserInfo user) {
    users_.insert_or_assign(std::move(token), std::move(user));
  }
  // The groups are as in the file, without system:authenticated.
  const UserInfo* find(std::string_view token) const;

 private:
  std::map<std::string, UserInfo, std::less<>> users_;
};

}  // namespace thole::api
