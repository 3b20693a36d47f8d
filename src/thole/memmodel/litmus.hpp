#pragma once
// Litmus tests: programs of reads, writes, exchanges and fences on a few locations, written as one
// line of text. "Wx1@rel F@sc | Ry@acq Ux2@acq_rel" is two threads; without an order an operation
// is relaxed. They are the common language of the explorer, of the enumerator that checks it, and
// of `thole lab litmus`.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "thole/memmodel/explorer.hpp"

namespace thole::memmodel {

struct LitmusOp {
  enum class Type : std::uint8_t { Read, Write, Exchange, Fence } type = Type::Read;
  Order order = Order::Relaxed;
  std::uint8_t location = 0;  // x, y, z are 0, 1, 2.
  std::uint8_t value = 0;
};

using LitmusThreads = std::vector<std::vector<LitmusOp>>;

// A test's text, and the outcome that is asked about: "1:0=1 1:1=0 x=2" is that the first read (or
// exchange) of the second thread gives 1, its second one 0, and x ends as 2.
struct Litmus {
  std::string name;
  LitmusThreads threads;
  std::string outcome;
};

Litmus parse_litmus(std::string name, std::string_view text, std::string outcome);
std::string show(const LitmusThreads& threads);

// The five ways in which the table strengthens a test of relaxed operations.
enum class Strength : std::uint8_t { Relaxed, ReleaseAcquire, SeqCst, FenceAcqRel, FenceSeqCst };
LitmusThreads strengthen(const LitmusThreads& threads, Strength strength);

struct LitmusVerdict {
  bool allowed = false;
  std::uint64_t graphs = 0;
  bool exhausted = false;
};
LitmusVerdict judge(const Litmus& litmus);

// The signatures of all consistent graphs, sorted; a graph visited twice is in it twice.
std::vector<std::string> explored_graphs(const LitmusThreads& threads);

// A row of the table that the tests hold the explorer against, and that the lab shows.
struct LitmusRow {
  const char* name;
  const char* text;
  const char* outcome;
  const char* verdicts;  // One letter a Strength: A allowed, - forbidden.
  std::uint64_t graphs[5];
};
const std::vector<LitmusRow>& litmus_table();

}  // namespace thole::memmodel
