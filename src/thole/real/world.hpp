#pragma once
// The real world: threads, and everything else that Seams refer to. A program makes one, gives its
// `seams()` to its parts, starts it, and stops it before the parts go.

#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "thole/base/seams.hpp"
#include "thole/real/blocking.hpp"
#include "thole/real/clock.hpp"
#include "thole/real/disk.hpp"
#include "thole/real/loop.hpp"
#include "thole/real/network.hpp"
#include "thole/real/random.hpp"

namespace thole::real {

// Loops with a thread each. Order of ending: `stop` (joins), `drop_everything`, destructor.
class Threads {
 public:
  explicit Threads(Clock& clock) : clock_(clock) {}
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  // Before `start`. `name` is what tools show, at most 15 bytes of it.
  Loop& add(std::string name);
  void start();
  // Lets the running tasks end, and joins. Not from one of these threads.
  void stop();
  // After `stop`: destroys what the loops still had, until none has anything.
  void drop_everything();

 private:
  struct Member {
    std::string name;
    std::unique_ptr<Loop> loop;
    std::thread thread;
  };

  Clock& clock_;
  std::vector<Member> members_;
};

class World {
 public:
  struct Options {
    std::size_t io_thread_count = 0;  // 0: one a core.
    std::size_t blocking_thread_count = 2;
  };

  World(Options options, Log& log);
  ~World();  // As `stop`.

  Seams seams();
  void start() { threads_.start(); }
  // Ends all threads. Tasks, timers and coroutines that are left are destroyed by this thread.
  void stop();

 private:
  Log& log_;
  SystemClock clock_;
  OsDisk disk_;
  OsRandom random_;
  Threads threads_;
  ThreadPool pool_;  // Its work posts to the loops, so it is stopped before they go.
  OsNetwork network_;
  Loop* main_;
  Loop* sequencer_;
  std::vector<Loop*> io_;
};

}  // namespace thole::real
