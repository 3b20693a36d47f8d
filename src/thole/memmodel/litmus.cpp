#include "thole/memmodel/litmus.hpp"

#include <algorithm>
#include <array>

#include "thole/base/result.hpp"
#include "thole/memmodel/machine.hpp"

namespace thole::memmodel {

namespace {

Order parse_order(std::string_view name) {
  if (name == "rlx" || name.empty()) return Order::Relaxed;
  if (name == "acq") return Order::Acquire;
  if (name == "rel") return Order::Release;
  if (name == "acq_rel") return Order::AcqRel;
  if (name == "sc") return Order::SeqCst;
  if (name == "light") return Order::Light;
  THOLE_ASSERT(name == "heavy");
  return Order::Heavy;
}

const char* short_name(Order order) {
  static constexpr const char* names[] = {"na",      "rlx", "acq",   "rel",
                                          "acq_rel", "sc",  "light", "heavy"};
  return names[static_cast<unsigned>(order)];
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end != 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

LitmusOp parse_op(std::string_view word) {
  LitmusOp op;
  const std::size_t at = std::min(word.find('@'), word.size());
  op.order = parse_order(word.substr(std::min(at + 1, word.size())));
  word = word.substr(0, at);
  switch (word[0]) {
    case 'R':
      op.type = LitmusOp::Type::Read;
      break;
    case 'W':
      op.type = LitmusOp::Type::Write;
      break;
    case 'U':
      op.type = LitmusOp::Type::Exchange;
      break;
    default:
      op.type = LitmusOp::Type::Fence;
      return op;
  }
  op.location = static_cast<std::uint8_t>(word[1] - 'x');
  if (word.size() > 2) op.value = static_cast<std::uint8_t>(word[2] - '0');
  return op;
}

// The words that a litmus program works on live as long as the exploration.
struct Memory {
  std::array<std::uint64_t, 3> words{};
  std::array<std::array<std::uint64_t, 8>, 4> read{};
};

void run_thread(const std::vector<LitmusOp>& ops, Memory& memory, std::size_t thread) {
  const auto here = machine::Where::current();
  std::size_t reads = 0;
  for (const LitmusOp& op : ops) {
    std::uint64_t& word = memory.words[op.location];
    switch (op.type) {
      case LitmusOp::Type::Read:
        memory.read[thread][reads++] = machine::load(&word, op.order, here);
        break;
      case LitmusOp::Type::Write:
        machine::store(&word, op.value, op.order, here);
        break;
      case LitmusOp::Type::Exchange:
        memory.read[thread][reads++] = machine::exchange(&word, op.value, op.order, here);
        break;
      case LitmusOp::Type::Fence:
        machine::fence(op.order, here);
        break;
    }
  }
}

Program program_of(const LitmusThreads& threads, Memory& memory) {
  Program program;
  program.setup = [&memory] {
    for (std::uint64_t& word : memory.words) machine::construct(&word, 0);
  };
  for (std::size_t t = 0; t < threads.size(); ++t) {
    program.threads.push_back([&threads, &memory, t] { run_thread(threads[t], memory, t); });
  }
  return program;
}

bool holds(std::string_view outcome, const Graph& graph, const Memory& memory) {
  for (std::string_view word : split(outcome, ' ')) {
    std::uint64_t found = 0;
    if (word[1] == ':') {
      found = memory.read[static_cast<std::size_t>(word[0] - '0')]
                         [static_cast<std::size_t>(word[2] - '0')];
    } else {
      found = graph[graph.newest(static_cast<unsigned>(word[0] - 'x'))].value;
    }
    if (found != static_cast<std::uint64_t>(word.back() - '0')) return false;
  }
  return true;
}

}  // namespace

Litmus parse_litmus(std::string name, std::string_view text, std::string outcome) {
  Litmus litmus{std::move(name), {}, std::move(outcome)};
  for (std::string_view thread : split(text, '|')) {
    auto& ops = litmus.threads.emplace_back();
    for (std::string_view word : split(thread, ' ')) ops.push_back(parse_op(word));
  }
  return litmus;
}

std::string show(const LitmusThreads& threads) {
  std::string text;
  for (const auto& ops : threads) {
    if (!text.empty()) text += "| ";
    for (const LitmusOp& op : ops) {
      text += "RWUF"[static_cast<unsigned>(op.type)];
      if (op.type != LitmusOp::Type::Fence) text += static_cast<char>('x' + op.location);
      if (op.type == LitmusOp::Type::Write || op.type == LitmusOp::Type::Exchange) {
        text += static_cast<char>('0' + op.value);
      }
      text += cat("@", short_name(op.order), " ");
    }
  }
  return text;
}

LitmusThreads strengthen(const LitmusThreads& threads, Strength strength) {
  LitmusThreads result;
  for (const auto& ops : threads) {
    auto& strong = result.emplace_back();
    for (LitmusOp op : ops) {
      const bool fence = strength == Strength::FenceAcqRel || strength == Strength::FenceSeqCst;
      if (fence && !strong.empty()) {
        strong.push_back({LitmusOp::Type::Fence,
                          strength == Strength::FenceAcqRel ? Order::AcqRel : Order::SeqCst, 0, 0});
      }
      if (strength == Strength::SeqCst) op.order = Order::SeqCst;
      if (strength == Strength::ReleaseAcquire) {
        op.order = op.type == LitmusOp::Type::Read ? Order::Acquire : Order::Release;
      }
      strong.push_back(op);
    }
  }
  return result;
}

LitmusVerdict judge(const Litmus& litmus) {
  Memory memory;
  LitmusVerdict verdict;
  Options options;
  options.on_graph = [&](const Graph& graph) {
    verdict.allowed |= holds(litmus.outcome, graph, memory);
  };
  const Report report = explore(program_of(litmus.threads, memory), options);
  verdict.graphs = report.graphs;
  verdict.exhausted = report.passed();
  return verdict;
}

std::vector<std::string> explored_graphs(const LitmusThreads& threads) {
  Memory memory;
  std::vector<std::string> graphs;
  Options options;
  options.on_graph = [&](const Graph& graph) { graphs.push_back(graph.signature()); };
  THOLE_ASSERT(explore(program_of(threads, memory), options).passed());
  std::sort(graphs.begin(), graphs.end());
  return graphs;
}

const std::vector<LitmusRow>& litmus_table() {
  static const std::vector<LitmusRow> table = {
      {"MP", "Wx1 Wy1|Ry Rx", "1:0=1 1:1=0", "A----", {4, 3, 3, 3, 3}},
      {"SB", "Wx1 Ry|Wy1 Rx", "0:0=0 1:0=0", "AA-A-", {4, 4, 3, 4, 3}},
      {"LB", "Rx Wy1|Ry Wx1", "0:0=1 1:0=1", "-----", {3, 3, 3, 3, 3}},
      {"2+2W", "Wx1 Wy2|Wy1 Wx2", "x=1 y=1", "AA-A-", {4, 4, 3, 4, 3}},
      {"R", "Wx1 Wy1|Wy2 Rx", "1:0=0 y=2", "AA-A-", {4, 4, 3, 4, 3}},
      {"S", "Wx2 Wy1|Ry Wx1", "1:0=1 x=2", "A----", {4, 3, 3, 3, 3}},
      {"WRC", "Wx1|Rx Wy1|Ry Rx", "1:0=1 2:0=1 2:1=0", "A----", {8, 7, 7, 7, 7}},
      {"ISA2", "Wx1 Wy1|Ry Wz1|Rz Rx", "1:0=1 2:0=1 2:1=0", "A----", {8, 7, 7, 7, 7}},
      {"RWC", "Wx1|Rx Ry|Wy1 Rx", "1:0=1 1:1=0 2:0=0", "AA-A-", {8, 8, 7, 8, 7}},
      {"W+RWC", "Wx1 Wy1|Ry Rz|Wz1 Rx", "1:0=1 1:1=0 2:0=0", "AA-A-", {8, 8, 7, 8, 7}},
      {"WRW+2W", "Wx2|Rx Wy1|Wy2 Wx1", "1:0=2 x=2 y=2", "AA-A-", {12, 10, 9, 10, 9}},
      {"Z6.0", "Wx1 Wy1|Ry Wz1|Wz2 Rx", "1:0=1 2:0=0 z=2", "AA-A-", {8, 8, 7, 8, 7}},
      {"Z6.3", "Wx1 Wy1|Wy2 Wz1|Rz Rx", "2:0=1 2:1=0 y=2", "AA-A-", {8, 8, 7, 8, 7}},
      {"3.2W", "Wx1 Wy2|Wy1 Wz2|Wz1 Wx2", "x=1 y=1 z=1", "AA-A-", {8, 8, 7, 8, 7}},
      {"IRIW", "Wx1|Wy1|Rx Ry|Ry Rx", "2:0=1 2:1=0 3:0=1 3:1=0", "AA-A-", {16, 16, 15, 16, 15}},
  };
  return table;
}

}  // namespace thole::memmodel
