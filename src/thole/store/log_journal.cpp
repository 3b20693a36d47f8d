#include "thole/store/log_journal.hpp"

#include <algorithm>
#include <atomic>
#include <span>

#include "thole/base/signal.hpp"
#include "thole/base/text.hpp"
#include "thole/store/checkpoint.hpp"
#include "thole/store/folder.hpp"
#include "thole/store/recovery.hpp"

namespace thole::store {
namespace {

constexpr std::size_t kPrewriteBytes = 256u << 10;

struct Segment {
  std::unique_ptr<File> file;
  std::string name;  // Within the folder.
  std::uint64_t bytes = 0;
};

// A new file full of zeros, so that later writes into it change no metadata and need no room.
Async<Segment> prewrite(Disk& disk, std::string folder, std::string name, std::uint64_t bytes) {
  const std::string path = cat(folder, "/", name);
  Segment segment{nullptr, name, bytes};
  THOLE_CO_TRY(segment.file, co_await disk.open(path, Disk::Open::CreateNew));
  const std::string zeros(kPrewriteBytes, '\0');
  Result<void> done;
  for (std::uint64_t at = 0; at < bytes && done; at += kPrewriteBytes) {
    const std::size_t size = std::min<std::uint64_t>(kPrewriteBytes, bytes - at);
    done = co_await segment.file->write_at(at, std::as_bytes(std::span(zeros).first(size)));
  }
  if (done) done = co_await segment.file->sync();
  if (!done) {
    segment.file.reset();
    (void)co_await disk.remove(path);
    co_return std::unexpected(done.error());
  }
  co_return segment;
}

class Core : public std::enable_shared_from_this<Core> {
 public:
  Core(StoreOptions options, StoreSeams seams)
      : options_(std::move(options)),
        sequencer_(*seams.sequencer),
        background_(seams.background ? *seams.background : *seams.sequencer),
        disk_(*seams.disk),
        log_(*seams.log),
        idle_(sequencer_),
        segment_bytes_(options_.log.segment_bytes_first) {}

  Async<void> adopt(OpenedFolder folder, RecoveryResult recovered, RootRef root);
  Async<void> append(std::span<const ChangePtr> changes, RootRef after);
  asio::awaitable<void> close();

 private:
  std::string path(std::string_view name) const { return cat(options_.folder, "/", name); }
  std::uint64_t log_bytes() const {
    std::uint64_t bytes = 0;
    for (const SegmentFile& one : segments_) bytes += one.bytes;
    return bytes;
  }

  std::unexpected<Error> cannot_write(std::string_view where, const Error& error);
  Async<void> settle_tail(const RecoveryResult& recovered);
  Async<void> open_next_segment(std::uint64_t needed, Revision before);
  Async<Segment> next_file(std::uint64_t needed);
  std::uint64_t grow_segment();

  void start_background_work(const RootRef& root);
  void start_spare();
  void start_checkpoint(RootRef root);
  static asio::awaitable<void> make_spare(std::shared_ptr<Core> self, std::string name,
                                          std::uint64_t bytes);
  static asio::awaitable<void> make_checkpoint(std::shared_ptr<Core> self, CheckpointHeader header,
                                               RootRef root);
  struct Recycle {
    std::string from;  // Empty: nothing.
    std::string to;
    std::uint64_t bytes = 0;
  };
  static asio::awaitable<void> retire(std::shared_ptr<Core> self, std::vector<std::string> names,
                                      Recycle recycle);
  void checkpoint_done(const CheckpointHeader& header, Result<std::uint64_t> written);
  void work_done();

  const StoreOptions options_;
  Executor& sequencer_;
  Executor& background_;
  Disk& disk_;
  Log& log_;
  std::atomic<bool> stop_{false};

