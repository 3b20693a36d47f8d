#pragma once
// EventCount lets a thread sleep until something it can check for itself may have become true,
// without a lock around the check:
//
//   const auto key = events.prepare();            another thread:
//   if (ready()) events.cancel();                   make_ready();
//   else events.wait(key);                          events.notify_all();
//
// Progress: notify is wait-free (one system call when somebody sleeps, a fence and a load when
//   nobody does); prepare and cancel are wait-free; wait blocks, that is what it is for.
// Threads: any.
// Orders: prepare counts itself in and then fences; notify comes after the caller's change and
//   fences before it reads the count. Both fences are seq_cst because this is store buffering:
//   each side writes and then reads what the other wrote, and only seq_cst forbids that both read
//   the old value, a sleeper nobody wakes. notify's fence before the relaxed step of the epoch is
//   also the release that pairs with the acquire in wait: what was changed before the notification
//   is seen after it.
// Size: two 32-bit words. The epoch wraps after 2^32 notifications during one wait.
// Source: D. Vyukov's eventcount (1024cores.net, 2010), after D. Reed and R. Kanodia,
// "Synchronization
//   with eventcounts and sequencers" (CACM 1979).

#include "thole/sync/order.hpp"

namespace thole::sync {

template <typename P>
class EventCount {
 public:
  using Key = std::uint32_t;

  EventCount() = default;
  EventCount(const EventCount&) = delete;
  EventCount& operator=(const EventCount&) = delete;

  // Must be followed by cancel() or wait(key), after looking at the condition once more.
  Key prepare() {
    sleepers_.fetch_add(1, relaxed);
    const Key key = epoch_.load(relaxed);
    P::fence(seq_cst);
    return key;
  }

  void cancel() { sleepers_.fetch_sub(1, relaxed); }

  // Returns after a notification that came after prepare().
  void wait(Key key) {
    while (epoch_.load(acquire) == key) P::park(epoch_, key);
    sleepers_.fetch_sub(1, relaxed);
  }

  void notify_one() { notify(1); }
  void notify_all() { notify(~std::uint32_t{0} >> 1); }

  // Threads between prepare and cancel or the end of wait; a hint.
  std::uint32_t sleepers() const { return sleepers_.load(relaxed); }

 private:
  void notify(std::uint32_t count) {
    P::fence(seq_cst);
    if (sleepers_.load(relaxed) == 0) return;
    epoch_.fetch_add(1, relaxed);
    P::unpark(epoch_, count);
  }

  typename P::template atomic<std::uint32_t> epoch_{0};
  typename P::template atomic<std::uint32_t> sleepers_{0};
};

}  // namespace thole::sync
