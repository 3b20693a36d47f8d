#include "thole/store/checkpoint.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "thole/base/text.hpp"
#include "thole/store/crc32c.hpp"
#include "thole/store/snapshot.hpp"
#include "thole/store/wire.hpp"

namespace thole::store {
namespace {

constexpr std::string_view kMagic = "tholechk";
constexpr std::size_t kHeaderBytes = 64;
constexpr std::size_t kBlockBytes = 256u << 10;
constexpr std::size_t kBlockHeaderBytes = 8;

enum Record : std::uint8_t { kResource = 1, kObject = 2, kEnd = 3 };

std::string_view text_of(const ClusterId& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

std::string encode(const CheckpointHeader& header) {
  std::string bytes(kMagic);
  WireWriter out(bytes);
  out.number(kFormatVersion);
  out.number(header.note_version);
  out.bytes(text_of(header.cluster));
  out.number(header.generation);
  out.number(header.batch);
  out.number(header.revision);
  out.number(crc32c(0, bytes));
  bytes.resize(kHeaderBytes);
  return bytes;
}

std::optional<CheckpointHeader> decode(std::string_view bytes) {
  CheckpointHeader header;
  WireReader in(bytes);
  if (in.bytes(kMagic.size()) != kMagic) return std::nullopt;
  if (in.number<std::uint32_t>() != kFormatVersion) return std::nullopt;
  header.note_version = in.number<std::uint32_t>();
  const std::string_view id = in.bytes(header.cluster.size());
  header.generation = in.number<std::uint64_t>();
  header.batch = in.number<std::uint64_t>();
  header.revision = in.number<std::uint64_t>();
  const auto crc = in.number<std::uint32_t>();
  if (!in.good() || crc != crc32c(0, bytes.substr(0, 56))) return std::nullopt;
  std::memcpy(header.cluster.data(), id.data(), id.size());
  return header;
}

// The header seeds each block's checksum with its place, as a frame's.
std::uint32_t seed_of(std::string_view header, std::uint64_t block) {
  std::string seed(header);
  WireWriter(seed).number(block);
  return crc32c(0, seed);
}

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// Gathers records into blocks, and writes each at its pace.
class BlockWriter {
 public:
  BlockWriter(File& file, Executor& executor, std::string header, CheckpointPace pace)
      : file_(file),
        executor_(executor),
        header_(std::move(header)),
        pace_(pace),
        start_(executor.clock().now()),
        block_(kBlockHeaderBytes, '\0') {}

  WireWriter out() { return WireWriter(block_); }
  bool full() const { return block_.size() >= kBlockBytes; }
  std::uint64_t offset() const { return offset_; }

  Async<void> flush() {
    if (pace_.stop && pace_.stop->load(std::memory_order_relaxed)) {
      co_return fail(ErrorKind::Canceled, "the checkpoint was stopped");
    }
    if (offset_ == 0) {
      THOLE_CO_CHECK(co_await file_.write_at(0, as_bytes(header_)));
      offset_ = header_.size();
    }
    std::string head;
    WireWriter(head).number(static_cast<std::uint32_t>(block_.size() - kBlockHeaderBytes));
    const auto payload = std::string_view(block_).substr(kBlockHeaderBytes);
    WireWriter(head).number(crc32c(seed_of(header_, block_count_++), payload));
    block_.replace(0, kBlockHeaderBytes, head);
    THOLE_CO_CHECK(co_await file_.write_at(offset_, as_bytes(block_)));
    // Behind the writing, so that the last sync has little left to do at once.
    THOLE_CO_CHECK(co_await file_.write_back(offset_, block_.size()));
    offset_ += block_.size();
    block_.assign(kBlockHeaderBytes, '\0');
    if (pace_.bytes_per_second > 0) {
      const std::chrono::duration<double> due(static_cast<double>(offset_) /
                                              static_cast<double>(pace_.bytes_per_second));
      const auto when = start_ + std::chrono::duration_cast<Duration>(due);
      if (when > executor_.clock().now()) co_await sleep_until(executor_, when);
    }
    co_return Result<void>();
  }

 private:
  File& file_;
  Executor& executor_;
  const std::string header_;
  const CheckpointPace pace_;
  const TimePoint start_;
  std::string block_;
  std::uint64_t block_count_ = 0;
  std::uint64_t offset_ = 0;
};

Async<std::uint64_t> write_all(File& file, Executor& executor, CheckpointHeader header,
                               const Root& root, CheckpointPace pace) {
  BlockWriter writer(file, executor, encode(header), pace);
  std::uint64_t count = 0;
  for (const ResourceRef& one : root.resources) {
    WireWriter out = writer.out();
    out.number(std::uint8_t{kResource});
    out.number(static_cast<std::uint16_t>(one->resource.size()));
    out.bytes(one->resource);
    out.number(one->last_changed);
    for (Cursor at = walk(one->tree); at.valid(); at.next()) {
      const Value& value = at.value();
      WireWriter object = writer.out();
      object.number(std::uint8_t{kObject});
      object.number(static_cast<std::uint16_t>(at.name().size()));
      object.number(static_cast<std::uint32_t>(value.note().size()));
      object.number(static_cast<std::uint32_t>(value.bytes().size()));
      object.number(value.revision());
      object.bytes(at.name());
      object.words(value.note());
      object.bytes(value.bytes());
      ++count;
      if (writer.full()) THOLE_CO_CHECK(co_await writer.flush());
    }
  }
  WireWriter out = writer.out();
  out.number(std::uint8_t{kEnd});
  out.number(count);
  THOLE_CO_CHECK(co_await writer.flush());
  THOLE_CO_CHECK(co_await file.sync());
  co_return writer.offset();
}

// Puts records back into trees.
class StateReader {
 public:
  StateReader(Root& root, const Renote* renote) : root_(root), renote_(renote) {}

  bool ended() const { return ended_; }

  bool read(std::string_view block) {
    WireReader in(block);
    while (in.good() && !in.at_end()) {
      if (ended_ || !record(in)) return false;
    }
    return in.good();
  }

 private:
  bool record(WireReader& in) {
    switch (in.number<std::uint8_t>()) {
      case kResource: {
        finish_resource();
        const std::string_view name = in.bytes(in.number<std::uint16_t>());
        if (!in.good() || name.empty()) return false;
        if (!root_.resources.empty() && root_.resources.back()->resource >= name) return false;
        resource_ = Ref<ResourceRoot>::adopt(new ResourceRoot);
        resource_->resource = name;
        resource_->last_changed = in.number<std::uint64_t>();
        last_name_.clear();
        return in.good();
      }
      case kObject:
        return object(in);
      case kEnd:
        finish_resource();
        ended_ = in.number<std::uint64_t>() == count_;
        return ended_;
      default:
        return false;
    }
  }

  bool object(WireReader& in) {
    const auto name_size = in.number<std::uint16_t>();
    const auto note_count = in.number<std::uint32_t>();
    const auto byte_count = in.number<std::uint32_t>();
    const auto revision = in.number<std::uint64_t>();
    const std::string_view name = in.bytes(name_size);
    WireReader words(in.bytes(std::size_t{note_count} * 4));
    const std::string_view bytes = in.bytes(byte_count);
    if (!in.good() || !resource_ || name <= last_name_) return false;
    note_.clear();
    while (!words.at_end()) note_.push_back(words.number<std::uint32_t>());
    if (renote_) note_ = *renote_ ? (*renote_)(resource_->resource, bytes) : Note();
    loader_.add(name, Value::make(bytes, note_, revision));
    last_name_ = name;
    ++count_;
    return true;
  }

  void finish_resource() {
    if (!resource_) return;
    resource_->tree = loader_.finish();
    root_.resources.push_back(std::move(resource_));
    resource_ = nullptr;
  }

  Root& root_;
  const Renote* renote_;
  Ref<ResourceRoot> resource_;
  Tree::Loader loader_;
  std::string last_name_;
  Note note_;
  std::uint64_t count_ = 0;
  bool ended_ = false;
};

std::unexpected<Error> damaged(std::string_view path, std::uint64_t offset) {
  return fail(ErrorKind::InternalError,
              cat("the checkpoint ", path, " is damaged at offset ", offset,
                  ", and the log before it is gone; restore the folder from a copy"));
}

Async<std::string> read_exactly(File& file, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  THOLE_CO_TRY(const std::size_t got,
               co_await file.read_at(offset, std::as_writable_bytes(std::span(bytes))));
  bytes.resize(got);
  co_return bytes;
}

}  // namespace

Async<std::uint64_t> write_checkpoint(Disk& disk, Executor& executor, std::string folder,
                                      CheckpointHeader header, RootRef root, CheckpointPace pace) {
  const std::string path = folder + "/checkpoint.tmp";
  THOLE_CO_TRY(const auto names, co_await disk.list(folder));
  if (std::find(names.begin(), names.end(), "checkpoint.tmp") != names.end()) {
    THOLE_CO_CHECK(co_await disk.remove(path));
  }
  THOLE_CO_TRY(auto file, co_await disk.open(path, Disk::Open::CreateNew));
  auto written = co_await write_all(*file, executor, header, *root, pace);
  file.reset();
  if (!written) {
    (void)co_await disk.remove(path);
    co_return written;
  }
  THOLE_CO_CHECK(
      co_await disk.rename(path, cat(folder, "/", file_name("checkpoint", header.generation))));
  THOLE_CO_CHECK(co_await disk.sync_dir(folder));
  co_return written;
}

Async<LoadedCheckpoint> read_checkpoint(Disk& disk, std::string path, ClusterId cluster,
                                        std::uint32_t note_version, const Renote& renote,
                                        Ref<Reclaimer> reclaimer) {
  THOLE_CO_TRY(auto file, co_await disk.open(path, Disk::Open::Read));
  THOLE_CO_TRY(const std::uint64_t size, co_await file->size());
  THOLE_CO_TRY(const std::string head, co_await read_exactly(*file, 0, kHeaderBytes));
  const auto header = decode(head);
  if (!header || header->cluster != cluster) co_return damaged(path, 0);

  LoadedCheckpoint loaded{*header, Ref<Root>::adopt(new Root(header->revision, reclaimer)), size};
  StateReader reader(*loaded.root, header->note_version == note_version ? nullptr : &renote);
  std::uint64_t offset = kHeaderBytes;
  for (std::uint64_t block = 0; !reader.ended(); ++block) {
    THOLE_CO_TRY(const std::string prefix, co_await read_exactly(*file, offset, kBlockHeaderBytes));
    WireReader in(prefix);
    const auto length = in.number<std::uint32_t>();
    const auto crc = in.number<std::uint32_t>();
    if (!in.good() || length > size - offset) co_return damaged(path, offset);
    THOLE_CO_TRY(const std::string payload,
                 co_await read_exactly(*file, offset + kBlockHeaderBytes, length));
    if (payload.size() != length || crc32c(seed_of(head, block), payload) != crc ||
        !reader.read(payload)) {
      co_return damaged(path, offset);
    }
    offset += kBlockHeaderBytes + length;
  }
  co_return loaded;
}

}  // namespace thole::store
