#include "thole/controllers/cluster_loops.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "thole/base/text.hpp"

namespace thole::controllers {
namespace {

using namespace std::chrono_literals;
using client::ResourceRef;
using codec::Arena;
using codec::Document;
using codec::Value;

constexpr Duration kPauseMin = 100ms;
constexpr Duration kPauseMax = 10s;
constexpr std::string_view kRootCa = "kube-root-ca.crt";
constexpr std::string_view kRootCaText =
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal "
    "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "
    "guaranteed across distributions of Kubernetes clusters.";

ResourceRef namespaces() { return {"", "v1", "namespaces"}; }
ResourceRef accounts() { return {"", "v1", "serviceaccounts"}; }
ResourceRef config_maps() { return {"", "v1", "configmaps"}; }

std::string_view namespace_of_key(std::string_view key) { return key.substr(0, key.find('/')); }

bool can(const Value& resource, std::string_view verb) {
  for (const Value& one : resource.get("verbs").elements()) {
    if (one.is_string() && one.as_string() == verb) return true;
  }
  return false;
}

// The resources of one APIResourceList that live in namespaces and can be deleted there.
void add_deletable(const Value& list, std::vector<ResourceRef>& out) {
  const std::string_view group_version = list.string_or("groupVersion");
  const std::size_t slash = group_version.find('/');
  const bool core = slash == std::string_view::npos;
  for (const Value& resource : list.get("resources").elements()) {
    const std::string_view name = resource.string_or("name");
    if (!resource.bool_or("namespaced", false) || name.find('/') != std::string_view::npos ||
        !can(resource, "list") || !can(resource, "delete")) {
      continue;
    }
    out.push_back({core ? std::string() : std::string(group_version.substr(0, slash)),
                   std::string(core ? group_version : group_version.substr(slash + 1)),
                   std::string(name)});
  }
}

Async<std::vector<ResourceRef>> find_deletable(client::Client& client) {
  std::vector<ResourceRef> out;
  THOLE_CO_TRY(const Document core, co_await client.call("GET", "/api/v1"));
  add_deletable(core.root, out);
  THOLE_CO_TRY(const Document groups, co_await client.call("GET", "/apis"));
  for (const Value& group : groups.root.get("groups").elements()) {
    const std::string version(group.get("preferredVersion").string_or("groupVersion"));
    THOLE_CO_TRY(const Document list, co_await client.call("GET", "/apis/" + version));
    add_deletable(list.root, out);
  }
  co_return out;
}

}  // namespace

ClusterLoops::ClusterLoops(client::Transport& transport, Log& log, std::string root_ca_pem)
    : log_(log),
      root_ca_pem_(std::move(root_ca_pem)),
      client_(transport, "kube-controller-manager"),
      news_(transport.executor()),
      done_(transport.executor()),
      namespaces_(client_, log, namespaces(), "", [this](const std::string& key) { enqueue(key); }),
      accounts_(client_, log, accounts(), "fieldSelector=metadata.name%3Ddefault",
                [this](const std::string& key) { enqueue(std::string(namespace_of_key(key))); }),
      root_cas_(client_, log, config_maps(), cat("fieldSelector=metadata.name%3D", kRootCa),
                [this](const std::string& key) { enqueue(std::string(namespace_of_key(key))); }),
      aggregation_(client_, log) {}

ClusterLoops::~ClusterLoops() = default;

void ClusterLoops::start() {
  running_ = true;
  namespaces_.start();
  accounts_.start();
  root_cas_.start();
  aggregation_.start();
  spawn(client_.executor(), "cluster loops", run());
}

asio::awaitable<void> ClusterLoops::stop() {
  stopping_ = true;
  news_.close();
  co_await namespaces_.stop();
  co_await accounts_.stop();
  co_await root_cas_.stop();
  co_await aggregation_.stop();
  if (running_) co_await done_.wait();
}

void ClusterLoops::enqueue(const std::string& name) {
  if (!name.empty()) work_[name].due = client_.executor().clock().now();
  news_.notify();
}

asio::awaitable<void> ClusterLoops::run() {
  while (!stopping_) {
    const TimePoint now = client_.executor().clock().now();
    const bool ready = namespaces_.synced() && accounts_.synced() && root_cas_.synced();
    std::optional<TimePoint> next;
    std::vector<std::string> due;
    for (const auto& [name, work] : work_) {
      if (ready && work.due <= now) {
        due.push_back(name);
      } else if (!next || work.due < *next) {
        next = work.due;
      }
    }
    for (const std::string& name : due) {
      if (stopping_) break;
      const Work before = work_.at(name);
      const Result<bool> settled = co_await settle(name);
      if (!settled && settled.error().kind != ErrorKind::Conflict) {
        THOLE_LOG(log_, Warning, "controllers", "namespace ", name, ": ", settled.error().message);
      }
      Work& work = work_.at(name);
      if (settled && *settled) {
        if (work.due == before.due) work_.erase(name);  // Nothing new came meanwhile.
        continue;
      }
      const Duration pause = std::min(kPauseMin * (1 << std::min(work.failures, 10)), kPauseMax);
      ++work.failures;
      work.due = client_.executor().clock().now() + pause;
      if (!next || work.due < *next) next = work.due;
    }
    if (stopping_) break;
    if (!due.empty()) continue;
    // Until the copies are complete, only their news can help.
    const auto outcome = ready && next ? co_await news_.wait_until(*next) : co_await news_.wait();
    if (outcome == Signal::Outcome::Closed) break;
  }
  running_ = false;
  done_.notify();
}

Async<bool> ClusterLoops::settle(std::string name) {
  const auto found = namespaces_.objects().find(name);
  if (found == namespaces_.objects().end()) co_return true;
  const std::shared_ptr<const Document> object = found->second;
  const bool leaving = object->root.get("metadata").get("deletionTimestamp").is_string();
  if (leaving) co_return co_await empty(std::move(name), object->root);

  const std::string account = cat(name, "/default");
  if (!accounts_.objects().contains(account)) THOLE_CO_CHECK(co_await ensure_account(name));
  const auto root_ca = root_cas_.objects().find(cat(name, "/", kRootCa));
  const bool right = root_ca != root_cas_.objects().end() &&
                     root_ca->second->root.get("data").string_or("ca.crt") == root_ca_pem_ &&
                     root_ca->second->root.get("data").size() == 1;
  if (!right) THOLE_CO_CHECK(co_await ensure_root_ca(name));
  co_return true;
}

// Deletes everything in the namespace; when nothing is left, lets the namespace go.
Async<bool> ClusterLoops::empty(std::string name, Value object) {
  bool ours = false;
  for (const Value& finalizer : object.get("spec").get("finalizers").elements()) {
    ours = ours || finalizer == Value::string("kubernetes");
  }
  if (!ours) co_return true;

  THOLE_CO_TRY(const std::vector<ResourceRef> resources, co_await find_deletable(client_));
  std::size_t left = 0;
  for (const ResourceRef& resource : resources) {
    const auto first = co_await client_.list(resource, name, "limit=1");
    if (!first) {
      // A custom resource may have gone since it was found.
      if (first.error().kind == ErrorKind::NotFound) continue;
      co_return fail(first.error());
    }
    if (first->root.get("items").size() == 0) continue;
    const auto removed = co_await client_.remove_all(resource, name);
    if (!removed && removed.error().kind != ErrorKind::NotFound &&
        removed.error().kind != ErrorKind::MethodNotAllowed) {
      co_return fail(removed.error());
    }
    const auto rest = co_await client_.list(resource, name, "limit=1");
    if (rest) left += rest->root.get("items").size();
  }
  if (left > 0) co_return false;

  Arena arena;
  const Value freed = object.clone(arena);
  const Value others = Value::array(arena);
  for (const Value& finalizer : object.get("spec").get("finalizers").elements()) {
    if (!(finalizer == Value::string("kubernetes"))) others.push_back(arena, finalizer);
  }
  freed.get("spec").set(arena, "finalizers", others);
  const auto finalized = co_await client_.update(namespaces(), "", name, freed, "finalize");
  if (!finalized && finalized.error().kind != ErrorKind::NotFound) {
    co_return fail(finalized.error());
  }
  co_return true;
}

Async<void> ClusterLoops::ensure_account(std::string name) {
  Arena arena;
  const Value metadata = Value::object(arena);
  metadata.set(arena, "name", Value::string("default"));
  metadata.set(arena, "namespace", Value::string(arena, name));
  const Value account = Value::object(arena);
  account.set(arena, "apiVersion", Value::string("v1"));
  account.set(arena, "kind", Value::string("ServiceAccount"));
  account.set(arena, "metadata", metadata);
  const auto created = co_await client_.create(accounts(), name, account);
  // It may be there already, or the namespace may be on its way out by now.
  if (!created && created.error().kind != ErrorKind::AlreadyExists &&
      created.error().kind != ErrorKind::NotFound && created.error().kind != ErrorKind::Forbidden) {
    co_return fail(created.error());
  }
  co_return Result<void>();
}

Async<void> ClusterLoops::ensure_root_ca(std::string name) {
  Arena arena;
  const Value annotations = Value::object(arena);
  annotations.set(arena, "kubernetes.io/description", Value::string(kRootCaText));
  const Value metadata = Value::object(arena);
  metadata.set(arena, "name", Value::string(kRootCa));
  metadata.set(arena, "namespace", Value::string(arena, name));
  metadata.set(arena, "annotations", annotations);
  const Value data = Value::object(arena);
  data.set(arena, "ca.crt", Value::string(root_ca_pem_));
  const Value object = Value::object(arena);
  object.set(arena, "apiVersion", Value::string("v1"));
  object.set(arena, "kind", Value::string("ConfigMap"));
  object.set(arena, "metadata", metadata);
  object.set(arena, "data", data);
  auto written = co_await client_.create(config_maps(), name, object);
  if (!written && written.error().kind == ErrorKind::AlreadyExists) {
    written = co_await client_.update(config_maps(), name, std::string(kRootCa), object);
  }
  if (!written && written.error().kind != ErrorKind::NotFound &&
      written.error().kind != ErrorKind::Forbidden) {
    co_return fail(written.error());
  }
  co_return Result<void>();
}

}  // namespace thole::controllers
