#pragma once
// The change log: what happened to each key, in order. A watch is the log from a revision on,
// filtered. The log holds a window (StoreOptions); a reader that it has passed sees Overrun.
//
// Threads: a LogReader belongs to one thread at a time; everything else is any thread's.

#include <atomic>
#include <memory>
#include <string_view>

#include "thole/store/value.hpp"

namespace thole::store {

// Something a reader wants to keep beside a change, such as its encoding, for the other readers.
class Attachment {
 public:
  virtual ~Attachment() = default;

 private:
  friend class Change;
  const Attachment* next_ = nullptr;
};

class Change;
using ChangePtr = Ref<const Change>;

class Change final : public Counted<Change> {
 public:
  static ChangePtr make(Revision revision, std::string_view resource, std::string_view name,
                        ValuePtr before, ValuePtr after);

  Revision revision() const { return revision_; }
  std::string_view resource() const { return {text(), resource_size_}; }
  std::string_view name() const { return {text() + resource_size_, name_size_}; }
  const ValuePtr& before() const { return before_; }  // Null when it was created.
  const ValuePtr& after() const { return after_; }    // Null when it was deleted.

  // The first attachment for which `wanted` holds, or null. It lives as long as the change.
  template <typename Wanted>
  const Attachment* find(Wanted wanted) const {
    // Pairs with the release in `attach`.
    for (const Attachment* at = attachments_.load(std::memory_order_acquire); at; at = at->next_) {
      if (wanted(*at)) return at;
    }
    return nullptr;
  }
  // Keeps it for all readers. Two threads may each attach the same thing; both stay.
  const Attachment& attach(std::unique_ptr<Attachment> attachment) const;

  std::size_t footprint() const;
  static void destroy(Change* change);

 private:
  Change(Revision revision, std::string_view resource, std::string_view name, ValuePtr before,
         ValuePtr after);
  ~Change();
  const char* text() const { return reinterpret_cast<const char*>(this + 1); }

  const Revision revision_;
  const std::uint32_t resource_size_;
  const std::uint32_t name_size_;
  const ValuePtr before_;
  const ValuePtr after_;
  mutable std::atomic<const Attachment*> attachments_{nullptr};
};

class LogNode;

class LogReader {
 public:
  enum class Step : std::uint8_t { Change, Nothing, Overrun };

  LogReader(LogReader&&) noexcept;
  LogReader& operator=(LogReader&&) noexcept;
  ~LogReader();

  // Change: `change()` is the next one. Nothing: the end, for now. Overrun: changes that this
  // reader has not seen are gone; it sees no more, and whoever it serves has to list again.
  Step next();
  const ChangePtr& change() const { return change_; }

  // Every change up to here was handed out (bookmarks). After Nothing it is the newest revision
  // that was published before that call.
  Revision position() const { return position_; }

 private:
  friend class Store;
  friend struct StoreState;
  LogReader(Ref<LogNode> node, Revision after);  // The node is not behind `after`.

  Ref<LogNode> node_;
  std::size_t index_ = 0;
  Revision after_;
  Revision position_;
  ChangePtr change_;
};

}  // namespace thole::store
