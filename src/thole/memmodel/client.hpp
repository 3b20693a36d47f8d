#pragma once
// Makes a Program of a class: it is built in the set-up, its member functions are the threads, and
// its finish() is the end.

#include <memory>
#include <string>
#include <vector>

#include "thole/memmodel/explorer.hpp"
#include "thole/memmodel/model_policy.hpp"
#include "thole/sync/order.hpp"

namespace thole::memmodel {

template <typename Client>
Program program_of(std::string name, std::vector<void (Client::*)()> threads) {
  auto client = std::make_shared<Client*>(nullptr);
  Program program;
  program.name = std::move(name);
  program.setup = [client] { *client = sync::make<Client, ModelPolicy>(); };
  for (auto thread : threads) {
    program.threads.push_back([client, thread] { ((*client)->*thread)(); });
  }
  program.end = [client] {
    (*client)->finish();
    sync::destroy<ModelPolicy>(*client);
  };
  return program;
}

}  // namespace thole::memmodel
