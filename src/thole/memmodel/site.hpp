#pragma once
// A Site is a place in the source where a model operation stands, with the order it asked for. The
// mutation tests weaken one site at a time, so a site is also the unit of their tally.

#include <cstdint>
#include <string>
#include <string_view>

#include "thole/base/text.hpp"
#include "thole/memmodel/graph.hpp"

namespace thole::memmodel {

enum class Operation : std::uint8_t { Load, Store, Exchange, Add, Cas, CasFailure, Fence, Unpark };

struct Site {
  std::string_view file;  // Without its folders.
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  Operation operation = Operation::Load;
  Order order = Order::Relaxed;  // As written in the source.

  std::string text() const { return cat(file, ":", line); }
  bool same_place(const Site& o) const {
    return line == o.line && column == o.column && operation == o.operation && file == o.file &&
           order == o.order;
  }
};

// One change to a program: a weaker order at a site, or an operation that does something else.
struct Mutation {
  enum class Change : std::uint8_t {
    None,
    Weaken,     // Use `order` instead.
    Skip,       // The store, add or unpark does not happen.
    OffByOne,   // The store writes one more.
    BlindCas,   // The compare-and-swap does not compare.
    StaleLoad,  // The load gives what the thread's previous load of the location gave.
  };
  Change change = Change::None;
  Site site;
  Order order = Order::Relaxed;

  std::string text() const;
};

}  // namespace thole::memmodel
