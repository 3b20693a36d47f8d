#pragma once
// Recovery reads a journal's folder: the newest checkpoint, and the log behind it. It tells the
// torn tail of a crash, which it drops, from damage, which it refuses.
//
// Threads: the caller's executor; nobody else uses the folder.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "thole/base/disk.hpp"
#include "thole/base/log.hpp"
#include "thole/store/checkpoint.hpp"
#include "thole/store/log_format.hpp"
#include "thole/store/root.hpp"

namespace thole::store {

struct SegmentFile {
  std::uint64_t generation = 0;
  std::uint64_t bytes = 0;
};

struct RecoveryOptions {
  std::string folder;
  std::uint32_t note_version = 0;
  Renote renote;
  std::optional<Revision> repair_to;
  Revision first = 0;  // Where a new store starts.
};

struct RecoveryResult {
  ClusterId cluster{};
  std::vector<SegmentFile> segments;  // In use, oldest first.
  std::vector<std::string> leftover;  // Names of files that nothing needs any more.
  std::uint64_t batch = 0;            // The last one.
  std::uint64_t generation_max = 0;   // That any file bears.
  std::uint64_t checkpoint_bytes = 0;
  std::string last_path;  // Where the last frame lies, and its bytes; empty when there is none.
  std::uint64_t last_offset = 0;
  std::string last_frame;
  bool cut = false;  // By repair_to: what is on disk is more than what is here.
};

// Told of the state the log starts from, and then of each batch.
struct RecoverySink {
  std::function<void(RootRef root)> begin;
  std::function<void(RootRef after, std::vector<ChangePtr> changes)> batch;
};

// `names` are the folder's. Fails with InternalError that names file, offset, last good revision
// and what to do.
Async<RecoveryResult> recover(Disk& disk, Log& log, RecoveryOptions options, ClusterId cluster,
                              std::vector<std::string> names, Ref<Reclaimer> reclaimer,
                              RecoverySink sink);

}  // namespace thole::store
