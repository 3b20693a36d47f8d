#include "thole/api/watcher.hpp"

#include <algorithm>
#include <cstring>

#include "thole/api/errors.hpp"
#include "thole/base/text.hpp"

namespace thole::api {

namespace {

// An event's bytes, kept with its change for every watcher that wants the same form.
class SharedEvent final : public store::Attachment {
 public:
  SharedEvent(std::string key, std::string_view type, std::shared_ptr<const std::string> bytes)
      : key_(std::move(key)), type_(type), bytes_(std::move(bytes)) {}
  bool is(std::string_view key, std::string_view type) const {
    return type_ == type && key_ == key;
  }
  const std::shared_ptr<const std::string>& bytes() const { return bytes_; }

 private:
  const std::string key_;
  const std::string type_;
  const std::shared_ptr<const std::string> bytes_;
};

}  // namespace

Watcher::Watcher(WatchHub& hub, WatchRequest request)
    : hub_(&hub),
      request_(std::move(request)),
      form_(request_.served, request_.media, hub.executor_.clock()),
      phase_(request_.initial ? Phase::Initial : Phase::CatchingUp) {}

Result<std::unique_ptr<Watcher>> Watcher::make(WatchHub& hub, WatchRequest request) {
  std::unique_ptr<Watcher> watcher(new Watcher(hub, std::move(request)));
  WatchRequest& wanted = watcher->request_;
  // A revision that is yet to come is waited for in silence.
  if (wanted.from <= hub.store_.newest()) {
    auto reader = hub.store_.read_log(wanted.from);
    if (!reader) {
      if (reader.error().kind != ErrorKind::Expired) return fail(reader.error());
      watcher->fail_with(
          expired(cat("too old resource version: ", wanted.from, " (", hub.store_.oldest(), ")")));
    } else {
      watcher->reader_ = std::move(*reader);
    }
  }
  if (watcher->phase_ != Phase::Ended) {
    hub.all_.insert(watcher.get());
    if (wanted.initial) watcher->cursor_ = wanted.initial->scan(wanted.storage, wanted.prefix);
    if (wanted.timeout.count() > 0) {
      watcher->timer_ = hub.executor_.call_at(hub.executor_.clock().now() + wanted.timeout,
                                              [raw = watcher.get()] { raw->end(); });
    }
  }
  return watcher;
}

Watcher::~Watcher() {
  if (hub_) hub_->leave(*this);
}

message::Source::Read Watcher::read(std::span<std::byte> buffer) {
  std::size_t size = 0;
  while (size < buffer.size()) {
    if (queue_.empty()) {
      if (phase_ != Phase::Initial && phase_ != Phase::CatchingUp) break;
      produce();
      continue;
    }
    const std::string& front = *queue_.front();
    const std::size_t part = std::min(buffer.size() - size, front.size() - sent_of_front_);
    std::memcpy(buffer.data() + size, front.data() + sent_of_front_, part);
    size += part;
    sent_of_front_ += part;
    if (sent_of_front_ == front.size()) {
      queued_bytes_ -= front.size();
      queue_.pop_front();
      sent_of_front_ = 0;
    }
  }
  if (size != 0) return {State::Data, size};
  return {phase_ == Phase::Ended ? State::End : State::Again, 0};
}

void Watcher::produce() {
  if (phase_ == Phase::Initial) {
    while (cursor_.valid()) {
      const bool wanted = request_.selection.matches(cursor_.name(), cursor_.value());
      if (wanted) {
        push(std::make_shared<const std::string>(form_.event(
            "ADDED", cursor_.name(), cursor_.value(), cursor_.value().revision(), first_)));
        first_ = false;
      }
      cursor_.next();
      if (wanted) return;
    }
    if (request_.mark_end_of_initial) {
      push(std::make_shared<const std::string>(form_.bookmark(request_.initial->revision(), true)));
    }
    request_.initial.reset();
    phase_ = Phase::CatchingUp;
    return;
  }
  if (!reader_) {
    phase_ = Phase::Live;
    hub_->join(*this);
    return;
  }
  switch (reader_->next()) {
    case store::LogReader::Step::Change:
      tell(*reader_->change());
      return;
    case store::LogReader::Step::Overrun:
      fail_with(expired(cat("too old resource version: ", reader_->position(), " (",
                            hub_->store_.oldest(), ")")));
      return;
    case store::LogReader::Step::Nothing:
      // The hub comes to the same place, and nothing can be published in between: if it has come
      // further, there is more to read here first.
      hub_->drain();
      if (phase_ == Phase::Ended || hub_->reader_->position() > reader_->position()) return;
      request_.from = reader_->position();
      reader_.reset();
      phase_ = Phase::Live;
      hub_->join(*this);
      return;
  }
}

void Watcher::offer(const store::Change& change) {
  if (change.revision() <= request_.from) return;
  if (!tell(change)) return;
  if (queue_.size() > hub_->limits_.watch_queue_events_max ||
      queued_bytes_ > hub_->limits_.watch_queue_bytes_max) {
    end();
    return;
  }
  notify();
}

bool Watcher::tell(const store::Change& change) {
  if (change.resource() != request_.storage) return false;
  if (!request_.prefix.empty() && !change.name().starts_with(request_.prefix)) return false;
  const bool before =
      change.before() && request_.selection.matches(change.name(), *change.before());
  const bool after = change.after() && request_.selection.matches(change.name(), *change.after());
  if (!before && !after) return false;
  const std::string_view type = !before ? "ADDED" : !after ? "DELETED" : "MODIFIED";
  const store::Value& value = after ? *change.after() : *change.before();

  if (first_ && request_.media.shape == Shape::Table) {
    push(std::make_shared<const std::string>(
        form_.event(type, change.name(), value, change.revision(), true)));
    first_ = false;
    return true;
  }
  first_ = false;
  const auto wanted = [&](const store::Attachment& attachment) {
    const auto* event = dynamic_cast<const SharedEvent*>(&attachment);
    return event && event->is(form_.key(), type);
  };
  if (const store::Attachment* found = change.find(wanted)) {
    push(static_cast<const SharedEvent*>(found)->bytes());
    return true;
  }
  auto bytes = std::make_shared<const std::string>(
      form_.event(type, change.name(), value, change.revision(), false));
  change.attach(std::make_unique<SharedEvent>(form_.key(), type, bytes));
  push(std::move(bytes));
  return true;
}

void Watcher::bookmark(store::Revision position) {
  if (!request_.bookmarks || !queue_.empty() || position <= request_.from) return;
  push(std::make_shared<const std::string>(form_.bookmark(position, false)));
  notify();
}

void Watcher::push(std::shared_ptr<const std::string> bytes) {
  queued_bytes_ += bytes->size();
  queue_.push_back(std::move(bytes));
  if (hub_) hub_->events_.add();
}

void Watcher::fail_with(const Error& error) {
  push(std::make_shared<const std::string>(EventForm::error(error)));
  phase_ = Phase::Ended;
  if (hub_) hub_->leave(*this);
  hub_ = nullptr;
}

void Watcher::end() {
  if (phase_ == Phase::Ended) return;
  phase_ = Phase::Ended;
  timer_.reset();
  hub_->leave(*this);
  hub_ = nullptr;
  notify();
}

}  // namespace thole::api
