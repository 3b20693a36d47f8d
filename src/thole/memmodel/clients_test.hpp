#pragma once
// The programs that the shipped templates of `sync` are explored in: a few threads with a few
// operations each. A suite is one structure; its clients together must kill every mutant of it.

#include <string>
#include <vector>

#include "thole/memmodel/client.hpp"

namespace thole::memmodel {

struct Suite {
  std::string name;
  std::vector<Program> clients;
};

Suite queue_suite();
Suite ring_suite();
Suite turn_suite();
Suite stack_suite();
Suite deque_suite();
Suite seq_lock_suite();
Suite broadcast_suite();
Suite epoch_suite();
Suite hazard_suite();
Suite event_suite();

}  // namespace thole::memmodel
