#include "thole/api/watch_hub.hpp"

#include "thole/api/watcher.hpp"

namespace thole::api {

namespace {

constexpr Duration kBookmarkEvery = std::chrono::minutes(1);

}  // namespace

WatchHub::WatchHub(store::Store& store, Executor& executor, const Limits& limits, Metrics& metrics)
    : store_(store),
      executor_(executor),
      limits_(limits),
      events_(metrics.counter("apiserver_watch_events_total",
                              "Number of events sent in watch clients")) {}

WatchHub::~WatchHub() { end_all(); }

Result<std::unique_ptr<message::Source>> WatchHub::open(WatchRequest request) {
  if (!reader_) {
    // The subscription comes first, so that nothing falls between the two.
    subscription_ = store_.subscribe(executor_, [this] { drain(); });
    THOLE_TRY(store::LogReader reader, store_.read_log(store_.newest()));
    reader_ = std::move(reader);
  }
  THOLE_TRY(std::unique_ptr<Watcher> watcher, Watcher::make(*this, std::move(request)));
  return std::unique_ptr<message::Source>(std::move(watcher));
}

void WatchHub::end_all() {
  const std::set<Watcher*> watchers = all_;
  for (Watcher* watcher : watchers) {
    if (all_.contains(watcher)) watcher->end();
  }
}

void WatchHub::drain() {
  if (!reader_) return;
  while (true) {
    switch (reader_->next()) {
      case store::LogReader::Step::Nothing:
        return;
      case store::LogReader::Step::Overrun: {
        // Nobody drained for a whole window: each live watcher has missed something.
        const std::set<Watcher*> watchers = all_;
        for (Watcher* watcher : watchers) {
          if (all_.contains(watcher) && watcher->live()) watcher->end();
        }
        auto reader = store_.read_log(store_.newest());
        if (reader) {
          reader_ = std::move(*reader);
        } else {
          reader_.reset();
        }
        return;
      }
      case store::LogReader::Step::Change: {
        const store::ChangePtr change = reader_->change();
        const auto found = live_.find(change->resource());
        if (found == live_.end()) break;
        const std::set<Watcher*> watchers = found->second;
        for (Watcher* watcher : watchers) {
          if (all_.contains(watcher)) watcher->offer(*change);
        }
        break;
      }
    }
  }
}

void WatchHub::join(Watcher& watcher) {
  live_[watcher.request().storage].insert(&watcher);
  want_bookmarks();
}

void WatchHub::leave(Watcher& watcher) {
  all_.erase(&watcher);
  if (const auto found = live_.find(watcher.request().storage); found != live_.end()) {
    found->second.erase(&watcher);
    if (found->second.empty()) live_.erase(found);
  }
}

void WatchHub::want_bookmarks() {
  if (bookmark_timer_) return;
  bookmark_timer_ = executor_.call_at(executor_.clock().now() + kBookmarkEvery, [this] {
    bookmark_timer_.reset();
    drain();
    send_bookmarks();
    if (!live_.empty()) want_bookmarks();
  });
}

void WatchHub::send_bookmarks() {
  if (!reader_) return;
  const std::set<Watcher*> watchers = all_;
  for (Watcher* watcher : watchers) {
    if (all_.contains(watcher) && watcher->live()) watcher->bookmark(reader_->position());
  }
}

}  // namespace thole::api
