#include "thole/memmodel/graph.hpp"

#include <algorithm>

#include "thole/base/result.hpp"
#include "thole/base/text.hpp"
#include "thole/memmodel/site.hpp"

namespace thole::memmodel {

Order order_of(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed:
      return Order::Relaxed;
    case std::memory_order_consume:
    case std::memory_order_acquire:
      return Order::Acquire;
    case std::memory_order_release:
      return Order::Release;
    case std::memory_order_acq_rel:
      return Order::AcqRel;
    case std::memory_order_seq_cst:
      break;
  }
  return Order::SeqCst;
}

const char* name_of(Order order) {
  static constexpr const char* names[] = {"plain",   "relaxed", "acquire", "release",
                                          "acq_rel", "seq_cst", "light",   "heavy"};
  return names[static_cast<unsigned>(order)];
}

Graph& Graph::operator=(const Graph& other) {
  if (this == &other) return *this;
  size_ = other.size_;
  lengths_ = other.lengths_;
  std::copy_n(other.events_.begin(), size_, events_.begin());
  for (unsigned t = 0; t < thread_count_max; ++t) {
    std::copy_n(other.ids_[t].begin(), lengths_[t], ids_[t].begin());
  }
  const unsigned locations = std::max(location_count_, other.location_count_);
  std::copy_n(other.writes_.begin(), locations, writes_.begin());
  std::copy_n(other.reads_.begin(), locations, reads_.begin());
  location_count_ = other.location_count_;
  return *this;
}

Bits Graph::hb_of_next(unsigned thread) const {
  Bits hb;
  if (thread == thread_count_max - 1) {
    hb = Bits::below(size_);  // The end comes after everything.
  } else if (lengths_[thread] != 0) {
    const Id prev = ids_[thread][lengths_[thread] - 1U];
    hb = events_[prev].hb;
    hb.set(prev);
  } else {
    for (unsigned i = 0; i < lengths_[0]; ++i) hb.set(ids_[0][i]);
  }
  return hb;
}

Bits Graph::porf_of_next(unsigned thread) const {
  if (thread == thread_count_max - 1 || lengths_[thread] == 0) return hb_of_next(thread);
  const Id prev = ids_[thread][lengths_[thread] - 1U];
  Bits porf = events_[prev].porf;
  porf.set(prev);
  return porf;
}

Event& Graph::append(Event event) {
  THOLE_ASSERT(size_ < event_count_max);
  const unsigned t = event.thread;
  event.index = lengths_[t];
  event.hb = hb_of_next(t);
  event.porf = porf_of_next(t);
  event.po = {};
  event.po_other = {};
  event.released = {};
  event.prev = lengths_[t] != 0 ? ids_[t][lengths_[t] - 1U] : none;
  if (event.prev != none) {
    event.po = events_[event.prev].po;
    event.po.set(event.prev);
  }
  event.po.for_each([&](unsigned id) {
    if (events_[id].location != event.location || event.location == none) event.po_other.set(id);
  });
  if (event.location != none) {
    THOLE_ASSERT(event.location < location_count_max);
    while (location_count_ <= event.location) {
      writes_[location_count_] = {};
      reads_[location_count_++] = {};
    }
  }
  ids_[t][lengths_[t]++] = static_cast<Id>(size_);
  events_[size_] = event;
  return events_[size_++];
}

Id Graph::add_read(Event event) {
  Event& added = append(event);
  const Id id = static_cast<Id>(size_ - 1);
  reads_[added.location].set(id);
  change_rf(id, event.rf);
  return id;
}

void Graph::change_rf(Id read, Id write) {
  Event& event = events_[read];
  const Event& source = events_[write];
  event.rf = write;
  event.value = source.value;
  if (event.cas) {
    event.rmw = event.value == event.expected;
    event.order = event.rmw ? event.success : event.failure;
  }
  // Everything but its own synchronisation comes from the event before it.
  if (event.prev != none) {
    event.hb = events_[event.prev].hb;
    event.hb.set(event.prev);
    event.porf = events_[event.prev].porf;
    event.porf.set(event.prev);
  } else {
    event.hb = {};
    for (unsigned i = 0; event.thread != 0 && i < lengths_[0]; ++i) event.hb.set(ids_[0][i]);
    event.porf = event.hb;
  }
  if (event.thread == thread_count_max - 1) event.hb = event.porf = Bits::below(read);
  event.porf |= source.porf;
  event.porf.set(write);
  if (acquires(event.order)) event.hb |= source.released;
}

