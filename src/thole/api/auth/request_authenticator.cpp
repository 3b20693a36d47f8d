#include "thole/api/auth/request_authenticator.hpp"

#include <algorithm>

#include "thole/api/auth/errors.hpp"
#include "thole/api/auth/impersonation.hpp"
#include "thole/base/text.hpp"

namespace thole::api {
namespace {

// Every known user is in this group, save for one that already is in either of the two.
UserInfo with_authenticated(UserInfo user) {
  for (const std::string& group : user.groups) {
    if (group == "system:authenticated" || group == "system:unauthenticated") return user;
  }
  user.groups.emplace_back("system:authenticated");
  return user;
}

// The token of an Authorization header; empty when it holds something else.
std::string_view bearer_token(std::string_view header) {
  while (header.starts_with(' ')) header.remove_prefix(1);
  const std::size_t space = header.find(' ');
  if (space != 6) return {};
  constexpr std::string_view kBearer = "bearer";
  for (std::size_t i = 0; i < kBearer.size(); ++i) {
    if ((header[i] | 0x20) != kBearer[i]) return {};
  }
  const std::string_view rest = header.substr(space + 1);
  return rest.substr(0, rest.find(' '));
}

}  // namespace

std::optional<UserInfo> RequestAuthenticator::user_of_token(std::string_view token) const {
  if (!options_.tokens) return std::nullopt;
  const UserInfo* user = options_.tokens->find(token);
  if (!user) return std::nullopt;
  return with_authenticated(*user);
}

Result<UserInfo> RequestAuthenticator::sender(const message::Request& request) const {
  if (request.peer.in_process) {
    return with_authenticated(
        {.name = request.peer.in_process->user, .groups = request.peer.in_process->groups});
  }

  bool refused = false;
  if (options_.client_ca && !request.peer.certificates_der.empty()) {
    const Result<codec::CertificateInfo> certificate =
        verified_.verify(*options_.client_ca, request.peer.certificates_der, clock_.wall());
    if (!certificate) {
      refused = true;
    } else if (!certificate->subject.common_name.empty()) {
      UserInfo user{.name = certificate->subject.common_name,
                    .uid = certificate->subject.uid,
                    .groups = certificate->subject.organizations};
      user.extra.push_back({"authentication.kubernetes.io/credential-id",
                            {"X509SHA256=" + certificate->sha256_hex}});
      return with_authenticated(std::move(user));
    }
  }
  if (const std::string_view token = bearer_token(request.headers.get("authorization"));
      !token.empty()) {
    if (std::optional<UserInfo> user = user_of_token(token)) return std::move(*user);
    refused = true;
  }
  if (refused || !options_.anonymous) return fail(unauthorized_error());
  return UserInfo{.name = "system:anonymous", .groups = {"system:unauthenticated"}};
}

Async<Caller> RequestAuthenticator::authenticate(const message::Request& request,
                                                 const RequestInfo& info) {
  THOLE_CO_TRY(UserInfo user, sender(request));
  THOLE_CO_TRY(std::optional<UserInfo> wanted, wanted_user(request.headers));
  if (!wanted) co_return Caller{std::move(user), std::nullopt};

  const Attributes attributes = attributes_of(info, user);
  THOLE_CO_TRY(UserInfo other, co_await impersonate(attributes, std::move(*wanted), authorizer_));
  co_return Caller{std::move(other), std::move(user)};
}

}  // namespace thole::api
