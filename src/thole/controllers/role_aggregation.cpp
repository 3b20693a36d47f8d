#include "thole/controllers/role_aggregation.hpp"

#include <algorithm>
#include <vector>

#include "thole/base/text.hpp"

namespace thole::controllers {
namespace {

using namespace std::chrono_literals;
using client::ResourceRef;
using codec::Arena;
using codec::Value;

constexpr Duration kPause = 1s;

ResourceRef cluster_roles() { return {"rbac.authorization.k8s.io", "v1", "clusterroles"}; }

bool holds(const Value& list, const Value& wanted) {
  const auto items = list.elements();
  return std::any_of(items.begin(), items.end(), [&](const Value& one) { return one == wanted; });
}

// metav1.LabelSelector. An operator that is not known matches nothing.
bool matches(const Value& selector, const Value& labels) {
  for (const codec::Member& member : selector.get("matchLabels").members()) {
    if (!(labels.get(member.key) == member.value)) return false;
  }
  for (const Value& wanted : selector.get("matchExpressions").elements()) {
    const Value label = labels.get(wanted.string_or("key"));
    const std::string_view op = wanted.string_or("operator");
    const bool among = !label.is_null() && holds(wanted.get("values"), label);
    const bool right = op == "In"             ? among
                       : op == "NotIn"        ? !among
                       : op == "Exists"       ? !label.is_null()
                       : op == "DoesNotExist" ? label.is_null()
                                              : false;
    if (!right) return false;
  }
  return true;
}

}  // namespace

RoleAggregation::RoleAggregation(client::Client& client, Log& log)
    : client_(client),
      log_(log),
      news_(client.executor()),
      done_(client.executor()),
      roles_(client, log, cluster_roles(), "", [this](const std::string&) { news_.notify(); }) {}

RoleAggregation::~RoleAggregation() = default;

void RoleAggregation::start() {
  running_ = true;
  roles_.start();
  spawn(client_.executor(), "role aggregation", run());
}

asio::awaitable<void> RoleAggregation::stop() {
  stopping_ = true;
  news_.close();
  co_await roles_.stop();
  if (running_) co_await done_.wait();
}

asio::awaitable<void> RoleAggregation::run() {
  bool failed = false;
  while (!stopping_) {
    const auto outcome = failed
                             ? co_await news_.wait_until(client_.executor().clock().now() + kPause)
                             : co_await news_.wait();
    if (outcome == Signal::Outcome::Closed) break;
    if (!roles_.synced()) continue;
    failed = false;
    std::vector<std::string> names;
    for (const auto& [name, role] : roles_.objects()) {
      if (!role->root.get("aggregationRule").is_null()) names.push_back(name);
    }
    for (const std::string& name : names) {
      if (stopping_) break;
      const Result<void> settled = co_await settle(name);
      if (settled || settled.error().kind == ErrorKind::NotFound) continue;
      failed = true;
      if (settled.error().kind == ErrorKind::Conflict) continue;  // Its news is on the way.
      THOLE_LOG(log_, Warning, "controllers", "cluster role ", name, ": ", settled.error().message);
    }
  }
  running_ = false;
  done_.notify();
}

Async<void> RoleAggregation::settle(std::string name) {
  const auto found = roles_.objects().find(name);
  if (found == roles_.objects().end()) co_return Result<void>();
  const std::shared_ptr<const codec::Document> role = found->second;

  Arena arena;
  const Value rules = Value::array(arena);
  for (const Value& selector :
       role->root.get("aggregationRule").get("clusterRoleSelectors").elements()) {
    for (const auto& [other, object] : roles_.objects()) {  // In order of their names.
      if (other == name || !matches(selector, object->root.get("metadata").get("labels"))) continue;
      for (const Value& rule : object->root.get("rules").elements()) {
        if (!holds(rules, rule)) rules.push_back(arena, rule.clone(arena));
      }
    }
  }
  const Value now = role->root.get("rules");
  if (rules == now || (rules.size() == 0 && now.size() == 0)) co_return Result<void>();

  const Value metadata = Value::object(arena);
  metadata.set(arena, "resourceVersion", role->root.get("metadata").get("resourceVersion"));
  const Value patch = Value::object(arena);
  patch.set(arena, "metadata", metadata);
  patch.set(arena, "rules", rules);
  THOLE_CO_CHECK(co_await client_.merge_patch(cluster_roles(), "", name, patch));
  co_return Result<void>();
}

}  // namespace thole::controllers
