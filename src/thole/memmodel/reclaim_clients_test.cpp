#include "thole/memmodel/clients_test.hpp"
#include "thole/sync/broadcast_log.hpp"
#include "thole/sync/epoch_domain.hpp"
#include "thole/sync/event_count.hpp"
#include "thole/sync/hazard_domain.hpp"
#include "thole/sync/seq_lock.hpp"

namespace thole::memmodel {
namespace {

using P = ModelPolicy;
using sync::acq_rel;
using sync::acquire;
using sync::relaxed;
using sync::release;

struct Pair {
  std::uint64_t a, b;
};

struct SeqLockClient {
  sync::SeqLock<Pair, P> lock;
  std::uint64_t last = 1;
  SeqLockClient() { lock.store({1, 1}); }
  void store() { lock.store({last = 2, 2}); }
  void store_twice() {
    store();
    lock.store({last = 3, 3});
  }
  void load() {
    if (auto value = lock.try_load()) check(value->a == value->b, "a torn value");
  }
  void load_twice() {
    auto one = lock.try_load();
    auto two = lock.try_load();
    if (one && two) {
      check(two->a >= one->a, "went back to an older value");
      check(one->a == one->b && two->a == two->b, "a torn value");
    }
  }
  void finish() { check(lock.load().a == last, "the last store was lost"); }
};

template <std::size_t capacity, int appends>
struct BroadcastClient {
  sync::BroadcastLog<Pair, P> log{capacity};
  void write() {
    for (std::uint64_t i = 0; i < appends; ++i) log.append({i, 2 * i});
  }
  void read_from(sync::BroadcastLog<Pair, P>::Cursor cursor, int reads) {
    std::uint64_t handled = cursor.next;
    for (int i = 0; i < reads; ++i) {
      Pair value{};
      const std::uint64_t number = cursor.next;
      const std::uint64_t lost = cursor.lost;
      switch (log.read(cursor, value)) {
        case sync::ReadStatus::Ok:
          check(value.a == number && value.b == 2 * number, "a torn or a wrong entry");
          ++handled;
          break;
        case sync::ReadStatus::Empty:
          break;
        case sync::ReadStatus::Overrun:
          handled += cursor.lost - lost;
          break;
      }
      check(handled == cursor.next, "an entry was neither given nor counted as lost");
    }
  }
  void read_once() { read_from({}, 1); }
  void read_twice() { read_from({}, 2); }
  void read_newest() {
    auto cursor = log.newest();
    if (cursor.next == 0) return;
    --cursor.next;  // The entry before the newest position is written, and may only be overrun.
    Pair value{};
    check(log.read(cursor, value) != sync::ReadStatus::Empty, "a counted entry is not there");
  }
  void read_oldest() {
    auto cursor = log.oldest();
    if (cursor.next == 0) return;
    Pair value{};
    check(log.read(cursor, value) != sync::ReadStatus::Empty, "the oldest entry is not there");
  }
  void finish() {
    check(log.newest().next == appends, "an append was lost");
    auto cursor = log.oldest();
    Pair value{};
    int left = 0;
    while (log.read(cursor, value) == sync::ReadStatus::Ok) ++left;
    check(left == std::min<int>(appends, static_cast<int>(capacity)), "the end of the log is gone");
  }
};

struct Node {
  typename P::cell<int> value;
  Node() { value.put(7); }
};

struct EpochClient {
  using Domain = sync::EpochDomain<P>;
  Domain domain;
  P::atomic<Node*> root{sync::make<Node, P>()};
  P::atomic<Node*> other{nullptr};

  void look(Domain::Reader& reader) {
    auto guard = reader.enter();
    check(root.load(acquire)->value.read() == 7, "a node after its end");
  }
  void replace(Domain::Reader& reader) {
    reader.retire(root.exchange(sync::make<Node, P>(), acq_rel));
  }
  void read() {
    Domain::Reader reader(domain);
    look(reader);
  }
  void read_twice() {
    Domain::Reader reader(domain);
    look(reader);
    look(reader);
  }
  void write() {
    Domain::Reader reader(domain);
    replace(reader);
    reader.collect();
  }
  void finish() { sync::destroy<P>(root.load(relaxed)); }
};

// With readers that exist before the threads, so that registration is not in the way.
struct ReadyEpochClient : EpochClient {
  Domain::Reader reader{domain};
  Domain::Reader writer{domain};
  void read_ready() { look(reader); }
  void read_twice_ready() {
    look(reader);
    look(reader);
  }
  void write_ready() {
    replace(writer);
    writer.collect();
  }
  void write_twice_ready() {
    replace(writer);
    writer.collect();
    writer.collect();
  }
  void finish() {
    writer.collect();
    check(writer.collect() == 0, "held back though no section is open");
    EpochClient::finish();
  }
};

// A thread leaves while a reader holds back what it retired, and another takes its record over.
struct HandOverClient : EpochClient {
  void leave() {
    Domain::Reader reader(domain);
    Node* fresh = sync::make<Node, P>();
    reader.retire(fresh);
  }
  void leave_twice() {
    leave();
    leave();
  }
  HandOverClient() { leave(); }
  void finish() {
    check(domain.record_count() <= 2, "a record that was given back is not used again");
    EpochClient::finish();
  }
};

struct HazardClient {
  using Domain = sync::HazardDomain<P, 1>;
  Domain domain;
  P::atomic<Node*> root{sync::make<Node, P>()};