  std::unique_ptr<DiskLock> lock_;
  ClusterId cluster_{};
  std::vector<SegmentFile> segments_;   // In use, oldest first; the last is the current one.
  std::vector<std::string> old_names_;  // Files that nothing needs; the background removes them.
  std::vector<Segment> spares_;
  Segment current_;  // No file: the next append opens a segment.
  std::uint64_t offset_ = 0;
  std::uint64_t generation_ = 0;
  std::uint64_t batch_ = 0;
  std::uint64_t spare_count_ = 0;  // Names used up.
  std::uint64_t checkpoint_generation_ = 0;
  bool checkpoint_exists_ = false;
  bool checkpoint_wanted_ = false;
  bool checkpoint_running_ = false;
  bool spare_running_ = false;
  TimePoint retry_at_{};  // After a failure in the background.
  int working_ = 0;       // Tasks in the background.
  Signal idle_;
  std::uint64_t segment_bytes_;
};

// What a killed process wrote last may be in the page cache alone, and after a failed sync the
// cache may even claim that it is clean. It counts from now on, so it is written once more: the
// last batch only, as those before it were durable when it was written. The same for names.
Async<void> Core::settle_tail(const RecoveryResult& recovered) {
  if (!recovered.last_frame.empty()) {
    THOLE_CO_TRY(auto file, co_await disk_.open(recovered.last_path, Disk::Open::ReadWrite));
    THOLE_CO_CHECK(co_await file->write_at(recovered.last_offset,
                                           std::as_bytes(std::span(recovered.last_frame))));
    THOLE_CO_CHECK(co_await file->sync());
  }
  co_return co_await disk_.sync_dir(options_.folder);
}

Async<void> Core::adopt(OpenedFolder folder, RecoveryResult recovered, RootRef root) {
  lock_ = std::move(folder.lock);
  cluster_ = recovered.cluster;
  segments_ = std::move(recovered.segments);
  old_names_ = std::move(recovered.leftover);
  generation_ = recovered.generation_max;
  batch_ = recovered.batch;
  for (const std::string& name : folder.names) {
    if (const auto number = number_in(name, "checkpoint")) {
      checkpoint_exists_ = true;
      checkpoint_generation_ = std::max(checkpoint_generation_, *number);
    }
    if (const auto number = number_in(name, "spare")) {
      spare_count_ = std::max(spare_count_, *number + 1);
    }
  }
  THOLE_CO_TRY(const std::uint64_t room, co_await disk_.free_bytes(options_.folder));
  // A small disk gets small segments.
  while (segment_bytes_ > (64u << 10) && segment_bytes_ > room / 10) segment_bytes_ /= 2;
  if (!recovered.cut) co_return co_await settle_tail(recovered);

  // What was cut off must not come back: the state becomes a checkpoint that is newer than all.
  const CheckpointHeader header{cluster_, options_.note_version, ++generation_, batch_,
                                root->revision};
  THOLE_CO_CHECK(co_await write_checkpoint(disk_, sequencer_, options_.folder, header, root,
                                           {.bytes_per_second = 0}));
  for (const std::string& name : folder.names) {
    if (number_in(name, "log") || number_in(name, "checkpoint")) {
      THOLE_CO_CHECK(co_await disk_.remove(path(name)));
    }
  }
  THOLE_CO_CHECK(co_await disk_.sync_dir(options_.folder));
  std::erase_if(old_names_, [](const std::string& name) {
    return number_in(name, "log") || number_in(name, "checkpoint");
  });
  segments_.clear();
  checkpoint_exists_ = true;
  checkpoint_generation_ = generation_;
  co_return Result<void>();
}

std::unexpected<Error> Core::cannot_write(std::string_view where, const Error& error) {
  std::string message = cat("the journal ", where, " can't be written: ", error.message);
  THOLE_LOG(log_, Error, "store", message);
  return fail(ErrorKind::InternalError, std::move(message));
}

Async<void> Core::append(std::span<const ChangePtr> changes, RootRef after) {
  const std::uint64_t batch = batch_ + 1;
  const Revision before = changes.front()->revision() - 1;
  // The place is part of the checksum, so a frame that moves to another segment is made again.
  std::string frame = encode_frame({cluster_, generation_}, batch, changes);
  if (!current_.file || offset_ + frame.size() > current_.bytes) {
    THOLE_CO_CHECK(co_await open_next_segment(kSegmentHeaderBytes + frame.size(), before));
    frame = encode_frame({cluster_, generation_}, batch, changes);
  }
  Result<void> done = co_await current_.file->write_at(offset_, std::as_bytes(std::span(frame)));
  if (done) done = co_await current_.file->sync();
  if (!done) {
    // Nobody knows what of it is on the disk, and a second sync might only pretend. The next
    // segment's header will say that this one counts up to here.
    const std::string name = path(current_.name);
    current_ = {};
    checkpoint_wanted_ = true;
    co_return cannot_write(name, done.error());
  }
  offset_ += frame.size();
  batch_ = batch;
  start_background_work(after);
  co_return Result<void>();
}

Async<void> Core::open_next_segment(std::uint64_t needed, Revision before) {
  current_ = {};
  auto opened = co_await next_file(needed);
  Result<void> done;
  if (!opened) done = std::unexpected(opened.error());
  if (done) {
    const SegmentHeader header{cluster_, options_.note_version, ++generation_, batch_ + 1, before};
    const std::string bytes = encode(header);
    const std::string name = file_name("log", generation_);
    done = co_await opened->file->write_at(0, std::as_bytes(std::span(bytes)));
    if (done) done = co_await opened->file->sync();
    if (done) done = co_await disk_.rename(path(opened->name), path(name));
    if (done) done = co_await disk_.sync_dir(options_.folder);
    if (!done) {
      // Whichever of its names it bears now; a later header makes it count for nothing.
      old_names_.push_back(opened->name);
    } else {
      opened->name = name;
    }
  }
  if (!done) co_return cannot_write(options_.folder, done.error());
  current_ = std::move(*opened);
  offset_ = kSegmentHeaderBytes;
  segments_.push_back({generation_, current_.bytes});
  co_return Result<void>();
}

Async<Segment> Core::next_file(std::uint64_t needed) {
  while (!spares_.empty()) {
    Segment spare = std::move(spares_.back());
    spares_.pop_back();
    if (spare.bytes >= needed) co_return spare;
    old_names_.push_back(spare.name);
  }
  const std::uint64_t bytes = std::max((needed + 4'095) / 4'096 * 4'096, grow_segment());
  co_return co_await prewrite(disk_, options_.folder, file_name("spare", spare_count_++), bytes);
}

// The first segments are small, so that a small store is a small folder.
std::uint64_t Core::grow_segment() {
  const std::uint64_t bytes = segment_bytes_;
  if (segments_.size() > 1) {
    segment_bytes_ = std::min(segment_bytes_ * 4, options_.log.segment_bytes_max);
  }
  return bytes;
}

void Core::start_background_work(const RootRef& root) {
  if (stop_.load(std::memory_order_relaxed) || sequencer_.clock().now() < retry_at_) return;
  if (offset_ > current_.bytes / 2) start_spare();

  const std::uint64_t live = root->value_bytes();
  if (log_bytes() > std::max(options_.log.checkpoint_bytes_min, live)) checkpoint_wanted_ = true;
  if (checkpoint_wanted_ && !checkpoint_running_) start_checkpoint(root);
}

void Core::start_spare() {
  if (spare_running_ || !spares_.empty()) return;
  spare_running_ = true;
  ++working_;
  spawn(background_, "store.spare",
        make_spare(shared_from_this(), file_name("spare", spare_count_++), grow_segment()));
}

asio::awaitable<void> Core::make_spare(std::shared_ptr<Core> self, std::string name,
                                       std::uint64_t bytes) {
  auto made = co_await prewrite(self->disk_, self->options_.folder, std::move(name), bytes);
  Executor& sequencer = self->sequencer_;
  sequencer.post([self = std::move(self), made = std::move(made)]() mutable {
    self->spare_running_ = false;
    if (made) {
      self->spares_.push_back(std::move(*made));
    } else {
      self->retry_at_ = self->sequencer_.clock().now() + std::chrono::seconds(1);
    }
    self->work_done();
  });
}

void Core::start_checkpoint(RootRef root) {
  checkpoint_running_ = true;
  checkpoint_wanted_ = false;
  ++working_;
  const CheckpointHeader header{cluster_, options_.note_version, generation_, batch_,
                                root->revision};
  spawn(background_, "store.checkpoint",
        make_checkpoint(shared_from_this(), header, std::move(root)));
}

asio::awaitable<void> Core::make_checkpoint(std::shared_ptr<Core> self, CheckpointHeader header,
                                            RootRef root) {
  auto written = co_await write_checkpoint(
      self->disk_, self->background_, self->options_.folder, header, std::move(root),
      {.bytes_per_second = self->options_.checkpoint_bytes_per_second, .stop = &self->stop_});
  Executor& sequencer = self->sequencer_;
  sequencer.post([self = std::move(self), header, written = std::move(written)]() mutable {
    self->checkpoint_done(header, std::move(written));
    self->work_done();
  });
}

void Core::checkpoint_done(const CheckpointHeader& header, Result<std::uint64_t> written) {
  checkpoint_running_ = false;
  if (!written) {
    if (written.error().kind == ErrorKind::Canceled) return;
    THOLE_LOG(log_, Warning, "store", "no checkpoint: ", written.error().message);
    retry_at_ = sequencer_.clock().now() + std::chrono::seconds(1);
    checkpoint_wanted_ = true;
    return;
  }
  if (checkpoint_exists_ && checkpoint_generation_ != header.generation) {
    old_names_.push_back(file_name("checkpoint", checkpoint_generation_));
  }
  checkpoint_exists_ = true;
  checkpoint_generation_ = header.generation;
  std::optional<SegmentFile> kept;  // The largest, if a spare is wanted.
  std::erase_if(segments_, [&](const SegmentFile& one) {
    if (one.generation >= header.generation) return false;
    old_names_.push_back(file_name("log", one.generation));
    if (!kept || kept->bytes <= one.bytes) kept = one;
    return true;
  });
  Recycle recycle;
  if (kept && spares_.empty() && !spare_running_) {
    spare_running_ = true;
    recycle = {file_name("log", kept->generation), file_name("spare", spare_count_++), kept->bytes};
    std::erase(old_names_, recycle.from);
  }
  ++working_;
  spawn(background_, "store.retire",
        retire(shared_from_this(), std::exchange(old_names_, {}), std::move(recycle)));
}

// Removes files that the new checkpoint made useless, and makes one of them the next spare. Its
// old frames can stay: their checksums are of another generation.
asio::awaitable<void> Core::retire(std::shared_ptr<Core> self, std::vector<std::string> names,
                                   Recycle recycle) {
  for (const std::string& name : names) (void)co_await self->disk_.remove(self->path(name));
  Segment spare;
  if (!recycle.from.empty()) {
    const std::string path = self->path(recycle.to);
    Result<void> done = co_await self->disk_.rename(self->path(recycle.from), path);
    if (done) {
      auto file = co_await self->disk_.open(path, Disk::Open::ReadWrite);
      if (file) spare = {std::move(*file), recycle.to, recycle.bytes};
    }
  }
  Executor& sequencer = self->sequencer_;
  sequencer.post([self = std::move(self), recycled = !recycle.from.empty(),
                  spare = std::move(spare)]() mutable {
    if (recycled) self->spare_running_ = false;
    if (spare.file) self->spares_.push_back(std::move(spare));
    self->work_done();
  });
}

void Core::work_done() {
  if (--working_ == 0) idle_.notify();
}

asio::awaitable<void> Core::close() {
  stop_.store(true, std::memory_order_relaxed);
  while (working_ > 0) (void)co_await idle_.wait();
  current_ = {};
  spares_.clear();
  lock_.reset();
}

class LogJournal final : public Journal {
 public:
  explicit LogJournal(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  bool immediate() const override { return false; }
  Async<void> append(std::span<const ChangePtr> changes, RootRef after) override {
    return core_->append(changes, std::move(after));
  }
  asio::awaitable<void> close() override { return core_->close(); }

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace

Async<OpenedLog> open_log_journal(const StoreOptions& options, const StoreSeams& seams,
                                  Ref<Reclaimer> reclaimer, Revision first) {
  THOLE_CO_TRY(OpenedFolder folder,
               co_await open_folder(*seams.disk, *seams.random, options.folder));
  OpenedLog opened;
  RootRef newest;
  Clock& clock = seams.sequencer->clock();
  const RecoverySink sink{
      .begin =
          [&](RootRef root) {
            newest = root;
            opened.history = std::make_unique<History>(
                HistoryBounds{options.history_time, options.history_changes, options.history_bytes},
                std::move(root), clock.now());
          },
      .batch =
          [&](RootRef after, std::vector<ChangePtr> changes) {
            newest = after;
            opened.history->append(std::move(after), std::move(changes), clock.now());
            opened.history->trim(clock.now());
          }};
  RecoveryOptions recovery{options.folder, options.note_version, options.make_note,
                           options.repair_to, first};
  THOLE_CO_TRY(RecoveryResult recovered,
               co_await recover(*seams.disk, *seams.log, std::move(recovery), folder.cluster,
                                folder.names, std::move(reclaimer), sink));
  auto core = std::make_shared<Core>(options, seams);
  THOLE_CO_CHECK(co_await core->adopt(std::move(folder), std::move(recovered), newest));
  opened.journal = std::make_unique<LogJournal>(std::move(core));
  co_return opened;
}

}  // namespace thole::store
