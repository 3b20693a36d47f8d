#include "thole/api/auth/rule_covers.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {
namespace {

// Comparisons of one combination with one held rule. A small body can spell out combinations
// without end, and they multiply with the rules that the caller holds.
constexpr std::size_t kComparisonsMax = 1'000'000;

bool holds(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool holds_or_all(const std::vector<std::string>& list, std::string_view text) {
  return holds(list, "*") || holds(list, text);
}

bool covers_resource(const std::vector<std::string>& held, std::string_view wanted) {
  if (holds_or_all(held, wanted)) return true;
  const std::size_t slash = wanted.find('/');
  return slash != std::string_view::npos && holds(held, cat("*", wanted.substr(slash)));
}

// `wanted` may end with a star itself, so a held star does for it too.
bool covers_url(const std::vector<std::string>& held, std::string_view wanted) {
  for (const std::string_view owner : held) {
    if (owner == wanted) return true;
    if (!owner.ends_with('*')) continue;
    const std::size_t last = owner.find_last_not_of('*');
    if (last == std::string_view::npos || wanted.starts_with(owner.substr(0, last + 1))) {
      return true;
    }
  }
  return false;
}

// One verb on one resource or path. A null name stands for every name.
struct Right {
  std::string_view verb;
  const std::string* group = nullptr;
  const std::string* resource = nullptr;
  const std::string* name = nullptr;
  const std::string* url = nullptr;

  bool covered_by(const PolicyRule& held) const {
    if (!holds_or_all(held.verbs, verb)) return false;
    if (url) return held.resource_names.empty() && covers_url(held.non_resource_urls, *url);
    return holds_or_all(held.api_groups, *group) && covers_resource(held.resources, *resource) &&
           (held.resource_names.empty() || (name && holds(held.resource_names, *name)));
  }
};

class Missing {
 public:
  explicit Missing(const std::vector<PolicyRule>& held) : held_(held) {}

  // False: enough compared.
  bool check(const Right& right) {
    compared_ += held_.size() + 1;
    if (compared_ > kComparisonsMax) return false;
    for (const PolicyRule& rule : held_) {
      if (right.covered_by(rule)) return true;
    }
    if (right.url) {
      urls_.push_back({.verbs = {std::string(right.verb)},
                       .api_groups = {},
                       .resources = {},
                       .resource_names = {},
                       .non_resource_urls = {*right.url}});
      return true;
    }
    const Place place{*right.group, *right.resource, right.name != nullptr,
                      right.name ? *right.name : std::string()};
    resources_[place].emplace_back(right.verb);
    return true;
  }

  std::vector<PolicyRule> take() {
    std::vector<PolicyRule> out = std::move(urls_);
    for (auto& [place, verbs] : resources_) {
      const auto& [group, resource, named, name] = place;
      PolicyRule rule;
      rule.verbs = std::move(verbs);
      rule.api_groups = {group};
      rule.resources = {resource};
      if (named) rule.resource_names = {name};
      out.push_back(std::move(rule));
    }
    return out;
  }

 private:
  using Place = std::tuple<std::string, std::string, bool, std::string>;

  const std::vector<PolicyRule>& held_;
  std::size_t compared_ = 0;
  std::vector<PolicyRule> urls_;
  std::map<Place, std::vector<std::string>> resources_;
};

bool check_rule(const PolicyRule& rule, Missing& missing) {
  for (const std::string& group : rule.api_groups) {
    for (const std::string& resource : rule.resources) {
      for (const std::string& verb : rule.verbs) {
        Right right{.verb = verb, .group = &group, .resource = &resource};
        if (rule.resource_names.empty() && !missing.check(right)) return false;
        for (const std::string& name : rule.resource_names) {
          right.name = &name;
          if (!missing.check(right)) return false;
        }
      }
    }
  }
  for (const std::string& url : rule.non_resource_urls) {
    for (const std::string& verb : rule.verbs) {
      if (!missing.check({.verb = verb, .url = &url})) return false;
    }
  }
  return true;
}

}  // namespace

Result<std::vector<PolicyRule>> missing_rules(const std::vector<PolicyRule>& held,
                                              const std::vector<PolicyRule>& wanted) {
  Missing missing(held);
  for (const PolicyRule& rule : wanted) {
    if (!check_rule(rule, missing)) {
      return fail(ErrorKind::Invalid,
                  "the rules spell out too many permissions to compare with those held");
    }
  }
  return missing.take();
}

std::string quoted_list(const std::vector<std::string>& list) {
  std::string out = "[";
  for (const std::string& item : list) {
    if (out.size() > 1) out += ' ';
    out += codec::go_quote(item);
  }
  return out + "]";
}

std::string compact_text(const PolicyRule& rule) {
  std::string out = "{";
  const auto part = [&](std::string_view key, const std::vector<std::string>& list) {
    if (list.empty()) return;
    if (out.size() > 1) out += ", ";
    out += cat(key, ":", quoted_list(list));
  };
  part("APIGroups", rule.api_groups);
  part("Resources", rule.resources);
  part("NonResourceURLs", rule.non_resource_urls);
  part("ResourceNames", rule.resource_names);
  part("Verbs", rule.verbs);
  return out + "}";
}

}  // namespace thole::api
