#pragma once
// A control plane over any seams: store, API, listener, and the loops that a cluster needs. `Server`
// gives it the real world; a scenario gives it a simulated process.
//
// Threads: everything is called on `seams.main`.

#include <memory>
#include <string>

#include "thole/base/async.hpp"
#include "thole/base/seams.hpp"
#include "thole/message/message.hpp"
#include "thole/server/identity.hpp"
#include "thole/server/options.hpp"
#include "thole/store/store.hpp"

namespace thole::server {

class ControlPlane {
 public:
  // What a fork brings along; a first start makes it.
  struct Origin {
    Identity identity;
    std::unique_ptr<store::Store> store;
  };

  explicit ControlPlane(const Seams& seams, Options options);
  ~ControlPlane();  // After `stop`, or when the executors run no more.
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;

  // Returns when requests are served. Fails as Server::start does.
  Async<void> start();
  Async<void> start(Origin origin);

  // No new connections and requests; watches end, requests under way get a moment; the store is
  // closed. To be called once `start` has returned, also when it failed.
  Async<void> stop();

  // A copy of the state of this moment, in memory, for a control plane on `seams`. Any thread.
  Origin fork(const Seams& seams) const;

  Endpoint endpoint() const;
  const Identity& identity() const;
  store::Store& store();
  message::Handler& handler();  // The API without a network.

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace thole::server
