#include "thole/api/crd/controller.hpp"

#include <map>
#include <optional>
#include <set>

#include "thole/api/crd/rules.hpp"
#include "thole/api/stored.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/time.hpp"

namespace thole::api {
namespace {

using codec::Arena;
using codec::Value;

constexpr std::size_t kInstancesPerTxn = 100;

// The names that other definitions of a group have been given.
struct Taken {
  std::set<std::string, std::less<>> resources, kinds;
};

void take(const Value& accepted, Taken& taken) {
  for (const std::string_view field : {"plural", "singular"}) {
    if (!accepted.string_or(field).empty()) taken.resources.emplace(accepted.string_or(field));
  }
  for (const Value& name : accepted.get("shortNames").elements()) {
    if (name.is_string()) taken.resources.emplace(name.as_string());
  }
  for (const std::string_view field : {"kind", "listKind"}) {
    if (!accepted.string_or(field).empty()) taken.kinds.emplace(accepted.string_or(field));
  }
}

const Value condition_of(const Value& crd, std::string_view type) {
  for (const Value& condition : crd.get("status").get("conditions").elements()) {
    if (condition.string_or("type") == type) return condition;
  }
  return {};
}

// Gives the definition the names it asks for, as far as they are free.
void accept_names(Arena& arena, const Value& crd, const Taken& taken, std::string_view now) {
  const Value wanted = crd.get("spec").get("names");
  const Value before = crd.get("status").get("acceptedNames");
  const Value accepted = Value::object(arena);
  CrdCondition condition{"NamesAccepted", "True", "NoConflicts", "no conflicts found"};
  const auto refuse = [&](std::string_view reason, std::string_view name) {
    condition.status = "False";
    condition.reason = reason;
    condition.message = cat(codec::go_quote(name), " is already in use");
  };
  const auto give = [&](std::string_view field, const auto& used, std::string_view reason) {
    const std::string_view name = wanted.string_or(field);
    if (name != before.string_or(field) && used.contains(name)) {
      refuse(reason, name);
      if (const Value* had = before.find(field)) accepted.set(arena, field, *had);
    } else if (!name.empty()) {
      accepted.set(arena, field, wanted.get(field));
    }
  };
  give("plural", taken.resources, "PluralConflict");
  give("singular", taken.resources, "SingularConflict");
  Value short_names = wanted.get("shortNames");
  for (const Value& name : short_names.elements()) {
    if (!name.is_string() || !taken.resources.contains(name.as_string())) continue;
    refuse("ShortNamesConflict", name.as_string());
    short_names = before.get("shortNames");
    break;
  }
  if (!short_names.is_null()) accepted.set(arena, "shortNames", short_names);
  give("kind", taken.kinds, "KindConflict");
  give("listKind", taken.kinds, "ListKindConflict");
  if (!wanted.get("categories").is_null()) {
    accepted.set(arena, "categories", wanted.get("categories"));
  }
  for (const std::string_view field : {"plural", "kind"}) {
    if (!accepted.find(field)) accepted.set(arena, field, Value::string(""));
  }

  const bool free = condition.status == "True";
  set_crd_condition(arena, crd, condition, now);
  const Value established = condition_of(crd, "Established");
  if (established.string_or("status") != "True") {
    set_crd_condition(
        arena, crd,
        free ? CrdCondition{"Established", "True", "InitialNamesAccepted",
                            "the initial names have been accepted"}
             : CrdCondition{"Established", "False", "NotAccepted", "not all names are accepted"},
        now);
  }
  crd.get("status").set(arena, "acceptedNames", accepted);
}

Value empty_set(Arena& arena) { return Value::object(arena); }

// What upstream's controllers, which write through the API, leave behind in managedFields.
void own_status(Arena& arena, const Value& crd, std::string_view now) {
  const Value accepted = Value::object(arena);
  std::map<std::string, bool> names;
  for (const codec::Member& member : crd.at_path("status", "acceptedNames").members()) {
    names.emplace(cat("f:", member.key), true);
  }
  for (const auto& [name, there] : names) accepted.set(arena, name, empty_set(arena));
  const Value conditions = Value::object(arena);
  std::map<std::string, bool> types;
  for (const Value& condition : crd.at_path("status", "conditions").elements()) {
    types.emplace(condition.string_or("type"), true);
  }
  for (const auto& [type, there] : types) {
    const Value fields = Value::object(arena);
    for (const std::string_view field :
         {".", "f:lastTransitionTime", "f:message", "f:reason", "f:status", "f:type"}) {
      fields.set(arena, field, empty_set(arena));
    }
    conditions.set(arena, cat("k:{\"type\":", codec::go_quote(type), "}"), fields);
  }
  const Value status = Value::object(arena);
  status.set(arena, "f:acceptedNames", accepted);
  status.set(arena, "f:conditions", conditions);
  const Value owned = Value::object(arena);
  owned.set(arena, "f:status", status);

  const Value entry = Value::object(arena);
  entry.set(arena, "manager", Value::string("kube-apiserver"));
  entry.set(arena, "operation", Value::string("Update"));
  entry.set(arena, "apiVersion", Value::string("apiextensions.k8s.io/v1"));
  entry.set(arena, "time", Value::string(arena, now));
  entry.set(arena, "fieldsType", Value::string("FieldsV1"));
  entry.set(arena, "fieldsV1", owned);
  entry.set(arena, "subresource", Value::string("status"));

  const Value metadata = crd.get("metadata");
  const Value list = Value::array(arena);
  for (const Value& one : metadata.get("managedFields").elements()) {
    const bool ours =
        one.string_or("manager") == "kube-apiserver" && one.string_or("subresource") == "status";
    if (!ours) list.push_back(arena, one);
  }
  list.push_back(arena, entry);
  metadata.set(arena, "managedFields", list);
}

bool holds_finalizer(const Value& object, std::string_view name) {
  for (const Value& finalizer : object.get("metadata").get("finalizers").elements()) {
    if (finalizer == Value::string(name)) return true;
  }
  return false;
}

}  // namespace

struct CrdController::State {
  State(store::Store& s, const ServedResources& r, const Clock& c, Log& l, Executor& e)
      : store(s), resources(r), clock(c), log(l), executor(e), news(e), done(e) {}