Id Graph::add_write(Event event, Id after) {
  Event& added = append(event);
  const Id id = static_cast<Id>(size_ - 1);
  if (releases(added.order)) {
    added.released = added.hb;
    added.released.set(id);
  } else {
    for (Id e = added.prev; e != none; e = events_[e].prev) {
      if (events_[e].kind == Kind::Fence && releases(events_[e].order)) {
        added.released = events_[e].hb;
        added.released.set(e);
        break;
      }
    }
  }
  if (added.rmw) added.released |= events_[events_[added.prev].rf].released;

  added.mo = {};
  if (after != none) {
    added.mo = events_[after].mo;
    added.mo.set(after);
  }
  (writes_[added.location] - added.mo).for_each([&](unsigned later) { events_[later].mo.set(id); });
  writes_[added.location].set(id);
  return id;
}

Id Graph::add_other(Event event) {
  Event& added = append(event);
  const Id id = static_cast<Id>(size_ - 1);
  if (added.kind == Kind::Fence && acquires(added.order)) {
    added.po.for_each([&](unsigned e) {
      const Event& before = events_[e];
      if (before.kind == Kind::Read && before.order != Order::Plain) {
        added.hb |= events_[before.rf].released;
      }
    });
  }
  return id;
}

void Graph::without(Bits gone, Graph& graph, std::array<Id, 128>& renumbered) const {
  graph.size_ = 0;
  graph.lengths_ = {};
  Bits kept;
  renumbered.fill(none);
  for (unsigned id = 0; id < size_; ++id) {
    if (gone.has(id)) continue;
    renumbered[id] = static_cast<Id>(kept.count());
    kept.set(id);
  }
  const auto moved = [&](Bits set) {
    Bits result;
    (set & kept).for_each([&](unsigned id) { result.set(renumbered[id]); });
    return result;
  };
  const auto link = [&](Id id) { return id == none ? none : renumbered[id]; };
  kept.for_each([&](unsigned id) {
    Event event = events_[id];
    event.rf = link(event.rf);
    event.prev = link(event.prev);
    for (Bits* set :
         {&event.po, &event.po_other, &event.hb, &event.porf, &event.released, &event.mo}) {
      *set = moved(*set);
    }
    graph.ids_[event.thread][graph.lengths_[event.thread]++] = renumbered[id];
    graph.events_[graph.size_++] = event;
  });
  graph.location_count_ = location_count_;
  for (unsigned l = 0; l < location_count_; ++l) {
    graph.writes_[l] = moved(writes_[l]);
    graph.reads_[l] = moved(reads_[l]);
  }
}

Id Graph::newest(unsigned location) const {
  if (location >= location_count_) return none;
  Id newest = none;
  int most = -1;
  writes_[location].for_each([&](unsigned id) {
    if (const int before = events_[id].mo.count(); before > most) {
      most = before;
      newest = static_cast<Id>(id);
    }
  });
  return newest;
}

bool Graph::taken(Id write) const {
  bool found = false;
  writes_[events_[write].location].for_each(
      [&](unsigned id) { found |= events_[id].rmw && events_[events_[id].prev].rf == write; });
  return found;
}

bool Graph::read_is_coherent(Id id) const {
  const Event& read = events_[id];
  // Nothing that happens before the read may have seen or written anything newer.
  bool stale = false;
  (writes_[read.location] & read.hb).for_each([&](unsigned w) {
    stale |= events_[w].mo.has(read.rf);
  });
  (reads_[read.location] & read.hb).for_each([&](unsigned r) {
    stale |= events_[events_[r].rf].mo.has(read.rf);
  });
  return !stale;
}

bool Graph::write_fits(const Event& event, Bits hb, Id after) const {
  Bits before;
  if (after != none) {
    before = events_[after].mo;
    before.set(after);
    if (taken(after)) return false;
  }
  if (!((writes_[event.location] & hb) - before).empty()) return false;
  bool fits = true;
  (reads_[event.location] & hb).for_each([&](unsigned r) { fits &= before.has(events_[r].rf); });
  return fits;
}

Bits Graph::fr_before(const Event& write) const {
  Bits result;
  reads_[write.location].for_each([&](unsigned r) {
    if (write.mo.has(events_[r].rf)) result.set(r);
  });
  return result;
}

Bits Graph::eco_before(Id id) const {
  const Event& event = events_[id];
  if (event.kind == Kind::Write) return event.mo | fr_before(event);
  if (event.kind != Kind::Read) return {};
  Bits result = events_[event.rf].mo | fr_before(events_[event.rf]);
  result.set(event.rf);
  return result;
}

