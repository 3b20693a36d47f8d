#include "thole/memmodel/litmus.hpp"

#include <ostream>

#include "thole/base/text.hpp"
#include "thole/lab/table.hpp"
#include "thole/real/sync_probe.hpp"

namespace thole::lab {

namespace {

struct Hardware {
  const char* test;
  real::ProbeShape shape;
  unsigned outcome;  // The index in ProbeCounts that is the asked one.
};

constexpr Hardware on_hardware[] = {
    {"MP", real::ProbeShape::MessagePassing, 1},
    {"SB", real::ProbeShape::StoreBuffering, 0},
    {"LB", real::ProbeShape::LoadBuffering, 3},
};

constexpr const char* fence_names[] = {"none", "acq_rel fence", "seq_cst fence", "locked rmw"};

std::string seen(const real::ProbeCounts& counts, unsigned outcome) {
  if (counts.skipped) return "skipped: more threads than CPUs";
  if (counts.outcome[outcome] == 0) return cat("not seen in ", counts.iterations);
  return cat("seen ", counts.outcome[outcome], " times in ", counts.iterations);
}

}  // namespace

int show_litmus(const Request& request, std::ostream& out, std::ostream& err) {
  if (request.format == Format::Table) {
    out << "A litmus test is a tiny program with an outcome that surprises: may it happen?\n"
           "The model's answer comes from exploring every execution that C++20 allows, the\n"
           "machine's from running it; what was not seen is not thereby forbidden.\n\n";
  }
  Table model({"test", "asked outcome", "relaxed", "rel/acq", "seq_cst", "acq_rel fences",
               "seq_cst fences"});
  Table hardware({"test", "between the accesses", "model", "this machine", "00", "10", "01", "11"});
  bool any = false;
  for (const memmodel::LitmusRow& row : memmodel::litmus_table()) {
    if (!request.test.empty() && request.test != row.name) continue;
    any = true;
    std::vector<std::string> cells = {row.name, row.outcome};
    const memmodel::Litmus plain = memmodel::parse_litmus(row.name, row.text, row.outcome);
    const auto judge = [&](memmodel::Strength strength) {
      memmodel::Litmus litmus = plain;
      litmus.threads = memmodel::strengthen(plain.threads, strength);
      return memmodel::judge(litmus);
    };
    for (unsigned s = 0; s < 5; ++s) {
      const memmodel::LitmusVerdict verdict = judge(static_cast<memmodel::Strength>(s));
      cells.push_back(cat(verdict.allowed ? "allowed" : "forbidden", " (", verdict.graphs, ")"));
    }
    model.add(cells);
    for (const Hardware& test : on_hardware) {
      if (std::string_view(test.test) != row.name) continue;
      for (unsigned f = 0; f < 4; ++f) {
        const auto counts =
            real::probe(test.shape, static_cast<real::ProbeFence>(f), request.count);
        // A locked operation on another word orders on x86; in C++ it orders nothing here.
        const auto strength = f == 1   ? memmodel::Strength::FenceAcqRel
                              : f == 2 ? memmodel::Strength::FenceSeqCst
                                       : memmodel::Strength::Relaxed;
        std::vector<std::string> line = {row.name, fence_names[f],
                                         judge(strength).allowed ? "allowed" : "forbidden",
                                         seen(counts, test.outcome)};
        for (const std::uint64_t n : counts.outcome) line.push_back(cat(n));
        hardware.add(line);
      }
    }
  }
  if (!any) {
    err << "thole lab: there is no litmus test " << request.test << "; try: thole lab litmus SB\n";
    return 2;
  }
  if (request.format == Format::Json) {
    out << "{\"model\": ";
    model.write(out, request.format);
    out << ", \"hardware\": ";
    hardware.write(out, request.format);
    out << "}\n";
  } else {
    model.write(out, request.format);
    out << "\n";
    hardware.write(out, request.format);
  }
  return 0;
}

}  // namespace thole::lab
