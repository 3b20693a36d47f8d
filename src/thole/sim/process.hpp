#pragma once
// A simulated process on a machine of its own: executors, clock, disk, network, randomness, log.
// It can be killed at any moment, and started again on the same disk.
//
// Killing severs its seams first, so that no later call of it has an effect, and destroys its
// coroutines and parts afterwards: destructors can't flush what `kill -9` would not.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "thole/base/seams.hpp"
#include "thole/sim/core.hpp"
#include "thole/sim/storage.hpp"
#include "thole/sim/wires.hpp"

namespace thole::sim {

class Process {
 public:
  Process(Core& core, Wires& wires, MachineId machine, std::string name, std::size_t io_count);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Makes the program's one root object, which owns all its parts, as a task on its main executor.
  // The Seams stay good until the process has died. Not while it runs.
  using Boot = std::function<std::shared_ptr<void>(Seams seams)>;
  void start(Boot boot);
  bool running() const;

  // kill -9: the kernel lives on. Connections are closed for it; the disk keeps what was written.
  void kill();
  // The machine loses its power: peers hear nothing, the disk keeps what was flushed, and any part
  // of what was not.
  void power_off();

  // Of the incarnation that runs, or of one that begins now, for a script that needs no root.
  Seams seams();
  const std::string& name() const { return name_; }
  MachineId machine() const { return machine_; }
  Storage& storage() { return storage_; }
  // What it logged, in all its incarnations: "warning store: line".
  const std::vector<std::string>& log_lines() const { return log_lines_; }
  std::uint64_t disk_operation_count() const;

  // The wall clock jumps by that much.
  void step_wall(Duration by) { wall_offset_ += by; }
  // It runs fast (or slow) by so many millionths.
  void drift_wall(std::int64_t per_million);

 private:
  friend class World;
  class Life;
  void sever(bool power);
  // Between tasks: destroys what the dead had. False when there was nothing.
  bool bury();
  Life& life();

  Core& core_;
  Wires& wires_;
  const MachineId machine_;
  const std::string name_;
  const std::size_t io_count_;
  Storage storage_;
  Duration wall_offset_{0};
  std::int64_t wall_drift_ = 0;
  TimePoint drift_since_{};
  std::vector<std::string> log_lines_;
  std::uint32_t incarnation_ = 0;
  std::vector<std::unique_ptr<Life>> lives_;  // The last one may be alive.
};

}  // namespace thole::sim
