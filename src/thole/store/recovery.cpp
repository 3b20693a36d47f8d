#include "thole/store/recovery.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "thole/base/text.hpp"

namespace thole::store {
namespace {

struct OpenSegment {
  std::string path;
  SegmentHeader header;
  std::string bytes;  // Of the file, header included.
};

class Recovery {
 public:
  Recovery(Disk& disk, Log& log, RecoveryOptions options, ClusterId cluster,
           Ref<Reclaimer> reclaimer, RecoverySink sink)
      : disk_(disk),
        log_(log),
        options_(std::move(options)),
        reclaimer_(std::move(reclaimer)),
        sink_(std::move(sink)) {
    result_.cluster = cluster;
  }

  Async<RecoveryResult> run(std::vector<std::string> names) {
    sort_files(names);
    THOLE_CO_CHECK(co_await load_checkpoint());
    bool first = true;
    for (std::size_t i = 0; i < logs_.size() && !result_.cut; ++i) {
      THOLE_CO_TRY(OpenSegment segment, co_await open_segment(logs_[i]));
      std::optional<OpenSegment> next;
      if (i + 1 < logs_.size()) {
        // Only its header, but a segment is read once and kept in the page cache.
        THOLE_CO_TRY(next, co_await open_header(logs_[i + 1]));
      }
      THOLE_CO_CHECK(replay(segment, next, first));
      first = false;
    }
    co_return std::move(result_);
  }

 private:
  void sort_files(const std::vector<std::string>& names) {
    std::vector<std::uint64_t> checkpoints;
    for (const std::string& name : names) {
      if (const auto generation = number_in(name, "checkpoint")) {
        checkpoints.push_back(*generation);
        result_.generation_max = std::max(result_.generation_max, *generation);
      } else if (const auto log = number_in(name, "log")) {
        logs_.push_back(*log);
        result_.generation_max = std::max(result_.generation_max, *log);
      } else if (name.ends_with(".tmp") || number_in(name, "spare")) {
        result_.leftover.push_back(name);
      }
    }
    std::sort(checkpoints.begin(), checkpoints.end());
    std::sort(logs_.begin(), logs_.end());
    if (checkpoints.empty()) return;
    checkpoint_ = checkpoints.back();
    checkpoints.pop_back();
    for (const auto old : checkpoints) result_.leftover.push_back(file_name("checkpoint", old));
    const auto needed = std::lower_bound(logs_.begin(), logs_.end(), *checkpoint_);
    for (auto old = logs_.begin(); old != needed; ++old) {
      result_.leftover.push_back(file_name("log", *old));
    }
    logs_.erase(logs_.begin(), needed);
  }

  Async<void> load_checkpoint() {
    if (!checkpoint_) {
      root_ = Ref<Root>::adopt(new Root(options_.first, reclaimer_));
      co_return Result<void>();
    }
    THOLE_CO_TRY(
        LoadedCheckpoint loaded,
        co_await read_checkpoint(disk_, path_of("checkpoint", *checkpoint_), result_.cluster,
                                 options_.note_version, options_.renote, reclaimer_));
    root_ = std::move(loaded.root);
    result_.batch = loaded.header.batch;
    result_.checkpoint_bytes = loaded.bytes;
    if (options_.repair_to && *options_.repair_to < root_->revision) {
      co_return fail(ErrorKind::InternalError,
                     cat("can't repair ", options_.folder, " to revision ", *options_.repair_to,
                         ": the checkpoint starts at ", root_->revision));
    }
    begin();
    co_return Result<void>();
  }

  void begin() {
    begun_ = true;
    sink_.begin(root_->copy(reclaimer_));
  }

  std::string path_of(std::string_view kind, std::uint64_t number) const {
    return cat(options_.folder, "/", file_name(kind, number));
  }

