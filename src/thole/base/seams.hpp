#pragma once
// Seams is everything a part may need of the world outside it, handed down through constructors:
// whoever has no Seams can do nothing but compute. `real::World` and `sim::Process` make one.
//
// The parts referred to outlive everything that was given the Seams.

#include <vector>

#include "thole/base/blocking.hpp"
#include "thole/base/clock.hpp"
#include "thole/base/disk.hpp"
#include "thole/base/executor.hpp"
#include "thole/base/log.hpp"
#include "thole/base/network.hpp"
#include "thole/base/random.hpp"

namespace thole {

struct Seams {
  Clock& clock;
  Disk& disk;
  Network& network;
  Random& random;  // The main executor's. Fork it for every other.
  Blocking& blocking;
  Log& log;

  Executor& main;             // Start and stop, timers, listeners.
  Executor& sequencer;        // The store's writes; it may block in the disk.
  std::vector<Executor*> io;  // One a core, at least one. Connections belong to these.
};

}  // namespace thole
