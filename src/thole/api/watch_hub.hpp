#pragma once
// Serves all watches of one executor. The hub reads the store's log once and hands each change to
// the watchers of its resource; an event is encoded once for all watchers that want the same form,
// also on other executors, because the bytes stay with the change.
//
// A watcher first tells the state it starts from, then reads the log by itself, as fast as its
// client takes it, until it has come to where the hub is; from then on the hub feeds its queue. A
// queue that is full ends the watch: the client resumes from the last resourceVersion it saw.
//
// Threads: everything on the hub's executor.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "thole/api/environment.hpp"
#include "thole/api/negotiate.hpp"
#include "thole/api/resources.hpp"
#include "thole/api/stored.hpp"
#include "thole/message/message.hpp"
#include "thole/store/store.hpp"

namespace thole::api {

class Watcher;

struct WatchRequest {
  Served served;
  std::string storage;  // The resource in the store.
  std::string prefix;   // "namespace/" or empty.
  Selection selection;
  MediaType media;
  std::optional<store::Snapshot> initial;  // Told first, as ADDED events.
  store::Revision from = 0;                // Changes after this one.
  bool bookmarks = false;
  bool mark_end_of_initial = false;  // The bookmark that ends the initial events.
  Duration timeout{};
};

class WatchHub {
 public:
  WatchHub(store::Store& store, Executor& executor, const Limits& limits, Metrics& metrics);
  ~WatchHub();
  WatchHub(const WatchHub&) = delete;
  WatchHub& operator=(const WatchHub&) = delete;

  // The body of the answer. Fails with Expired when `from` is too old.
  Result<std::unique_ptr<message::Source>> open(WatchRequest request);

  void end_all();

 private:
  friend class Watcher;
  void drain();
  void send_bookmarks();
  void join(Watcher& watcher);
  void leave(Watcher& watcher);
  void want_bookmarks();

  store::Store& store_;
  Executor& executor_;
  const Limits limits_;
  Counter& events_;
  std::optional<store::LogReader> reader_;
  store::Subscription subscription_;
  std::map<std::string, std::set<Watcher*>, std::less<>> live_;  // By resource.
  std::set<Watcher*> all_;
  std::unique_ptr<Timer> bookmark_timer_;
};

}  // namespace thole::api
