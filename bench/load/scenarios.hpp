#pragma once
// What the load consists of. Each scenario prints one row, and leaves nothing behind but the
// namespace it was given.

#include <string>

#include "load/measure.hpp"
#include "load/target.hpp"

namespace thole::load {

struct Options {
  std::string name_space;  // Exists, and is used by nobody else.
  Duration duration = std::chrono::seconds(5);
  std::size_t clients = 16;
  std::size_t list_size = 10'000;
  std::size_t value_size = 1024;
  std::size_t watchers = 1'000;
  std::size_t watch_connections = 10;
  std::size_t watch_writes = 500;
};

Async<void> create_namespace(Target& target, std::string name);
Async<void> delete_namespace(Target& target, std::string name);

Async<void> run_create(Target& target, Options options);  // With options.clients connections.
Async<void> run_get(Target& target, Options options);
Async<void> run_list(Target& target, Options options);
Async<void> run_patch(Target& target, Options options);
Async<void> run_contended(Target& target, Options options);  // All update one object.
Async<void> run_watch(Target& target, Options options);
// GETs of one path: the floor under the scenarios above, from a server that does nothing else.
Async<void> run_fetch(Target& target, Options options, std::string name, std::string path,
                      std::size_t streams_per_connection);

}  // namespace thole::load
