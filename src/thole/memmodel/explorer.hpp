#pragma once
// explore() runs a small program of one to four threads through every execution that the memory
// model allows, each exactly once, and reports the first failure: a data race, use after reclaim,
// a leak, a lost wake-up, or a check of the program's own.
//
// It follows M. Kokologiannakis and others, "Truly stateless, optimal dynamic partial order
// reduction" (POPL 2022): add one event of some thread to the execution graph; a read branches over
// the writes it may read from; a write over its places in modification order and over the earlier
// reads that it may revisit, when what the revisit takes away was added in the maximal way.
//
// Threads are fibers, re-run from the start for each graph. They must be deterministic: their steps
// may depend on what they read from model atomics and cells, and on nothing else.
//
// Threads: explore() may run in several threads at once, with different programs.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "thole/memmodel/site.hpp"

namespace thole::memmodel {

struct Program {
  std::string name;
  std::function<void()> setup;                 // Happens before the threads.
  std::vector<std::function<void()>> threads;  // One to four.
  std::function<void()> end;  // Happens after all of them; not when one is blocked.
};

struct Options {
  unsigned retry_count_max = 2;  // Of one thread: more failed attempts are cut off.
  std::uint64_t graph_count_max = 2'000'000;
  Mutation mutation;
  std::function<void(const Graph&)> on_graph;  // Called with each complete graph.
};

struct Failure {
  std::string what;
  std::string trace;  // The events that lead to it, one a line.
  std::string text() const { return what + "\n" + trace; }
};

struct Report {
  std::uint64_t graphs = 0;   // Complete and consistent.
  std::uint64_t blocked = 0;  // A thread waits for a value that it reads too early: no outcome.
  std::uint64_t cut = 0;      // A thread failed more often than retry_count_max.
  std::uint64_t doomed = 0;   // Built only to reach others.
  bool exhausted = false;     // All of it was seen, up to the retries.
  std::optional<Failure> failure;
  bool mutated = false;     // The mutation changed something.
  std::vector<Site> sites;  // Those that were executed.

  bool passed() const { return exhausted && !failure; }
  std::string text() const;
};

Report explore(const Program& program, const Options& options = {});

// Called inside a program: stops the exploration with `what` unless `condition` holds.
void check(bool condition, std::string_view what);

}  // namespace thole::memmodel
