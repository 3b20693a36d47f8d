#pragma once
// The programs that the shipped templates of `sync` are explored in: a few threads with a few
// operations each. A suite is one structure; its clients together must kill every mutant of it.

#include <memory>
#include <string>
#include <vector>

#include "thole/memmodel/explorer.hpp"
#include "thole/memmodel/model_policy.hpp"
#include "thole/sync/order.hpp"

namespace thole::memmodel {

struct Suite {
  std::string name;
  std::vector<Program> clients;
};

// A Client is built in the set-up, its member functions are the threads, and finish() is the end.
template <typename Client>
Program program_of(std::string name, std::vector<void (Client::*)()> threads) {
  auto client = std::make_shared<Client*>(nullptr);
  Program program;
  program.name = std::move(name);
  program.setup = [client] { *client = sync::make<Client, ModelPolicy>(); };
  for (auto thread : threads)
    program.threads.push_back([client, thread] { ((*client)->*thread)(); });
  program.end = [client] {
    (*client)->finish();
    sync::destroy<ModelPolicy>(*client);
  };
  return program;
}

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
