#pragma once
// One watch: the body of its answer, as a Source. See watch_hub.hpp for how it is fed.
// Threads: its hub's executor.

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "thole/api/event_form.hpp"
#include "thole/api/watch_hub.hpp"

namespace thole::api {

class Watcher final : public message::Source {
 public:
  static Result<std::unique_ptr<Watcher>> make(WatchHub& hub, WatchRequest request);
  ~Watcher() override;

  Read read(std::span<std::byte> buffer) override;
  void drain() override { end(); }

  const WatchRequest& request() const { return request_; }
  bool live() const { return phase_ == Phase::Live; }
  void offer(const store::Change& change);
  void bookmark(store::Revision position);
  void end();  // What is queued still goes out.

 private:
  enum class Phase { Initial, CatchingUp, Live, Ended };

  Watcher(WatchHub& hub, WatchRequest request);
  // Puts at least one event into the queue, or moves on, while it is not live yet.
  void produce();
  bool tell(const store::Change& change);
  void push(std::shared_ptr<const std::string> bytes);
  void fail_with(const Error& error);

  WatchHub* hub_;
  WatchRequest request_;
  EventForm form_;
  Phase phase_;
  bool first_ = true;
  store::Cursor cursor_;
  std::optional<store::LogReader> reader_;
  std::deque<std::shared_ptr<const std::string>> queue_;
  std::size_t queued_bytes_ = 0;
  std::size_t sent_of_front_ = 0;
  std::unique_ptr<Timer> timer_;
};

}  // namespace thole::api
