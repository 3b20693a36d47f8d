#pragma once
// A Reflector keeps a copy of one resource's objects: it lists, then watches from there, and lists
// again when the server no longer knows where it was (410). Trouble is answered with a pause that
// doubles from 0.2 s up to 30 s.
//
// Threads: everything on the client's executor.
// Source: k8s.io/client-go/tools/cache.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "thole/base/log.hpp"
#include "thole/base/signal.hpp"
#include "thole/client/client.hpp"

namespace thole::client {

class Reflector {
 public:
  // "namespace/name" or "name".
  using Objects = std::map<std::string, std::shared_ptr<const codec::Document>, std::less<>>;

  // `changed` gets the key of each object that came, changed or went, and an empty one when the
  // first list is complete. `client` and `log` outlive
  // this.
  Reflector(Client& client, Log& log, ResourceRef resource, std::string query,
            std::function<void(const std::string& key)> changed);
  ~Reflector();

  void start();
  asio::awaitable<void> stop();  // Returns when nothing runs any more.

  const Objects& objects() const { return objects_; }
  bool synced() const { return synced_; }  // The first list is complete.

 private:
  asio::awaitable<void> run();
  Async<void> list();
  Async<void> follow();

  Client& client_;
  Log& log_;
  const ResourceRef resource_;
  const std::string query_;
  const std::function<void(const std::string&)> changed_;
  Objects objects_;
  std::string version_;  // Where a watch goes on; empty: list first.
  bool synced_ = false;
  bool running_ = false;
  bool stopping_ = false;
  Watch* watch_ = nullptr;  // The open one.
  Signal wake_;             // Ends a pause when closed.
  Signal done_;
};

// "namespace/name" or "name".
std::string key_of(const codec::Value& object);

}  // namespace thole::client