  Async<OpenSegment> open_bytes(std::uint64_t generation, std::uint64_t bytes_max) {
    OpenSegment segment;
    segment.path = path_of("log", generation);
    THOLE_CO_TRY(auto file, co_await disk_.open(segment.path, Disk::Open::Read));
    THOLE_CO_TRY(const std::uint64_t size, co_await file->size());
    segment.bytes.resize(std::min(size, bytes_max));
    THOLE_CO_TRY(const std::size_t got,
                 co_await file->read_at(0, std::as_writable_bytes(std::span(segment.bytes))));
    segment.bytes.resize(got);
    const auto header = decode_segment_header(segment.bytes);
    if (!header || header->cluster != result_.cluster || header->generation != generation) {
      // The header was durable before the file got its name.
      co_return damage(segment.path, 0, "its header is damaged");
    }
    segment.header = *header;
    co_return segment;
  }
  Async<OpenSegment> open_segment(std::uint64_t generation) {
    return open_bytes(generation, std::numeric_limits<std::uint64_t>::max());
  }
  Async<OpenSegment> open_header(std::uint64_t generation) {
    return open_bytes(generation, kSegmentHeaderBytes);
  }

  std::unexpected<Error> damage(std::string_view path, std::uint64_t offset,
                                std::string_view what) const {
    return fail(ErrorKind::InternalError,
                cat("the journal ", path, " is damaged at offset ", offset, ": ", what,
                    "; the last good revision is ", root_->revision,
                    "; to drop everything after it: thole serve --repair-to ", root_->revision));
  }

  // Damage ends the log where repairing was asked for.
  Result<void> refuse(std::string_view path, std::uint64_t offset, std::string_view what) {
    if (!options_.repair_to) return damage(path, offset, what);
    THOLE_LOG(log_, Warning, "store", "dropped everything after revision ", root_->revision,
              " as asked: ", path, " is damaged at offset ", offset);
    result_.cut = true;
    return {};
  }

  Result<void> replay(const OpenSegment& segment, const std::optional<OpenSegment>& next,
                      bool first) {
    const SegmentHeader& header = segment.header;
    if (!begun_) {
      if (header.first_batch != 1) {
        return refuse(segment.path, 0, "the log before it is missing");
      }
      root_ = Ref<Root>::adopt(new Root(header.before, reclaimer_));
      begin();
    }
    if (header.first_batch > result_.batch + 1) {
      // Of the first one: its predecessor, or the checkpoint, is older than what is needed.
      return refuse(segment.path, 0,
                    first ? "the log before it is missing" : "batches before it are missing");
    }
    result_.segments.push_back({header.generation, segment.bytes.size()});
    // The next segment says up to where this one counts.
    const std::uint64_t until =
        next ? next->header.first_batch : std::numeric_limits<std::uint64_t>::max();
    const FramePlace place{result_.cluster, header.generation};
    const std::string_view bytes = segment.bytes;

    std::uint64_t offset = kSegmentHeaderBytes;
    std::uint64_t last_offset = 0;
    std::uint64_t expected = header.first_batch;
    while (offset < bytes.size() && expected < until) {
      const auto head = check_frame(place, bytes.substr(offset));
      if (!head || head->batch != expected) break;
      if (head->batch > result_.batch) {
        THOLE_TRY(auto changes, decoded(segment.path, offset, *head, bytes.substr(offset)));
        if (options_.repair_to && head->last > *options_.repair_to) {
          THOLE_LOG(log_, Warning, "store", "dropped everything after revision ", root_->revision,
                    " as asked");
          result_.cut = true;
          return {};
        }
        apply(changes, header.note_version);
        result_.batch = head->batch;
      }
      last_offset = offset;
      offset += head->size();
      ++expected;
    }
    if (last_offset > 0) {
      result_.last_path = segment.path;
      result_.last_offset = last_offset;
      result_.last_frame = bytes.substr(last_offset, offset - last_offset);
    }
    if (expected >= until) return {};
    if (next && until > result_.batch + 1) {
      return refuse(segment.path, offset, "batches that a later file follows are missing");
    }
    if (next) return {};
    return tail(segment, place, offset, expected);
  }

  Result<std::vector<FrameChange>> decoded(std::string_view path, std::uint64_t offset,
                                           const FrameHead& head, std::string_view frame) const {
    auto changes = decode_changes(head, frame);
    if (!changes) return damage(path, offset, changes.error().message);
    if (head.first <= root_->revision) return damage(path, offset, "revisions go backwards");
    return changes;
  }

