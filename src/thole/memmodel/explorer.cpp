#include "thole/memmodel/explorer.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <unordered_map>

#include "thole/base/result.hpp"
#include "thole/memmodel/fiber.hpp"
#include "thole/memmodel/machine.hpp"

namespace thole::memmodel {

namespace {

constexpr unsigned thread_count = Graph::thread_count_max;
constexpr unsigned end_thread = thread_count - 1;
constexpr std::size_t arena_size = 256 * 1024;

// What a fiber asks for: one operation.
struct Request {
  enum class Type : std::uint8_t { Event, Rmw } type = Type::Event;
  Event event;                // Kind, order, location, value, site.
  std::uint64_t operand = 0;  // Rmw: added, or written.
  bool adds = false;
  std::uint64_t mask = ~std::uint64_t{0};
  const void* memory = nullptr;  // Free.
  std::size_t bytes = 0;
};

struct Block {
  std::uintptr_t begin;
  std::size_t size;
  bool freed;
};

enum class State : std::uint8_t { Idle, Asking, Finished, Blocked, Cut };

struct Thread {
  Fiber fiber;
  State state = State::Idle;
  unsigned next = 0;  // The index of its next event.
  unsigned retries = 0;
  Id blocked_on = none;
  Request request;
  std::uint64_t result = 0;
  std::unique_ptr<std::byte[]> arena = std::make_unique<std::byte[]>(arena_size);
  std::size_t used = 0;
  std::vector<Block> blocks;
  const std::function<void()>* body = nullptr;
};

class Explorer {
 public:
  Explorer(const Program& program, const Options& options) : program_(program), options_(options) {
    THOLE_ASSERT(!program.threads.empty() && program.threads.size() <= 4);
  }

  Report explore();

  // Called on fibers.
  std::uint64_t ask();
  void mark_mutated() { report_.mutated = true; }
  unsigned retry_count_max() const { return options_.retry_count_max; }
  Request& request() { return threads_[running_].request; }
  Thread& self() { return threads_[running_]; }
  std::uint8_t location_of(const void* address);
  const Site* site_of(const std::source_location& where, Operation operation, Order order);
  Order effective(const Site* site, Order order) const;
  bool changes(const Site* site, Mutation::Change change) const;
  void stop_here(State state);
  void fail_here(std::string what);
  void free_block(void* memory, std::size_t bytes, const std::source_location& where);
  void* allocate(std::size_t bytes, std::size_t align);

 private:
  static void fiber_main(void* thread);
  void run();
  void start(unsigned t, const std::function<void()>& body);
  void resume(unsigned t);
  bool in_graph(unsigned t) const;
  bool advance(unsigned t);
  bool extend(unsigned t);
  bool extend_read(Thread& thread, Event event);
  bool extend_write(Event event);
  void revisit(const Event& event);
  bool maximally_added(unsigned id, Bits previous) const;
  bool report_access(const Event& event, Bits hb);
  void report(std::string what, Bits wanted);
  void finish();
  void push(const Graph& graph);
  unsigned thread_of(const Thread& t) const { return static_cast<unsigned>(&t - threads_.data()); }

