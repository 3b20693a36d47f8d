#pragma once
// The explorer's judge: an enumerator that shares no code with it. It tries every reads-from and
// every modification order, and keeps what satisfies the axioms, written as relation algebra.

#include <string>
#include <vector>

#include "thole/memmodel/litmus.hpp"

namespace thole::memmodel {

// The signatures of all consistent graphs, sorted; `tried` counts what was tested. Empty when
// there are more than `limit` to try.
std::vector<std::string> enumerated_graphs(const LitmusThreads& threads, std::uint64_t limit,
                                           std::uint64_t& tried);

}  // namespace thole::memmodel
