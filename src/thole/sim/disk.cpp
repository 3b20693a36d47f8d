#include "thole/sim/disk.hpp"

#include <algorithm>
#include <utility>

#include "thole/base/text.hpp"

namespace thole::sim {

struct SimDisk::Access {
  Core& core;
  Storage& storage;
  bool severed = false;
  std::uint64_t operation_count = 0;

  // The time before an operation, or after it. Never returns to the dead.
  static asio::awaitable<void> pass(std::shared_ptr<Access> access) {
    Executor& executor = access->core.current_executor();
    if (access->severed) co_await sleep_until(executor, TimePoint::max());
    const DiskFaults& faults = access->core.disk;
    Duration latency = access->core.disk_draw.between(faults.latency_min, faults.latency_max);
    if (access->core.disk_draw.chance(faults.slow_operation)) {
      access->core.counts.met("disk slow");
      latency += faults.slow;
    }
    co_await sleep_for(executor, latency);
    if (access->severed) co_await sleep_until(executor, TimePoint::max());
  }

  bool fault(std::string_view name, std::uint32_t per_million) {
    if (!core.disk_draw.chance(per_million)) return false;
    core.counts.met(name);
    return true;
  }

  void note(std::string_view what, std::string_view path,
            std::initializer_list<std::uint64_t> numbers = {}) {
    ++operation_count;
    core.trace.add(what, numbers, path);
  }
};

namespace {

constexpr std::string_view kIo = "Input/output error";
constexpr std::string_view kNoSpace = "No space left on device";

std::unexpected<Error> failed(std::string_view what, std::string_view path, std::string_view why) {
  return fail(ErrorKind::InternalError, cat(what, " ", path, ": ", why));
}

std::unexpected<Error> missing(std::string_view what, std::string_view path) {
  return fail(ErrorKind::NotFound, cat(what, " ", path, ": No such file or directory"));
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

class SimDisk::SimFile final : public File {
 public:
  SimFile(std::shared_ptr<Access> access, Storage::InodePtr inode, std::string path, Open mode)
      : access_(std::move(access)), inode_(std::move(inode)), path_(std::move(path)), mode_(mode) {}

  Async<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
    if (mode_ == Open::Read) co_return failed("write", path_, "Bad file descriptor");
    co_await Access::pass(access_);
    access_->note("disk write", path_, {offset, bytes.size(), hash_of(text_of(bytes))});
    // On its way to the cache a write may stop anywhere.
    const std::string_view text = text_of(bytes);
    if (access_->fault("disk write error", access_->core.disk.write_error)) {
      inode_->write(offset, text.substr(0, access_->core.disk_draw.below(text.size() + 1)));
      co_return failed("write", path_, kIo);
    }
    const std::uint64_t room = room_for(offset, text.size());
    if (room < text.size()) {
      access_->core.counts.met("disk full");
      inode_->write(offset, text.substr(0, room));
      co_return failed("write", path_, kNoSpace);
    }
    inode_->write(offset, text);
    co_await Access::pass(access_);
    co_return Result<void>();
  }

  Async<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> bytes) override {
    co_await Access::pass(access_);
    if (access_->fault("disk read error", access_->core.disk.read_error)) {
      co_return failed("read", path_, kIo);
    }
    const std::string& all = inode_->bytes();
    if (offset >= all.size() || bytes.empty()) co_return 0;
    const std::size_t size = std::min<std::size_t>(bytes.size(), all.size() - offset);
    std::ranges::copy(std::as_bytes(std::span(all).subspan(offset, size)), bytes.begin());
    if (access_->fault("disk flipped bit", access_->core.disk.flipped_bit)) {
      const std::uint64_t bit = access_->core.disk_draw.below(size * 8);
      bytes[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    }
    access_->note("disk read", path_, {offset, size, hash_of(text_of(bytes.first(size)))});
    co_return size;
  }

  Async<void> sync() override {
    co_await Access::pass(access_);
    if (access_->fault("disk sync error", access_->core.disk.sync_error)) {
      access_->note("disk sync fails", path_);
      inode_->forget_dirty();
      co_return failed("sync", path_, kIo);
    }
    access_->note("disk sync", path_);
    inode_->sync();
    co_await Access::pass(access_);
    co_return Result<void>();
  }

  // Any dirty page may reach the platter at any time anyway.
  Async<void> write_back(std::uint64_t, std::uint64_t) override { co_return Result<void>(); }

  Async<void> truncate(std::uint64_t size) override {
    co_await Access::pass(access_);
    access_->note("disk truncate", path_, {size});
    if (size > inode_->bytes().size() && size - inode_->bytes().size() > room()) {
      access_->core.counts.met("disk full");
      co_return failed("truncate", path_, kNoSpace);
    }
    inode_->truncate(size);
    co_return Result<void>();
  }

  Async<std::uint64_t> size() override {
    co_await Access::pass(access_);
    co_return inode_->bytes().size();
  }

 private:
  std::uint64_t room() const {
    const std::uint64_t used = access_->storage.used_bytes();
    const std::uint64_t capacity = access_->core.disk.capacity_bytes;
    return used < capacity ? capacity - used : 0;
  }

  // How many of `count` bytes at `offset` still fit. What overwrites needs no room.
  std::uint64_t room_for(std::uint64_t offset, std::uint64_t count) const {
    const std::uint64_t size = inode_->bytes().size();
    if (access_->core.disk.capacity_bytes == ~0ull || offset + count <= size) return count;
    const std::uint64_t grows = offset + count - size;
    const std::uint64_t lacks = grows - std::min(grows, room());
    return count - std::min(count, lacks);
  }

  std::shared_ptr<Access> access_;
  Storage::InodePtr inode_;
  const std::string path_;
  const Open mode_;
};

class SimDisk::SimLock final : public DiskLock {
 public:
  SimLock(std::shared_ptr<Access> access, std::string path)
      : access_(std::move(access)), path_(std::move(path)) {}
  ~SimLock() override {
    // The dead have lost it already, and somebody else may have it.
    if (!access_->severed) access_->storage.unlock(path_);
  }