  const Program& program_;
  const Options& options_;
  Report report_;
  std::array<Thread, thread_count> threads_;
  unsigned running_ = 0;
  Graph graph_;
  Graph trial_;
  bool doomed_ = false;
  Bits executed_;
  std::vector<std::unique_ptr<Graph>> pending_;
  std::vector<std::unique_ptr<Graph>> spare_;
  std::unordered_map<const void*, std::uint8_t> locations_;
  std::vector<const void*> addresses_;
  struct SiteKey {
    const char* file;
    std::uint32_t line, column;
    Operation operation;
    Order order;
    auto operator<=>(const SiteKey&) const = default;
  };
  std::map<SiteKey, std::unique_ptr<Site>> sites_;
  const Site* mutated_ = nullptr;
};

// The exploration that runs on this OS thread: a model operation has nothing else to find it by.
thread_local Explorer* current = nullptr;

void Explorer::fiber_main(void* argument) {
  Thread& thread = *static_cast<Thread*>(argument);
  (*thread.body)();
  thread.state = State::Finished;
  thread.fiber.leave();
}

void Explorer::start(unsigned t, const std::function<void()>& body) {
  Thread& thread = threads_[t];
  thread.body = &body;
  thread.next = 0;
  thread.retries = 0;
  thread.used = 0;
  thread.blocks.clear();
  thread.blocked_on = none;
  thread.fiber.start(&fiber_main, &thread);
  resume(t);
}

void Explorer::resume(unsigned t) {
  running_ = t;
  threads_[t].state = State::Idle;
  threads_[t].fiber.resume();
}

bool Explorer::in_graph(unsigned t) const {
  const Thread& thread = threads_[t];
  if (thread.next >= graph_.length(t)) return false;
  if (thread.request.type != Request::Type::Rmw) return true;
  const Event& read = graph_[graph_.id_of(t, thread.next)];
  return !read.rmw || thread.next + 1 < graph_.length(t);
}

// Takes the step that the graph already has, if what it reads from has been executed.
bool Explorer::advance(unsigned t) {
  Thread& thread = threads_[t];
  const Id id = graph_.id_of(t, thread.next);
  const Event& event = graph_[id];
  if (event.kind == Kind::Read && !executed_.has(event.rf)) return false;
  executed_.set(id);
  thread.result = event.value;
  ++thread.next;
  if (thread.request.type == Request::Type::Rmw && event.rmw) {
    executed_.set(graph_.id_of(t, thread.next));
    ++thread.next;
  }
  return true;
}

std::uint64_t Explorer::ask() {
  const unsigned t = running_;
  Thread& thread = threads_[t];
  if (in_graph(t) && advance(t)) return thread.result;
  thread.state = State::Asking;
  thread.fiber.leave();
  return threads_[t].result;
}

void Explorer::stop_here(State state) {
  Thread& thread = self();
  thread.state = state;
  if (state == State::Blocked) thread.blocked_on = graph_.id_of(running_, thread.next - 1);
  for (;;) thread.fiber.leave();
}

void Explorer::report(std::string what, Bits wanted) {
  if (report_.failure) return;
  report_.failure = Failure{std::move(what), graph_.show(wanted)};
}

void Explorer::fail_here(std::string what) {
  Bits wanted;
  if (running_ == end_thread) {
    wanted = Bits::below(graph_.size());
  } else {
    wanted = graph_.porf_of_next(running_);
  }
  report(std::move(what), wanted);
  stop_here(State::Cut);
}

// Whether the access is a failure by itself: a race, or outside the life of its memory.
bool Explorer::report_access(const Event& event, Bits hb) {
  const unsigned l = event.location;
  const Bits reads = graph_.reads(l);
  const Bits writes = graph_.writes(l);
  Bits against;
  std::string what;
  for (unsigned id = 0; id < graph_.size(); ++id) {
    const Event& e = graph_[id];
    if (e.kind == Kind::Free) {
      const auto address = reinterpret_cast<std::uintptr_t>(addresses_[l]);
      if (address - e.expected < e.value) {
        against.set(id);
        what = cat("use after reclaim of L", l);
      }
      continue;
    }
    if (!reads.has(id) && !writes.has(id)) continue;
    if (hb.has(id)) continue;
    if (event.kind == Kind::Read && e.kind == Kind::Read) continue;
    if (event.order == Order::Plain || e.order == Order::Plain) {
      against.set(id);
      what = cat("data race on L", l);
    }
  }
  if (what.empty() && event.kind == Kind::Read && writes.empty())
    what = cat("L", l, " is read before it is written");
  if (what.empty()) return false;

  Bits wanted = graph_.porf_of_next(event.thread);
  against.for_each([&](unsigned id) {
    wanted |= graph_[id].porf;
    wanted.set(id);
  });
  report(cat(what, " by thread ", int{event.thread}, event.site ? " at " + event.site->text() : ""),
         wanted);
  return true;
}

void Explorer::push(const Graph& graph) {
  if (spare_.empty()) {
    pending_.push_back(std::make_unique<Graph>(graph));
  } else {
    pending_.push_back(std::move(spare_.back()));
    spare_.pop_back();
    *pending_.back() = graph;
  }
}

bool Explorer::extend_read(Thread& thread, Event event) {
  const unsigned t = thread_of(thread);
  event.thread = static_cast<std::uint8_t>(t);
  if (report_access(event, graph_.hb_of_next(t))) return false;
  event.rf = graph_.newest(event.location);
  const Bits writes = graph_.writes(event.location);
  const Id newest = event.rf;
  const Id id = graph_.add_read(event);
  if (event.order == Order::Plain) return true;
  // Newest last on the stack, so that the first execution is the one without surprises.
  writes.for_each([&](unsigned w) {
    if (w == newest) return;
    graph_.change_rf(id, static_cast<Id>(w));
    if (graph_.read_is_coherent(id) && graph_.sc_holds()) push(graph_);
  });
  graph_.change_rf(id, newest);
  return true;
}

bool Explorer::maximally_added(unsigned id, Bits previous) const {
  const Event& event = graph_[id];
  if (event.order == Order::Plain || (event.kind != Kind::Read && event.kind != Kind::Write)) {
    return true;
  }
  if (event.kind == Kind::Write) {
    bool read_early = false;
    (graph_.reads(event.location) & previous).for_each([&](unsigned r) {
      read_early |= graph_[r].rf == id;
    });
    if (read_early) return false;
  }
  const unsigned write = event.kind == Kind::Read ? event.rf : id;
  if (!previous.has(write)) return false;
  bool newest = true;
  (graph_.writes(event.location) & previous).for_each([&](unsigned w) {
    newest &= !graph_[w].mo.has(write);
  });
  return newest;
}

// Lets earlier reads read from the write `event`, which is about to be added.
void Explorer::revisit(const Event& event) {
  const Bits before = graph_.porf_of_next(event.thread);
  const Bits all = Bits::below(graph_.size());
  (graph_.reads(event.location) - before).for_each([&](unsigned r) {
    const Bits gone = all - Bits::below(r + 1) - before;
    bool allowed = maximally_added(r, Bits::below(r + 1) | before);
    gone.for_each([&](unsigned id) {
      allowed = allowed && maximally_added(id, Bits::below(id + 1) | before);
    });
    if (!allowed) return;

    std::array<Id, 128> renumbered;
    Graph base;
    graph_.without(gone, base, renumbered);
    const Bits hb = base.hb_of_next(event.thread);
    const auto place = [&](Id after) {
      if (!base.write_fits(event, hb, after)) return;
      trial_ = base;
      const Id id = trial_.add_write(event, after);
      trial_.change_rf(renumbered[r], id);
      if (trial_.read_is_coherent(renumbered[r]) && trial_.sc_holds()) push(trial_);
    };
    if (event.rmw) {
      place(base[base.id_of(event.thread, base.length(event.thread) - 1)].rf);
    } else {
      base.writes(event.location).for_each([&](unsigned w) { place(static_cast<Id>(w)); });
    }
  });
}

bool Explorer::extend_write(Event event) {
  const Bits hb = graph_.hb_of_next(event.thread);
  if (!doomed_ && report_access(event, hb)) return false;
  if (event.order == Order::Plain) {
    graph_.add_write(event, graph_.newest(event.location));
    return true;
  }
  if (event.thread != end_thread && event.thread != 0) revisit(event);

  if (event.rmw) {
    const Id after = graph_[graph_.id_of(event.thread, graph_.length(event.thread) - 1)].rf;
    if (!graph_.write_fits(event, hb, after)) return false;
    graph_.add_write(event, after);
    return graph_.sc_holds();
  }
  const Id newest = graph_.newest(event.location);
  graph_.writes(event.location).for_each([&](unsigned w) {
    if (w == newest || !graph_.write_fits(event, hb, static_cast<Id>(w))) return;
    trial_ = graph_;
    trial_.add_write(event, static_cast<Id>(w));
    if (trial_.sc_holds()) push(trial_);
  });
  graph_.add_write(event, newest);
  return true;
}

// Adds the next event of thread t, and remembers the other ways of adding it.
bool Explorer::extend(unsigned t) {
  Thread& thread = threads_[t];
  Request& request = thread.request;
  if (graph_.size() + 2 >= Graph::event_count_max) {
    report("more events than a graph can hold", {});
    return false;
  }
  Event event = request.event;
  event.thread = static_cast<std::uint8_t>(t);
  if (request.type == Request::Type::Rmw) {
    if (thread.next == graph_.length(t)) {
      event.kind = Kind::Read;
      if (!extend_read(thread, event)) return false;
    }
    const Event read = graph_[graph_.id_of(t, thread.next)];
    if (!read.rmw) return true;
    doomed_ = graph_.taken(read.rf);
    Event write = event;
    write.kind = Kind::Write;
    write.cas = false;
    write.rmw = true;
    write.order = read.order;
    write.value = (request.adds ? read.value + request.operand : request.operand) & request.mask;
    return extend_write(write);
  }
  switch (event.kind) {
    case Kind::Read:
      return extend_read(thread, event);
    case Kind::Write:
      return extend_write(event);
    case Kind::Fence:
      graph_.add_other(event);
      return true;
    case Kind::Free:
      break;
  }
  // Every access to what is freed must happen before.
  const Bits hb = graph_.hb_of_next(t);
  for (unsigned id = 0; id < graph_.size(); ++id) {
    const Event& e = graph_[id];
    bool inside = false;
    if (e.kind == Kind::Free) {
      inside = e.expected == event.expected;
    } else if (e.location != none) {
      const auto address = reinterpret_cast<std::uintptr_t>(addresses_[e.location]);
      inside = address - event.expected < event.value && !hb.has(id);
    }
    if (!inside) continue;
    Bits wanted = graph_.porf_of_next(t) | e.porf;
    wanted.set(id);
    report(cat(e.kind == Kind::Free ? "freed twice" : "use after reclaim: freed under an access",
               event.site != nullptr ? " at " + event.site->text() : ""),
           wanted);
    return false;
  }
  graph_.add_other(event);
  return true;
}

void Explorer::finish() {
  bool cut = false;
  bool blocked = false;
  bool lost = true;
  Bits wanted;
  std::string who;
  for (unsigned t = 1; t <= program_.threads.size(); ++t) {
    const Thread& thread = threads_[t];
    cut |= thread.state == State::Cut;
    if (thread.state != State::Blocked) continue;
    blocked = true;
    const Event& read = graph_[thread.blocked_on];
    lost &= graph_.newest(read.location) == read.rf;
    who += cat(" ", t);
    wanted |= Bits::below(graph_.size());
  }
  if (cut) {
    ++report_.cut;
    return;
  }
  if (blocked) {
    ++report_.blocked;
    if (lost) report(cat("lost wake-up: nothing will wake thread", who), wanted);
    return;
  }

  const std::function<void()> nothing = [] {};
  start(end_thread, program_.end ? program_.end : nothing);
  while (threads_[end_thread].state == State::Asking && !report_.failure) {
    if (!in_graph(end_thread) && !extend(end_thread)) return;
    advance(end_thread);
    resume(end_thread);
  }
  if (report_.failure) return;
  if (threads_[end_thread].state == State::Cut) {
    report("an operation repeats without end though nothing else runs", Bits::below(graph_.size()));
    return;
  }
  for (const Thread& thread : threads_) {
    for (const Block& block : thread.blocks) {
      if (!block.freed) {
        report(cat("leak: ", block.size, " bytes are never freed"), Bits::below(graph_.size()));
        return;
      }
    }
  }
  ++report_.graphs;
  if (options_.on_graph) options_.on_graph(graph_);
}

void Explorer::run() {
  executed_ = {};
  doomed_ = false;
  for (Thread& thread : threads_) thread.blocks.clear();
  const std::function<void()> nothing = [] {};
  start(0, program_.setup ? program_.setup : nothing);
  while (threads_[0].state == State::Asking) {
    if (!in_graph(0) && !extend(0)) return;
    advance(0);
    resume(0);
  }
  if (threads_[0].state == State::Cut) {
    report("an operation repeats without end though nothing else runs", {});
  }
  if (report_.failure) return;
  const unsigned last = static_cast<unsigned>(program_.threads.size());
  for (unsigned t = 1; t <= last; ++t) start(t, program_.threads[t - 1]);
  for (;;) {
    if (report_.failure) return;
    bool progress = false;
    unsigned next = 0;
    for (unsigned t = 1; t <= last; ++t) {
      Thread& thread = threads_[t];
      if (thread.state != State::Asking) continue;
      if (in_graph(t)) {
        if (!advance(t)) continue;
        resume(t);
        progress = true;
      } else if (next == 0 || (graph_.length(t) > thread.next)) {
        next = t;  // The lowest, unless one has read but not yet written.
      }
    }
    if (progress) continue;
    if (next == 0) break;
    if (!extend(next)) {
      if (!report_.failure) ++report_.doomed;
      return;
    }
  }
  finish();
}

Report Explorer::explore() {
  Explorer* outer = current;
  current = this;
  push(Graph{});
  while (!pending_.empty() && !report_.failure) {
    if (report_.graphs + report_.blocked + report_.cut + report_.doomed >=
        options_.graph_count_max) {
      break;
    }
    graph_ = *pending_.back();
    spare_.push_back(std::move(pending_.back()));
    pending_.pop_back();
    run();
  }
  report_.exhausted = pending_.empty() && !report_.failure;
  for (const auto& [key, site] : sites_) report_.sites.push_back(*site);
  current = outer;
  return std::move(report_);
}

std::uint8_t Explorer::location_of(const void* address) {
  const auto [it, added] =
      locations_.try_emplace(address, static_cast<std::uint8_t>(addresses_.size()));
  if (added) {
    if (addresses_.size() >= Graph::location_count_max)
      fail_here("more locations than a graph can hold");
    addresses_.push_back(address);
  }
  return it->second;
}

const Site* Explorer::site_of(const std::source_location& where, Operation operation, Order order) {
  const SiteKey key{where.file_name(), where.line(), where.column(), operation, order};
  auto& site = sites_[key];
  if (site == nullptr) {
    std::string_view file = where.file_name();
    file.remove_prefix(file.rfind('/') + 1);
    site = std::make_unique<Site>(Site{file, key.line, key.column, operation, order});
    if (options_.mutation.change != Mutation::Change::None &&
        options_.mutation.site.same_place(*site)) {
      mutated_ = site.get();
      report_.mutated |= options_.mutation.change != Mutation::Change::OffByOne;
    }
  }
  return site.get();
}

Order Explorer::effective(const Site* site, Order order) const {
  return changes(site, Mutation::Change::Weaken) ? options_.mutation.order : order;
}

bool Explorer::changes(const Site* site, Mutation::Change change) const {
  return site == mutated_ && options_.mutation.change == change;
}

void* Explorer::allocate(std::size_t bytes, std::size_t align) {
  Thread& thread = self();
  const auto base = reinterpret_cast<std::uintptr_t>(thread.arena.get());
  const std::size_t at = ((base + thread.used + align - 1) & ~(align - 1)) - base;
  THOLE_ASSERT(at + bytes <= arena_size);
  thread.used = at + bytes;
  std::byte* memory = thread.arena.get() + at;
  thread.blocks.push_back({reinterpret_cast<std::uintptr_t>(memory), bytes, false});
  return memory;
}

void Explorer::free_block(void* memory, std::size_t bytes, const std::source_location& where) {
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  for (Thread& thread : threads_) {
    for (Block& block : thread.blocks) {
      if (block.begin == begin) block.freed = true;
    }
  }
  // Memory that holds no location is nobody else's business, and makes no event.
  const bool seen = std::any_of(addresses_.begin(), addresses_.end(), [&](const void* address) {
    return reinterpret_cast<std::uintptr_t>(address) - begin < bytes;
  });
  if (!seen) return;
  Request& r = request();
  r = {};
  r.event.kind = Kind::Free;
  r.event.order = Order::Plain;
  r.event.expected = begin;
  r.event.value = bytes;
  r.event.site = site_of(where, Operation::Store, Order::Plain);
  ask();
}

}  // namespace

Report explore(const Program& program, const Options& options) {
  return Explorer(program, options).explore();
}

void check(bool condition, std::string_view what) {
  if (!condition) current->fail_here(std::string(what));
}

std::string Report::text() const {
  return cat(graphs, " graphs, ", blocked, " blocked, ", cut, " cut, ", doomed, " doomed",
             failure     ? ", failed: " + failure->what
             : exhausted ? ""
                         : ", not exhausted");
}

std::string Mutation::text() const {
  static constexpr const char* operations[] = {"load", "store",       "exchange", "add",
                                               "cas",  "cas failure", "fence",    "unpark"};
  const std::string_view name = operations[static_cast<unsigned>(site.operation)];
  const std::string place = cat(site.text(), ":", site.column, " ", name, " ");
  switch (change) {
    case Change::None:
      return "nothing";
    case Change::Weaken:
      return cat(place, name_of(site.order), " to ", name_of(order));
    case Change::Skip:
      return cat(place, "left out");
    case Change::OffByOne:
      return cat(place, "off by one");
    case Change::BlindCas:
      return cat(place, "does not compare");
    case Change::StaleLoad:
      return cat(place, "does not look again");
  }
  return {};
}

namespace machine {

namespace {

Request& begin(Location location, Kind kind, Order order, const Site* site) {
  Request& request = current->request();
  request = {};
  request.event.kind = kind;
  request.event.order = order;
  request.event.location = current->location_of(location);
  request.event.site = site;
  return request;
}

// The word that stands for the kernel's queue of sleepers of `word`.
Location queue_of(Location word) { return static_cast<const char*>(word) + 1; }

std::uint64_t rmw(Location location, std::uint64_t operand, bool adds, std::uint64_t mask,
                  Order order, const Site* site) {
  Request& request = begin(location, Kind::Read, order, site);
  request.type = Request::Type::Rmw;
  request.event.rmw = true;
  request.operand = operand;
  request.adds = adds;
  request.mask = mask;
  return current->ask();
}

}  // namespace

void construct(Location location, std::uint64_t value) {
  begin(location, Kind::Write, Order::Plain, nullptr).event.value = value;
  current->ask();
}

void construct_queue(Location word) { construct(queue_of(word), 0); }

std::uint64_t plain_read(Location location, const Where& where) {
  begin(location, Kind::Read, Order::Plain, current->site_of(where, Operation::Load, Order::Plain));
  return current->ask();
}

void plain_write(Location location, std::uint64_t value, const Where& where) {
  begin(location, Kind::Write, Order::Plain,
        current->site_of(where, Operation::Store, Order::Plain))
      .event.value = value;
  current->ask();
}

std::uint64_t load(Location location, Order order, const Where& where) {
  const Site* site = current->site_of(where, Operation::Load, order);
  begin(location, Kind::Read, current->effective(site, order), site);
  return current->ask();
}

void store(Location location, std::uint64_t value, Order order, const Where& where) {
  const Site* site = current->site_of(where, Operation::Store, order);
  if (current->changes(site, Mutation::Change::Skip)) return;
  if (current->changes(site, Mutation::Change::OffByOne) && value != 0 && value < 4096) {
    current->mark_mutated();
    ++value;
  }
  begin(location, Kind::Write, current->effective(site, order), site).event.value = value;
  current->ask();
}

std::uint64_t exchange(Location location, std::uint64_t value, Order order, const Where& where) {
  const Site* site = current->site_of(where, Operation::Exchange, order);
  return rmw(location, value, false, ~std::uint64_t{0}, current->effective(site, order), site);
}

std::uint64_t add(Location location, std::uint64_t value, unsigned bits, Order order,
                  const Where& where) {
  const Site* site = current->site_of(where, Operation::Add, order);
  if (current->changes(site, Mutation::Change::Skip)) value = 0;
  const std::uint64_t mask = bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
  return rmw(location, value, true, mask, current->effective(site, order), site);
}

bool compare_exchange(Location location, std::uint64_t& expected, std::uint64_t desired,
                      Order success, Order failure, const Where& where) {
  const Site* site = current->site_of(where, Operation::Cas, success);
  const Site* other = current->site_of(where, Operation::CasFailure, failure);
  success = current->effective(site, success);
  failure = current->effective(other, failure);
  if (current->changes(site, Mutation::Change::BlindCas)) {
    rmw(location, desired, false, ~std::uint64_t{0}, success, site);
    return true;
  }
  Request& request = begin(location, Kind::Read, success, site);
  request.type = Request::Type::Rmw;
  request.operand = desired;
  request.event.cas = true;
  request.event.expected = expected;
  request.event.success = success;
  request.event.failure = failure;
  const std::uint64_t read = current->ask();
  if (read == expected) return true;
  expected = read;
  return false;
}

void fence(Order order, const Where& where) {
  const Site* site = current->site_of(where, Operation::Fence, order);
  const Order effective = current->effective(site, order);
  if (effective == Order::Relaxed || effective == Order::Plain) return;
  Request& request = current->request();
  request = {};
  request.event.order = effective;
  request.event.site = site;
  current->ask();
}

std::uint64_t await(Location location, bool (*wanted)(const void*, std::uint64_t),
                    const void* argument, Order order, const Where& where) {
  const std::uint64_t value = load(location, order, where);
  if (!wanted(argument, value)) current->stop_here(State::Blocked);
  return value;
}

void park(Location word, std::uint64_t expected) {
  // As futex(2) does it: one lock orders this check against every wake of the word.
  const std::uint64_t wakes =
      rmw(queue_of(word), 0, true, ~std::uint64_t{0}, Order::AcqRel, nullptr);
  begin(word, Kind::Read, Order::Relaxed, nullptr);
  if (current->ask() != expected) return;
  begin(queue_of(word), Kind::Read, Order::Acquire, nullptr);
  if (current->ask() == wakes) current->stop_here(State::Blocked);
}

void unpark(Location word, const Where& where) {
  const Site* site = current->site_of(where, Operation::Unpark, Order::Relaxed);
  if (current->changes(site, Mutation::Change::Skip)) return;
  rmw(queue_of(word), 1, true, ~std::uint64_t{0}, Order::AcqRel, nullptr);
}

void retry() {
  Thread& thread = current->self();
  if (++thread.retries > current->retry_count_max()) current->stop_here(State::Cut);
}

void* allocate(std::size_t bytes, std::size_t align) { return current->allocate(bytes, align); }

void free(void* memory, std::size_t bytes, const Where& where) {
  current->free_block(memory, bytes, where);
}

}  // namespace machine

}  // namespace thole::memmodel
