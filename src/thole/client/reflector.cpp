#include "thole/client/reflector.hpp"

#include <algorithm>

#include "thole/base/text.hpp"

namespace thole::client {
namespace {

using namespace std::chrono_literals;
using codec::Document;
using codec::Value;

constexpr Duration kPauseMin = 200ms;
constexpr Duration kPauseMax = 30s;

std::string version_of(const Value& object) {
  return std::string(object.get("metadata").string_or("resourceVersion"));
}

}  // namespace

std::string key_of(const Value& object) {
  const Value metadata = object.get("metadata");
  const std::string_view namespace_ = metadata.string_or("namespace");
  if (namespace_.empty()) return std::string(metadata.string_or("name"));
  return cat(namespace_, "/", metadata.string_or("name"));
}

Reflector::Reflector(Client& client, Log& log, ResourceRef resource, std::string query,
                     std::function<void(const std::string& key)> changed)
    : client_(client),
      log_(log),
      resource_(std::move(resource)),
      query_(std::move(query)),
      changed_(std::move(changed)),
      wake_(client.executor()),
      done_(client.executor()) {}

Reflector::~Reflector() = default;

void Reflector::start() {
  running_ = true;
  spawn(client_.executor(), "reflector", run());
}

asio::awaitable<void> Reflector::stop() {
  stopping_ = true;
  wake_.close();
  if (watch_) watch_->close();
  if (running_) co_await done_.wait();
}

asio::awaitable<void> Reflector::run() {
  Duration pause = kPauseMin;
  while (!stopping_) {
    Result<void> result;
    if (version_.empty()) result = co_await list();
    if (result && !stopping_) result = co_await follow();
    if (stopping_) break;
    if (result) {
      pause = kPauseMin;
      continue;
    }
    const ErrorKind kind = result.error().kind;
    if (kind == ErrorKind::Expired || kind == ErrorKind::Gone) {
      version_.clear();
      continue;
    }
    THOLE_LOG(log_, Warning, "client", "watching ", resource_.plural, ": ", result.error().message);
    co_await wake_.wait_until(client_.executor().clock().now() + pause);
    pause = std::min(pause * 2, kPauseMax);
  }
  running_ = false;
  done_.notify();
}

Async<void> Reflector::list() {
  THOLE_CO_TRY(Document document, co_await client_.list(resource_, "", query_));
  Objects before = std::exchange(objects_, {});
  version_ = version_of(document.root);
  for (const Value& item : document.root.get("items").elements()) {
    auto copy = std::make_shared<Document>();
    copy->arena = std::make_unique<codec::Arena>();
    copy->root = item.clone(*copy->arena);
    const std::string key = key_of(item);
    const auto known = before.find(key);
    const bool same = known != before.end() && version_of(known->second->root) == version_of(item);
    objects_.insert_or_assign(key, std::move(copy));
    if (known != before.end()) before.erase(known);
    if (!same) changed_(key);
  }
  if (!std::exchange(synced_, true)) changed_({});
  for (const auto& [key, object] : before) changed_(key);
  co_return Result<void>();
}

Async<void> Reflector::follow() {
  THOLE_CO_TRY(Watch watch, co_await client_.watch(resource_, "", version_, query_));
  watch_ = &watch;
  Result<void> result;
  while (!stopping_) {
    Result<std::optional<WatchEvent>> event = co_await watch.next();
    if (!event) {
      result = fail(event.error());
      break;
    }
    if (!*event) break;  // The server ended it; go on from where we are.
    version_ = version_of((*event)->object.root);
    if ((*event)->type == "BOOKMARK") continue;
    const std::string key = key_of((*event)->object.root);
    if ((*event)->type == "DELETED") {
      objects_.erase(key);
    } else {
      objects_.insert_or_assign(key, std::make_shared<Document>(std::move((*event)->object)));
    }
    changed_(key);
  }
  watch_ = nullptr;
  co_return result;
}

}  // namespace thole::client
