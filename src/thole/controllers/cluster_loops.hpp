#pragma once
// The loops that make a bare API server usable: a namespace on its way out is emptied and let go;
// every other one gets its `default` service account and its kube-root-ca.crt; and cluster roles
// that gather others are filled.
//
// They are clients like any other: they list, watch and write through a Transport. Trouble with a
// namespace is tried again after a pause, which doubles from 0.1 s up to 10 s.
//
// Threads: everything on the transport's executor.
// Source: k8s.io/kubernetes/pkg/controller/{namespace,serviceaccount}, cmd root-ca-cert-publisher.

#include <map>
#include <memory>
#include <string>

#include "thole/base/log.hpp"
#include "thole/base/signal.hpp"
#include "thole/client/client.hpp"
#include "thole/client/reflector.hpp"
#include "thole/controllers/role_aggregation.hpp"

namespace thole::controllers {

class ClusterLoops {
 public:
  // `transport` and `log` outlive this. `root_ca_pem` is what pods verify the server with.
  ClusterLoops(client::Transport& transport, Log& log, std::string root_ca_pem);
  ~ClusterLoops();

  void start();
  asio::awaitable<void> stop();  // Returns when nothing runs any more.

 private:
  asio::awaitable<void> run();
  Async<bool> settle(std::string name);  // False: look again later.
  Async<bool> empty(std::string name, codec::Value object);
  Async<void> ensure_account(std::string name);
  Async<void> ensure_root_ca(std::string name);
  void enqueue(const std::string& name);

  struct Work {
    TimePoint due{};
    int failures = 0;
  };

  Log& log_;
  const std::string root_ca_pem_;
  client::Client client_;
  std::map<std::string, Work> work_;  // Namespaces that want a look.
  Signal news_;
  Signal done_;
  bool running_ = false;
  bool stopping_ = false;
  client::Reflector namespaces_;
  client::Reflector accounts_;
  client::Reflector root_cas_;
  RoleAggregation aggregation_;
};

}  // namespace thole::controllers
