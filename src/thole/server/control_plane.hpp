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
  // What is given to a start that does not find or make it on its own disk.
  struct Origin {
    Identity identity;
    std::unique_ptr<store::Store> store;  // A fork's; null: it is opened as the options say.
    // Simulated worlds mostly do without TLS, whose handshakes would take most of their time.
    bool clear_text = false;
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
