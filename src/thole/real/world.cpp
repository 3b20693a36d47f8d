#include "thole/real/world.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "thole/base/text.hpp"

namespace thole::real {

Threads::~Threads() {
  stop();
  drop_everything();
}

Loop& Threads::add(std::string name) {
  members_.push_back({std::move(name), std::make_unique<Loop>(clock_), {}});
  return *members_.back().loop;
}

void Threads::start() {
  for (Member& member : members_) {
    if (member.thread.joinable()) continue;
    member.thread = std::thread([loop = member.loop.get()] { loop->run(); });
    ::pthread_setname_np(member.thread.native_handle(), member.name.substr(0, 15).c_str());
  }
}

void Threads::stop() {
  for (Member& member : members_) {
    if (member.thread.joinable()) member.loop->stop();
  }
  for (Member& member : members_) {
    if (member.thread.joinable()) member.thread.join();
  }
}

void Threads::drop_everything() {
  bool any = true;
  while (any) {
    any = false;
    for (Member& member : members_) any |= member.loop->drop_everything();
  }
}

World::World(Options options, Log& log)
    : log_(log), threads_(clock_), pool_(options.blocking_thread_count), network_(pool_) {
  main_ = &threads_.add("main");
  sequencer_ = &threads_.add("sequencer");
  std::size_t io_count = options.io_thread_count;
  if (io_count == 0) io_count = std::max(1u, std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < io_count; ++i) io_.push_back(&threads_.add(cat("io", i)));
}

World::~World() { stop(); }

Seams World::seams() {
  return {.clock = clock_,
          .disk = disk_,
          .network = network_,
          .random = random_,
          .blocking = pool_,
          .log = log_,
          .main = *main_,
          .sequencer = *sequencer_,
          .io = {io_.begin(), io_.end()}};
}

void World::stop() {
  threads_.stop();
  pool_.stop();
  threads_.drop_everything();
}

}  // namespace thole::real
