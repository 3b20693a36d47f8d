#pragma once
// A whole API server inside this process: the seams on this OS, the threads, and a control plane.
// Many can live side by side, in a program or a test.
//
//   thole::Server server({.listen = {"127.0.0.1:0"}});
//   if (auto started = server.start(); !started) ...
//   use(server.kubeconfig());
//   server.stop();
//
// Threads: construct, start, fork and stop from one thread at a time; it may not be one of the
// server's own.

#include <memory>
#include <string>

#include "thole/base/result.hpp"
#include "thole/server/options.hpp"

namespace thole::server {

class Server {
 public:
  explicit Server(Options options);
  ~Server();  // Stops it.
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Returns when a request of /readyz succeeds. Fails with a sentence that says what to do:
  // Conflict when the address or the folder is in use, InternalError for the disk.
  Result<void> start();

  // Ends watches cleanly, lets requests under way finish for a moment, makes everything durable.
  void stop();

  // An independent server on the state of this moment, in memory, with its own listener and
  // threads. Credentials stay valid; watches stay here. Fails with Invalid when `options.data` names
  // a folder, else as `start`.
  Result<std::unique_ptr<Server>> fork(Options options);

  std::string url() const;         // "https://127.0.0.1:6443"
  std::string kubeconfig() const;  // For a cluster administrator.

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thole::server

namespace thole {
using Server = server::Server;
}
