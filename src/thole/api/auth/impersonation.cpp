#include "thole/api/auth/impersonation.hpp"

#include <algorithm>
#include <map>

#include "thole/api/auth/errors.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {
namespace {

constexpr std::string_view kExtraPrefix = "impersonate-extra-";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// How Go's %#v shows the user that was asked for; part of a message that clients see.
std::string go_syntax(const UserInfo& user) {
  const auto list = [](const std::vector<std::string>& items) {
    std::string out = "[]string{";
    for (const std::string& item : items) {
      if (out.back() != '{') out += ", ";
      out += codec::go_quote(item);
    }
    return out + "}";
  };
  std::string out = cat(
      "&user.DefaultInfo{Name:", codec::go_quote(user.name), ", UID:", codec::go_quote(user.uid),
      ", Groups:", user.groups.empty() ? "[]string(nil)" : list(user.groups), ", Extra:");
  if (user.extra.empty()) return out + "map[string][]string(nil)}";
  out += "map[string][]string{";
  for (const auto& [key, values] : user.extra) {
    if (out.back() != '{') out += ", ";
    out += cat(codec::go_quote(key), ":", list(values));
  }
  return out + "}}";
}

struct ServiceAccount {
  std::string namespace_, name;
};

std::optional<ServiceAccount> service_account(std::string_view user) {
  constexpr std::string_view kPrefix = "system:serviceaccount:";
  if (!user.starts_with(kPrefix)) return std::nullopt;
  user.remove_prefix(kPrefix.size());
  const std::size_t colon = user.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == user.size() ||
      user.find(':', colon + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  return ServiceAccount{std::string(user.substr(0, colon)), std::string(user.substr(colon + 1))};
}

std::optional<std::string> node_name(std::string_view user) {
  constexpr std::string_view kPrefix = "system:node:";
  if (!user.starts_with(kPrefix)) return std::nullopt;
  user.remove_prefix(kPrefix.size());
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  if (user.empty() || user.size() > 253 || !std::all_of(user.begin(), user.end(), plain)) {
    return std::nullopt;
  }
  return std::string(user);
}

// One way to be allowed. `name` is empty for the mode of old, which has the one verb.
class Mode {
 public:
  Mode(std::string name, const Attributes& attributes, const UserInfo& wanted,
       Authorizer& authorizer)
      : verb_(name.empty() ? "impersonate" : "impersonate:" + name),
        constrained_(!name.empty()),
        name_(std::move(name)),
        attributes_(attributes),
        wanted_(wanted),
        authorizer_(authorizer) {}

  Async<UserInfo> check() {
    if (constrained_) {
      Attributes on = attributes_;
      on.verb = cat("impersonate-on:", name_, ":", attributes_.verb);
      THOLE_CO_CHECK(co_await allowed(std::move(on)));
    }
    UserInfo user = wanted_;
    Attributes ask = about("users", wanted_.name, !constrained_);
    if (const auto node = node_name(wanted_.name); node && constrained_) {
      ask.resource = "nodes";
      ask.name = *node;
      user.groups = {"system:nodes"};
    }
    if (const auto account = service_account(wanted_.name)) {
      ask.resource = "serviceaccounts";
      ask.namespace_ = account->namespace_;
      ask.name = account->name;
      if (wanted_.groups.empty()) {
        user.groups = {"system:serviceaccounts", "system:serviceaccounts:" + account->namespace_};
      }
    }
    THOLE_CO_CHECK(co_await allowed(std::move(ask)));
    if (!wanted_.uid.empty()) {
      THOLE_CO_CHECK(co_await allowed(about("uids", wanted_.uid, false)));
    }
    THOLE_CO_CHECK(co_await check_groups());
    THOLE_CO_CHECK(co_await check_extra());

    const bool anonymous = user.name == "system:anonymous";
    if (anonymous || !contains(user.groups, "system:unauthenticated")) {
      const std::string_view group = anonymous ? "system:unauthenticated" : "system:authenticated";
      if (!contains(user.groups, group)) user.groups.emplace_back(group);
    }
    co_return user;
  }

 private:
  // The first constrained modes ask in authentication.k8s.io, the mode of old in the core group.
  Attributes about(std::string_view resource, std::string name, bool core) const {
    Attributes ask;
    ask.user = attributes_.user;
    ask.verb = verb_;
    ask.resource_request = true;
    ask.group = core ? "" : "authentication.k8s.io";
    ask.version = "v1";
    ask.resource = resource;
    ask.name = std::move(name);
    return ask;
  }

  Async<void> allowed(Attributes ask) {
    const Result<Decision> decision = co_await authorizer_.authorize(ask);
    if (!decision) co_return fail(forbidden_error(ask, decision.error().message));
    if (decision->answer != Decision::Answer::Allow) {
      co_return fail(forbidden_error(ask, decision->reason));
    }
    co_return Result<void>();
  }

  Async<void> check_groups() {
    if (wanted_.groups.empty()) co_return Result<void>();
    if (constrained_ && contains(wanted_.groups, "")) {
      co_return fail(forbidden_error(about("groups", "", false),
                                     "impersonating the empty string group is not allowed"));
    }
    if (constrained_ && contains(wanted_.groups, "system:masters")) {
      co_return fail(forbidden_error(about("groups", "system:masters", false),
                                     "impersonating the system:masters group is not allowed"));
    }
    for (const std::string& group : wanted_.groups) {
      THOLE_CO_CHECK(co_await allowed(about("groups", group, !constrained_)));
    }
    co_return Result<void>();
  }

  Async<void> check_extra() {
    for (const auto& [key, values] : wanted_.extra) {
      for (const std::string& value : values) {
        Attributes ask = about("userextras", value, false);
        ask.subresource = key;
        THOLE_CO_CHECK(co_await allowed(std::move(ask)));
      }
    }
    co_return Result<void>();
  }

  const std::string verb_;
  const bool constrained_;
  const std::string name_;
  const Attributes& attributes_;
  const UserInfo& wanted_;
  Authorizer& authorizer_;
};

}  // namespace

Result<std::optional<UserInfo>> wanted_user(const message::Headers& headers) {
  UserInfo user{.name = std::string(headers.get("impersonate-user")),
                .uid = std::string(headers.get("impersonate-uid"))};
  for (const std::string_view group : headers.all("impersonate-group")) {
    user.groups.emplace_back(group);
  }
  std::map<std::string, std::vector<std::string>> extra;
  for (const message::Headers::Field& field : headers) {
    const std::string name = lower(field.name);
    if (!name.starts_with(kExtraPrefix)) continue;
    bool ok = true;
    const std::string_view encoded = std::string_view(name).substr(kExtraPrefix.size());
    std::string key = percent_decode(encoded, false, ok);
    if (!ok) key = encoded;
    extra[key].push_back(field.value);
  }
  user.extra.assign(extra.begin(), extra.end());

  if (!user.name.empty()) return std::optional(std::move(user));
  if (user.uid.empty() && user.groups.empty() && user.extra.empty()) return std::nullopt;
  return fail(ErrorKind::BadRequest,
              cat("requested ", go_syntax(user), " without impersonating a user name"));
}

Async<UserInfo> impersonate(const Attributes& attributes, UserInfo wanted, Authorizer& authorizer) {
  const bool only_name = wanted.uid.empty() && wanted.groups.empty() && wanted.extra.empty();
  const bool node = node_name(wanted.name).has_value();
  const bool account = service_account(wanted.name).has_value();
  std::vector<std::string> modes;
  if (only_name && node) modes.emplace_back("arbitrary-node");
  if (only_name && account) modes.emplace_back("serviceaccount");
  if (!node && !account) modes.emplace_back("user-info");
  modes.emplace_back();

  std::optional<Error> first_refusal;
  for (const std::string& name : modes) {
    Mode mode(name, attributes, wanted, authorizer);
    Result<UserInfo> user = co_await mode.check();
    if (user) co_return std::move(*user);
    if (!first_refusal) first_refusal = std::move(user.error());
  }
  co_return fail(std::move(*first_refusal));
}

}  // namespace thole::api
