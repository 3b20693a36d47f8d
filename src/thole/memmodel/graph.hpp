#pragma once
// An execution graph: the events of a run, which write each read reads from, and the order of the
// writes of each location. Two runs with the same graph are the same run, however their steps were
// interleaved; the explorer builds graphs, adding one event at a time, and keeps those that satisfy
//
//   coherence   hb; eco? is irreflexive
//   atomicity   nothing comes between the write a read-modify-write reads and its own
//   SC          psc is acyclic, with light fences counted towards heavy ones only
//   no thin air po and rf together are acyclic (by construction: a read reads what is there)
//
// which is RC11 (O. Lahav and others, "Repairing sequential consistency in C/C++11", PLDI 2017)
// with the release sequences of C++20. Threads: none of its own.

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "thole/memmodel/bits.hpp"

namespace thole::memmodel {

enum class Kind : std::uint8_t { Read, Write, Fence, Free };

// The C++ orders, weakest first in what they forbid, and the two asymmetric fences.
enum class Order : std::uint8_t { Plain, Relaxed, Acquire, Release, AcqRel, SeqCst, Light, Heavy };

Order order_of(std::memory_order order);
const char* name_of(Order order);
inline bool acquires(Order o) {
  return o == Order::Acquire || o == Order::AcqRel || o == Order::SeqCst || o == Order::Heavy;
}
inline bool releases(Order o) {
  return o == Order::Release || o == Order::AcqRel || o == Order::SeqCst || o == Order::Heavy;
}

struct Site;  // Where in the source an operation stands; explorer.hpp.

using Id = std::uint8_t;
inline constexpr Id none = 255;

struct Event {
  Kind kind = Kind::Fence;
  Order order = Order::Relaxed;
  std::uint8_t thread = 0;
  std::uint8_t index = 0;  // Its place in the thread's program order.
  std::uint8_t location = none;
  bool rmw = false;  // The read or the write of a read-modify-write.
  bool cas = false;  // Read: it is a read-modify-write only if it reads `expected`.
  Order success = Order::Relaxed;
  Order failure = Order::Relaxed;
  std::uint64_t expected = 0;
  Id rf = none;             // Read: the write it reads from.
  Id prev = none;           // The event before it in program order.
  std::uint64_t value = 0;  // Read or written.
  const Site* site = nullptr;

  // Sets of events, this one excluded.
  Bits po;        // Before it in program order; everything of the set-up counts.
  Bits po_other;  // Those of them at another location.
  Bits hb;        // Happens before it.
  Bits porf;      // Before it by program order and reads-from.
  Bits released;  // Write: what an acquire that reads it synchronises with.
  Bits mo;        // Write: the writes of its location before it.
};

class Graph {
 public:
  static constexpr unsigned event_count_max = 127;
  static constexpr unsigned location_count_max = 160;
  static constexpr unsigned thread_count_max = 6;  // Set-up, four threads, the end.

  unsigned size() const { return size_; }
  const Event& operator[](unsigned id) const { return events_[id]; }
  unsigned length(unsigned thread) const { return lengths_[thread]; }
  Id id_of(unsigned thread, unsigned index) const { return ids_[thread][index]; }
  Bits writes(unsigned location) const { return writes_[location]; }
  Bits reads(unsigned location) const { return reads_[location]; }

  // Appends an event to its thread and returns its number. A read has its rf set; a write is put
  // behind `after` in modification order (none: it is the first).
  Id add_read(Event event);
  Id add_write(Event event, Id after);
  Id add_other(Event event);

  // Makes the last event of its thread read from `write` instead.
  void change_rf(Id read, Id write);

  // Makes `graph` this one without the events in `gone`, numbers closed up as `renumbered` tells.
  void without(Bits gone, Graph& graph, std::array<Id, 128>& renumbered) const;

  // Whether read `id` and the writes agree with coherence and SC, `id` being maximal in hb.
  bool read_is_coherent(Id id) const;
  // Whether a write with this happens-before may come right behind `after`.
  bool write_fits(const Event& event, Bits hb, Id after) const;
  bool sc_holds() const;

  // hb of an event that would be appended to `thread` now, before its own synchronisation.
  Bits hb_of_next(unsigned thread) const;
  Bits porf_of_next(unsigned thread) const;

  // The newest write of the location, or none.
  Id newest(unsigned location) const;
  // Whether a read-modify-write reads from `write`, and its own write is there.
  bool taken(Id write) const;

  // One line an event, in an order that respects po and rf; only those in `wanted`.
  std::string show(Bits wanted) const;
  // Equal exactly for equal graphs, whatever the order in which they were built.
  std::string signature() const;

 private:
  Event& append(Event event);
  Bits fr_before(const Event& write) const;
  Bits eco_before(Id id) const;

  std::array<Event, event_count_max + 1> events_;
  unsigned size_ = 0;
  std::array<std::uint8_t, thread_count_max> lengths_{};
  std::array<std::array<Id, event_count_max + 1>, thread_count_max> ids_{};
  std::array<Bits, location_count_max> writes_{};
  std::array<Bits, location_count_max> reads_{};
  unsigned location_count_ = 0;

 public:
  Graph() = default;
  Graph(const Graph& other) { *this = other; }
  Graph& operator=(const Graph& other);  // Copies only what is in use.
};

}  // namespace thole::memmodel
