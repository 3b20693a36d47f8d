#pragma once
// A checkpoint is the whole state at one batch, written from a pinned root beside the traffic.
// docs/design/journal.md has its bytes.
//
// Threads: `write_checkpoint` runs on the executor it is given; it touches nothing but the root
// and the disk.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "thole/base/disk.hpp"
#include "thole/base/executor.hpp"
#include "thole/store/log_format.hpp"
#include "thole/store/root.hpp"

namespace thole::store {

struct CheckpointHeader {
  ClusterId cluster{};
  std::uint32_t note_version = 0;
  std::uint64_t generation = 0;  // The log goes on in this segment or a later one,
  std::uint64_t batch = 0;       // behind this batch.
  Revision revision = 0;
};

struct CheckpointPace {
  std::uint64_t bytes_per_second = 64u << 20;
  const std::atomic<bool>* stop = nullptr;  // Ends it early, with Canceled.
};

// Leaves `folder`/checkpoint-GENERATION, durable, and nothing when it fails.
Async<std::uint64_t> write_checkpoint(Disk& disk, Executor& executor, std::string folder,
                                      CheckpointHeader header, RootRef root, CheckpointPace pace);

struct LoadedCheckpoint {
  CheckpointHeader header;
  Ref<Root> root;
  std::uint64_t bytes = 0;
};

// Makes a new Note for a value whose Note is of another version.
using Renote = std::function<Note(std::string_view resource, std::string_view bytes)>;

// Fails with InternalError that names the file and the offset of the damage.
Async<LoadedCheckpoint> read_checkpoint(Disk& disk, std::string path, ClusterId cluster,
                                        std::uint32_t note_version, const Renote& renote,
                                        Ref<Reclaimer> reclaimer);

}  // namespace thole::store