  // The end of the newest segment: nothing, the torn write of a crash, or damage.
  Result<void> tail(const OpenSegment& segment, const FramePlace& place, std::uint64_t offset,
                    std::uint64_t expected) {
    const std::string_view bytes = segment.bytes;
    // One batch is in flight at a time, so behind a torn one there is no other.
    for (std::uint64_t at = offset + kFrameAlign; at + kFrameHeaderBytes <= bytes.size();
         at += kFrameAlign) {
      const auto head =
          plausible(bytes, at, expected) ? check_frame(place, bytes.substr(at)) : std::nullopt;
      if (!head) continue;
      return refuse(segment.path, offset,
                    cat("batch ", expected, " is unreadable, but batch ", head->batch,
                        " follows it at offset ", at));
    }
    const std::string_view rest = bytes.substr(std::min<std::uint64_t>(offset, bytes.size()));
    if (rest.size() >= 8 && rest.substr(0, 8) != std::string_view("\0\0\0\0\0\0\0\0", 8)) {
      THOLE_LOG(log_, Info, "store", segment.path, ": nothing to recover behind offset ", offset,
                ", revision ", root_->revision, " is the last");
    }
    return {};
  }

  // Cheap enough to ask at each place of a whole segment.
  static bool plausible(std::string_view bytes, std::uint64_t at, std::uint64_t expected) {
    std::uint32_t length;
    std::uint64_t batch;
    std::memcpy(&length, bytes.data() + at, sizeof(length));
    std::memcpy(&batch, bytes.data() + at + 8, sizeof(batch));
    return length > 0 && length <= bytes.size() - at - kFrameHeaderBytes && batch > expected &&
           batch - expected < bytes.size() / kFrameHeaderBytes;
  }

  void apply(const std::vector<FrameChange>& changes, std::uint32_t note_version) {
    const bool renote = note_version != options_.note_version;
    const bool reclaiming = reclaimer_->begin_batch();
    std::vector<ChangePtr> applied;
    applied.reserve(changes.size());
    for (const FrameChange& change : changes) {
      const auto& [revision, put, resource, name, note, bytes] = change;
      ValuePtr after;
      ValuePtr before;
      if (put) {
        const Note made = !renote           ? note
                          : options_.renote ? options_.renote(resource, bytes)
                                            : Note();
        after = Value::make(bytes, made, revision);
        before = root_->put(resource, name, after, revision);
      } else {
        before = root_->erase(resource, name, revision);
      }
      applied.push_back(
          Change::make(revision, resource, name, std::move(before), std::move(after)));
    }
    root_->revision = changes.back().revision;
    sink_.batch(root_->copy(reclaimer_), std::move(applied));
    if (reclaiming) reclaimer_->end_of_batch();
  }

  Disk& disk_;
  Log& log_;
  const RecoveryOptions options_;
  const Ref<Reclaimer> reclaimer_;
  const RecoverySink sink_;
  std::vector<std::uint64_t> logs_;
  std::optional<std::uint64_t> checkpoint_;
  Ref<Root> root_;
  bool begun_ = false;
  RecoveryResult result_;
};

}  // namespace

Async<RecoveryResult> recover(Disk& disk, Log& log, RecoveryOptions options, ClusterId cluster,
                              std::vector<std::string> names, Ref<Reclaimer> reclaimer,
                              RecoverySink sink) {
  RecoverySink told = sink;
  bool begun = false;
  told.begin = [&](RootRef root) {
    begun = true;
    sink.begin(std::move(root));
  };
  const Revision first = options.first;
  Recovery recovery(disk, log, std::move(options), cluster, reclaimer, std::move(told));
  THOLE_CO_TRY(RecoveryResult result, co_await recovery.run(std::move(names)));
  if (!begun) sink.begin(Ref<Root>::adopt(new Root(first, reclaimer)));
  co_return std::move(result);
}

}  // namespace thole::store