 private:
  std::shared_ptr<Access> access_;
  const std::string path_;
};

SimDisk::SimDisk(Core& core, Storage& storage)
    : access_(std::make_shared<Access>(Access{core, storage})) {}
SimDisk::~SimDisk() = default;

void SimDisk::sever() { access_->severed = true; }
std::uint64_t SimDisk::operation_count() const { return access_->operation_count; }

Async<std::unique_ptr<File>> SimDisk::open(std::string path, Open mode) {
  co_await Access::pass(access_);
  access_->note("disk open", path, {static_cast<std::uint64_t>(mode)});
  Storage::InodePtr inode = access_->storage.find(path);
  if (mode == Open::CreateNew) {
    if (inode) co_return fail(ErrorKind::AlreadyExists, cat("create ", path, ": File exists"));
    if (!access_->storage.folder_exists(folder_of(path))) co_return missing("create", path);
    inode = access_->storage.create(path);
  }
  if (!inode) co_return missing("open", path);
  co_return std::make_unique<SimFile>(access_, std::move(inode), std::move(path), mode);
}

Async<void> SimDisk::rename(std::string from, std::string to) {
  co_await Access::pass(access_);
  const std::string both = cat(from, " to ", to);
  access_->note("disk rename", both);
  if (!access_->storage.rename(from, to)) co_return missing("rename", both);
  co_await Access::pass(access_);
  co_return Result<void>();
}

Async<void> SimDisk::remove(std::string path) {
  co_await Access::pass(access_);
  access_->note("disk remove", path);
  if (!access_->storage.remove(path)) co_return missing("remove", path);
  co_return Result<void>();
}

Async<std::vector<std::string>> SimDisk::list(std::string folder) {
  co_await Access::pass(access_);
  access_->note("disk list", folder);
  if (!access_->storage.folder_exists(folder)) co_return missing("list", folder);
  co_return access_->storage.list(folder);
}

Async<void> SimDisk::make_dir(std::string folder) {
  co_await Access::pass(access_);
  access_->note("disk make_dir", folder);
  access_->storage.make_folders(folder);
  co_return Result<void>();
}

Async<void> SimDisk::sync_dir(std::string folder) {
  co_await Access::pass(access_);
  if (!access_->storage.folder_exists(folder)) co_return missing("sync the folder", folder);
  if (access_->fault("disk sync error", access_->core.disk.sync_error)) {
    co_return failed("sync the folder", folder, kIo);
  }
  access_->note("disk sync_dir", folder);
  access_->storage.sync_folder(folder);
  co_await Access::pass(access_);
  co_return Result<void>();
}

Async<std::uint64_t> SimDisk::free_bytes(std::string) {
  co_await Access::pass(access_);
  const std::uint64_t used = access_->storage.used_bytes();
  const std::uint64_t capacity =
      std::min<std::uint64_t>(access_->core.disk.capacity_bytes, 1ull << 40);
  co_return used < capacity ? capacity - used : 0;
}

Async<std::unique_ptr<DiskLock>> SimDisk::lock(std::string path) {
  co_await Access::pass(access_);
  access_->note("disk lock", path);
  if (!access_->storage.folder_exists(folder_of(path))) co_return missing("open", path);
  if (!access_->storage.lock(path)) {
    co_return fail(ErrorKind::Conflict, cat(path, " is locked by another process"));
  }
  co_return std::make_unique<SimLock>(access_, std::move(path));
}

}  // namespace thole::sim