  asio::awaitable<void> run();
  asio::awaitable<void> look();
  asio::awaitable<void> settle(const schema::Resource& resource, std::string name,
                               store::ValuePtr value, Taken taken);
  asio::awaitable<void> clean_up(const schema::Resource& resource, std::string name,
                                 store::ValuePtr value, Value crd, Arena& arena);
  asio::awaitable<void> write(store::Txn txn, std::string_view what);

  std::string now() const { return codec::format_time(codec::to_timestamp(clock.wall())); }

  store::Store& store;
  const ServedResources& resources;
  const Clock& clock;
  Log& log;
  Executor& executor;
  Signal news;
  Signal done;
  std::optional<store::Subscription> subscription;
  store::Snapshot seen;      // Of the last look.
  bool terminating = false;  // Some definition is on its way out: instances matter too.
  bool running = false;
};

CrdController::CrdController(store::Store& store, const ServedResources& resources,
                             const Clock& clock, Log& log, Executor& executor)
    : state_(std::make_unique<State>(store, resources, clock, log, executor)) {}

CrdController::~CrdController() = default;

void CrdController::start() {
  state_->running = true;
  state_->subscription =
      state_->store.subscribe(state_->executor, [state = state_.get()] { state->news.notify(); });
  state_->news.notify();
  spawn(state_->executor, "crd controller", state_->run());
}

asio::awaitable<void> CrdController::stop() {
  state_->subscription.reset();
  state_->news.close();
  if (state_->running) co_await state_->done.wait();
}

asio::awaitable<void> CrdController::State::run() {
  while (co_await news.wait() == Signal::Outcome::Notified) co_await look();
  running = false;
  done.notify();
}

asio::awaitable<void> CrdController::State::look() {
  const store::Snapshot snapshot = store.snapshot();
  if (!terminating && seen.identity(kCrdResource) == snapshot.identity(kCrdResource)) co_return;
  seen = snapshot;
  terminating = false;
  const Served served = resources.find("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  THOLE_ASSERT(served);

  // Who has which names, of those that are not being looked at.
  std::map<std::string, Value, std::less<>> accepted;  // By the definition's name.
  std::map<std::string, std::string, std::less<>> groups;
  std::vector<codec::Document> documents;
  for (store::Cursor at = snapshot.scan(kCrdResource); at.valid(); at.next()) {
    auto document = codec::parse_json(at.value().bytes());
    if (!document) continue;
    accepted.emplace(at.name(), document->root.get("status").get("acceptedNames"));
    groups.emplace(at.name(), document->root.get("spec").string_or("group"));
    documents.push_back(std::move(*document));
  }
  for (store::Cursor at = snapshot.scan(kCrdResource); at.valid(); at.next()) {
    Taken taken;
    const auto group = groups.find(at.name());
    if (group == groups.end()) continue;
    for (const auto& [name, names] : accepted) {
      if (name != at.name() && groups.find(name)->second == group->second) take(names, taken);
    }
    co_await settle(*served.resource, std::string(at.name()), at.share(), std::move(taken));
  }
}

asio::awaitable<void> CrdController::State::settle(const schema::Resource& resource,
                                                   std::string name, store::ValuePtr value,
                                                   Taken taken) {
  Arena arena;
  const Value old = decode_stored(resource, *value, value->revision(), arena);
  const Value crd = old.clone(arena);
  if (crd.get("metadata").get("deletionTimestamp").is_string()) {
    if (holds_finalizer(crd, kCrdCleanup)) {
      terminating = true;
      co_await clean_up(resource, std::move(name), std::move(value), crd, arena);
    }
    co_return;
  }
  const std::string time = now();
  accept_names(arena, crd, taken, time);
  if (crd == old) co_return;
  own_status(arena, crd, time);
  store::Txn txn;
  txn.push_back(store::Op::put({std::string(kCrdResource), name},
                               store::Expect::at(value->revision()), encode_stored(resource, crd)));
  co_await write(std::move(txn), name);
}

asio::awaitable<void> CrdController::State::clean_up(const schema::Resource& resource,
                                                     std::string name, store::ValuePtr value,
                                                     Value crd, Arena& arena) {
  const std::string_view plural = crd.at_path("spec", "names").string_or("plural");
  const std::string storage = cat(crd.get("spec").string_or("group"), "/", plural);
  const store::Snapshot snapshot = store.snapshot();
  const std::shared_ptr<const CustomResource> entry =
      resources.custom(crd.get("spec").string_or("group"), plural);
  const std::string time = now();

  store::Txn txn;
  for (store::Cursor at = snapshot.scan(storage); at.valid(); at.next()) {
    const store::Key key{storage, std::string(at.name())};
    const store::Expect expect = store::Expect::at(at.value().revision());
    const auto document = codec::parse_json(at.value().bytes());
    const bool held = document && document->root.get("metadata").get("finalizers").size() > 0;
    if (!held) {
      txn.push_back(store::Op::erase(key, expect));
    } else if (entry && !document->root.get("metadata").get("deletionTimestamp").is_string()) {
      // Whoever put a finalizer there has to take it away first.
      const schema::Resource& instance = entry->versions().front()->resource;
      const Value object = decode_stored(instance, at.value(), at.value().revision(), arena);
      const Value metadata = object.get("metadata");
      metadata.set(arena, "deletionTimestamp", Value::string(arena, time));
      metadata.set(arena, "deletionGracePeriodSeconds", Value::integer(0));
      txn.push_back(store::Op::put(key, expect, encode_stored(instance, object)));
    }
    if (txn.size() < kInstancesPerTxn) continue;
    co_await write(std::exchange(txn, {}), name);
  }
  if (!txn.empty()) co_await write(std::move(txn), name);
  if (store.snapshot().info(storage).count > 0) {
    set_crd_condition(arena, crd,
                      {"Terminating", "True", "InstanceDeletionInProgress",
                       "CustomResource deletion is in progress"},
                      time);
    if (condition_of(decode_stored(resource, *value, value->revision(), arena), "Terminating")
            .string_or("reason") == "InstanceDeletionInProgress") {
      co_return;
    }
    store::Txn mark;
    mark.push_back(store::Op::put({std::string(kCrdResource), name},
                                  store::Expect::at(value->revision()),
                                  encode_stored(resource, crd)));
    co_await write(std::move(mark), name);
    co_return;
  }

  store::Txn last;
  const Value metadata = crd.get("metadata");
  const Value others = Value::array(arena);
  for (const Value& finalizer : metadata.get("finalizers").elements()) {
    if (!(finalizer == Value::string(kCrdCleanup))) others.push_back(arena, finalizer);
  }
  const store::Key key{std::string(kCrdResource), name};
  const store::Expect expect = store::Expect::at(value->revision());
  if (others.size() == 0) {
    last.push_back(store::Op::erase(key, expect));
  } else {
    metadata.set(arena, "finalizers", others);
    last.push_back(store::Op::put(key, expect, encode_stored(resource, crd)));
  }
  co_await write(std::move(last), name);
}

asio::awaitable<void> CrdController::State::write(store::Txn txn, std::string_view what) {
  const std::string name(what);
  const auto committed = co_await store.commit(executor, std::move(txn));
  if (committed) co_return;
  // Somebody else wrote: the news of that brings us back here.
  if (committed.error().kind == ErrorKind::Conflict) {
    seen = {};
    co_return;
  }
  THOLE_LOG(log, Warning, "api", "customresourcedefinition ", name, ": ",
            committed.error().message);
}

}  // namespace thole::api