bool Graph::sc_holds() const {
  Bits sc;
  Bits fences;
  for (unsigned id = 0; id < size_; ++id) {
    if (events_[id].order < Order::SeqCst) continue;
    sc.set(id);
    if (events_[id].kind == Kind::Fence) fences.set(id);
  }
  if (sc.count() < 2) return true;

  // po-other; hb, the first two steps of the long way through scb, for each event.
  std::array<Bits, 128> way;
  for (unsigned id = 0; id < size_; ++id) {
    way[id] = {};
    events_[id].hb.for_each([&](unsigned y) { way[id] |= events_[y].po_other; });
  }
  const auto scb_before = [&](unsigned id) {
    const Event& event = events_[id];
    Bits result = event.po;
    if (event.location != none) {
      result |= event.hb & (writes_[event.location] | reads_[event.location]);
    }
    if (event.kind == Kind::Write) result |= event.mo | fr_before(event);
    event.po_other.for_each([&](unsigned z) { result |= way[z]; });
    return result;
  };

  std::array<Bits, 128> psc{};
  sc.for_each([&](unsigned b) {
    Bits ends;
    ends.set(b);
    if (fences.has(b)) ends |= events_[b].hb;
    Bits base;
    ends.for_each([&](unsigned e) { base |= scb_before(e); });
    Bits from_fence = base;
    base.for_each([&](unsigned x) { from_fence |= events_[x].hb; });
    Bits edges = (base & sc) | (from_fence & fences);
    if (fences.has(b)) {
      Bits eco;
      events_[b].hb.for_each([&](unsigned x) { eco |= eco_before(static_cast<Id>(x)); });
      Bits far = events_[b].hb;
      eco.for_each([&](unsigned x) { far |= events_[x].hb; });
      edges |= far & fences;
    }
    // A light fence counts only towards a heavy one.
    edges.for_each([&](unsigned a) {
      const Order one = events_[a].order;
      const Order two = events_[b].order;
      const bool counts = (one != Order::Light || two == Order::Heavy) &&
                          (two != Order::Light || one == Order::Heavy);
      if (counts) psc[b].set(a);
    });
  });

  // Take away what nothing left precedes; a cycle is what cannot be taken away.
  for (Bits left = sc; !left.empty();) {
    Bits next = left;
    left.for_each([&](unsigned b) {
      if ((psc[b] & left).empty()) next = next - (Bits::below(b + 1) - Bits::below(b));
    });
    if (next == left) return false;
    left = next;
  }
  return true;
}

std::string Graph::signature() const {
  std::string text;
  const auto name = [&](unsigned id) {
    return cat(static_cast<unsigned>(events_[id].thread), ".",
               static_cast<unsigned>(events_[id].index));
  };
  for (unsigned t = 0; t < thread_count_max; ++t) {
    for (unsigned i = 0; i < lengths_[t]; ++i) {
      const Event& event = events_[ids_[t][i]];
      if (event.kind == Kind::Read) text += cat(t, ".", i, "<", name(event.rf), " ");
      if (event.kind == Kind::Write) text += cat(t, ".", i, "#", event.mo.count(), " ");
    }
  }
  return text;
}

std::string Graph::show(Bits wanted) const {
  std::string text;
  Bits shown;
  const auto line = [&](unsigned id) {
    const Event& e = events_[id];
    const std::string who = e.thread == 0                      ? "set-up"
                            : e.thread == thread_count_max - 1 ? "end"
                                                               : cat("thread ", int{e.thread});
    text += cat("  ", who, ": ");
    if (e.kind == Kind::Fence) text += cat(name_of(e.order), " fence");
    if (e.kind == Kind::Free) text += cat("free #", e.value);
    if (e.location != none) {
      const Event* from = e.kind == Kind::Read ? &events_[e.rf] : nullptr;
      text += cat(
          from != nullptr ? (e.rmw ? "rmw reads " : "read ") : (e.rmw ? "rmw writes " : "write "),
          "L", int{e.location}, " = ", e.value, " (", name_of(e.order), ")");
      if (from != nullptr) {
        text += cat(" written by ",
                    from->thread == 0 ? "the set-up" : cat("thread ", int{from->thread}));
      }
    }
    if (e.site != nullptr) text += cat("   ", e.site->text());
    text += '\n';
  };
  for (bool progress = true; progress;) {
    progress = false;
    for (unsigned id = 0; id < size_; ++id) {
      if (!wanted.has(id) || shown.has(id) || !((events_[id].porf & wanted) - shown).empty()) {
        continue;
      }
      if (events_[id].thread != 0) line(id);
      shown.set(id);
      progress = true;
    }
  }
  return text;
}

}  // namespace thole::memmodel
