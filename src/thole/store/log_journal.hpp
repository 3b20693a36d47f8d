#pragma once
// The journal on a disk. docs/design/journal.md tells the format, and why it is as it is.
//
// Threads: opened on the caller's executor; afterwards its state is the sequencer executor's.
// Preparing segments and writing checkpoints run on the background executor, and touch only files
// that nobody else uses and pinned roots; what they made is posted back.

#include <memory>

#include "thole/store/history.hpp"
#include "thole/store/journal.hpp"
#include "thole/store/store.hpp"

namespace thole::store {

struct OpenedLog {
  std::unique_ptr<Journal> journal;
  std::unique_ptr<History> history;  // Of what was recovered.
};

// Opens or makes `options.folder`, and reads what is there. A new one starts at `first`.
Async<OpenedLog> open_log_journal(const StoreOptions& options, const StoreSeams& seams,
                                  Ref<Reclaimer> reclaimer, Revision first);

}  // namespace thole::store
