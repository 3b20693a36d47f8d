#include <ostream>

#include "thole/lab/table.hpp"
#include "thole/memmodel/client.hpp"

namespace thole::lab {

namespace {

using P = memmodel::ModelPolicy;
using sync::seq_cst;

enum class Pause : std::uint8_t { BarrierOff, BarrierStaysOn, ScansAgain };

// A marking collector with two objects that hold pointers, A (scanned first) and B, and one that is
// pointed to. The program moves the pointer from B to A while the collector is between the two. All
// accesses are seq_cst: what goes wrong here is not the order of memory but that of events.
template <Pause pause>
struct Collector {
  P::atomic<int> a{0};  // Whether it points to the object.
  P::atomic<int> b{1};
  P::atomic<int> marked{0};
  P::atomic<int> barrier{1};
  bool freed = false;

  void collect() {
    const auto scan = [&](P::atomic<int>& field) {
      if (field.load(seq_cst) != 0) marked.store(1, seq_cst);
    };
    scan(a);
    if (pause != Pause::BarrierStaysOn) barrier.store(0, seq_cst);  // "The world stands still."
    scan(b);
    if (pause == Pause::ScansAgain) scan(a);
    freed = marked.load(seq_cst) == 0;
  }
  void mutate() {
    if (barrier.load(seq_cst) != 0) marked.store(1, seq_cst);
    a.store(1, seq_cst);
    b.store(0, seq_cst);
  }
  void finish() { memmodel::check(!freed, "a live object was freed"); }
};

template <Pause pause>
memmodel::Report run(const char* name) {
  using C = Collector<pause>;
  return memmodel::explore(memmodel::program_of<C>(name, {&C::collect, &C::mutate}));
}

}  // namespace

int show_preempt(const Request& request, std::ostream& out) {
  if (request.format == Format::Table) {
    out << "A collector that marks while the program runs relies on a write barrier. If the "
           "barrier\n"
           "is off during a pause, a thread preempted just before its store finishes it "
           "afterwards,\n"
           "behind the collector's back. Every execution of collector and program is explored.\n\n";
  }
  const memmodel::Report off = run<Pause::BarrierOff>("off");
  const memmodel::Report on = run<Pause::BarrierStaysOn>("on");
  const memmodel::Report again = run<Pause::ScansAgain>("again");
  Table table({"during the pause", "executions", "result", "trace"});
  const auto add = [&](const char* name, const memmodel::Report& report) {
    table.add({name, std::to_string(report.graphs),
               report.failure    ? report.failure->what
               : report.passed() ? "holds in every execution"
                                 : "not exhausted",
               request.format == Format::Json && report.failure ? report.failure->trace : ""});
  };
  add("the barrier is off", off);
  add("the barrier stays on", on);
  add("off, but it scans again", again);
  table.write(out, request.format);
  if (request.format == Format::Table && off.failure) {
    out << "\nHow the object is lost:\n" << off.failure->trace;
  }
  return off.failure && on.passed() && again.passed() ? 0 : 1;
}

}  // namespace thole::lab