  void look(Domain::Reader& reader) {
    Node* node = reader.protect<Node>(0, root);
    check(node->value.read() == 7, "a node after its end");
  }
  void replace(Domain::Reader& reader) {
    reader.retire(root.exchange(sync::make<Node, P>(), acq_rel));
    reader.collect();
  }
  void read() {
    Domain::Reader reader(domain);
    look(reader);
  }
  void write() {
    Domain::Reader reader(domain);
    replace(reader);
  }
  void finish() { sync::destroy<P>(root.load(relaxed)); }
};

struct ReadyHazardClient : HazardClient {
  Domain::Reader reader{domain};
  Domain::Reader writer{domain};
  void read_ready() {
    look(reader);
    reader.clear(0);
  }
  void read_twice_ready() {
    look(reader);
    look(reader);
    reader.clear(0);
  }
  void write_ready() { replace(writer); }
  void finish() {
    check(writer.collect() == 0, "held back though no slot names it");
    HazardClient::finish();
  }
};

struct HazardHandOverClient : HazardClient {
  HazardHandOverClient() { read(); }
  void read_twice() {
    read();
    read();
  }
  void finish() {
    check(domain.record_count() <= 2, "a record that was given back is not used again");
    HazardClient::finish();
  }
};

struct EventClient {
  sync::EventCount<P> events;
  P::atomic<int> ready{0};
  typename P::cell<int> payload;

  void wait() {
    for (;;) {
      if (ready.load(relaxed) != 0) return;
      const auto key = events.prepare();
      if (ready.load(relaxed) != 0) {
        events.cancel();
        return;
      }
      events.wait(key);
      P::retry();
    }
  }
  void notify() {
    ready.store(1, relaxed);
    events.notify_all();
  }
  void notify_nothing() { events.notify_all(); }
  // After a wake-up what was written before the notification is there, without any other order.
  void wait_for_payload() {
    const auto key = events.prepare();
    if (ready.load(relaxed) != 0) {
      events.cancel();
      return;
    }
    events.wait(key);
    check(payload.read() == 3, "woken without the payload");
  }
  void pay() {
    payload.put(3);
    ready.store(1, relaxed);
    events.notify_all();
  }
  void finish() { check(events.sleepers() == 0, "a sleeper is counted for ever"); }
};

}  // namespace

Suite seq_lock_suite() {
  using C = SeqLockClient;
  return {"SeqLock",
          {program_of<C>("store | load", {&C::store, &C::load}),
           program_of<C>("2 stores | load", {&C::store_twice, &C::load}),
           program_of<C>("store | 2 loads", {&C::store, &C::load_twice})}};
}

Suite broadcast_suite() {
  using A = BroadcastClient<1, 2>;
  using B = BroadcastClient<2, 3>;
  return {"BroadcastLog",
          {program_of<A>("capacity 1: 2 appends | 2 reads", {&A::write, &A::read_twice}),
           program_of<A>("capacity 1: 2 appends | newest", {&A::write, &A::read_newest}),
           program_of<A>("capacity 1: 2 appends | oldest", {&A::write, &A::read_oldest}),
           program_of<A>("capacity 1: 2 appends | read | read",
                         {&A::write, &A::read_once, &A::read_once}),
           program_of<B>("capacity 2: 3 appends | 2 reads", {&B::write, &B::read_twice})}};
}

Suite epoch_suite() {
  using C = EpochClient;
  using R = ReadyEpochClient;
  using H = HandOverClient;
  return {"EpochDomain",
          {program_of<R>("read | replace", {&R::read_ready, &R::write_ready}),
           program_of<R>("2 reads | replace", {&R::read_twice_ready, &R::write_ready}),
           program_of<R>("read | replace, collect twice", {&R::read_ready, &R::write_twice_ready}),
           program_of<C>("register, read | register, replace", {&C::read, &C::write}),
           program_of<H>("leave, leave | leave", {&H::leave_twice, &H::leave})}};
}

Suite hazard_suite() {
  using C = HazardClient;
  using R = ReadyHazardClient;
  using H = HazardHandOverClient;
  return {"HazardDomain",
          {program_of<R>("read | replace", {&R::read_ready, &R::write_ready}),
           program_of<R>("2 reads | replace", {&R::read_twice_ready, &R::write_ready}),
           program_of<H>("leave, leave | leave", {&H::read_twice, &H::read}),
           program_of<C>("register, read | register, replace", {&C::read, &C::write})}};
}

Suite event_suite() {
  using C = EventClient;
  return {"EventCount",
          {program_of<C>("wait | notify", {&C::wait, &C::notify}),
           program_of<C>("wait | notify | notify", {&C::wait, &C::notify, &C::notify_nothing}),
           program_of<C>("wait | wait | notify", {&C::wait, &C::wait, &C::notify}),
           program_of<C>("wait for a payload | pay", {&C::wait_for_payload, &C::pay})}};
}

}  // namespace thole::memmodel
