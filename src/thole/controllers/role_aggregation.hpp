#pragma once
// Fills the cluster roles that gather their rules from others: `admin`, `edit` and `view`, and
// every other with an aggregationRule. Any change of a cluster role makes all of them be looked at
// again; what failed is tried again after 1 s.
//
// Threads: everything on the client's executor.
// Source: k8s.io/kubernetes/pkg/controller/clusterroleaggregation.

#include <string>

#include "thole/base/log.hpp"
#include "thole/base/signal.hpp"
#include "thole/client/client.hpp"
#include "thole/client/reflector.hpp"

namespace thole::controllers {

class RoleAggregation {
 public:
  // `client` and `log` outlive this.
  RoleAggregation(client::Client& client, Log& log);
  ~RoleAggregation();

  void start();
  asio::awaitable<void> stop();  // Returns when nothing runs any more.

 private:
  asio::awaitable<void> run();
  Async<void> settle(std::string name);

  client::Client& client_;
  Log& log_;
  Signal news_;
  Signal done_;
  bool running_ = false;
  bool stopping_ = false;
  client::Reflector roles_;
};

}  // namespace thole::controllers
