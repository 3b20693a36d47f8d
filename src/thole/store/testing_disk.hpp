#pragma once
// A Disk for this layer's tests, on sim's Storage: it counts its operations, can die at any of
// them, and can be full or failing. Operations take no time.

#include <memory>
#include <string>
#include <vector>

#include "thole/base/disk.hpp"
#include "thole/base/executor.hpp"
#include "thole/base/log.hpp"
#include "thole/base/text.hpp"
#include "thole/sim/storage.hpp"

namespace thole::store {

class TestDisk final : public Disk {
 public:
  TestDisk(sim::Storage& storage, Executor& executor) : storage_(storage), executor_(executor) {}
  ~TestDisk() override { storage_.unlock_all(); }

  // From operation number `die_at` on (counted from 1) nothing happens, and nothing returns.
  std::uint64_t die_at = ~std::uint64_t{0};
  bool dies_after_sync_only = false;  // Count only syncs, of files and folders.
  bool failing_sync = false;          // A sync fails and forgets what was written.
  bool full = false;                  // A file can't grow.

  std::uint64_t operations = 0;
  bool dead() const { return operations >= die_at; }

  Async<std::unique_ptr<File>> open(std::string path, Open mode) override {
    co_await count(false);
    auto inode = storage_.find(path);
    if (mode == Open::CreateNew) {
      if (inode) co_return fail(ErrorKind::AlreadyExists, cat("create ", path, ": it is there"));
      if (full) co_return no_space(path);
      inode = storage_.create(path);
    }
    if (!inode) co_return fail(ErrorKind::NotFound, cat("open ", path, ": there is none"));
    co_return std::make_unique<Opened>(*this, std::move(path), std::move(inode));
  }
  Async<void> rename(std::string from, std::string to) override {
    co_await count(false);
    THOLE_ASSERT(storage_.rename(from, to));
    co_return Result<void>();
  }
  Async<void> remove(std::string path) override {
    co_await count(false);
    if (!storage_.remove(path)) co_return fail(ErrorKind::NotFound, cat("remove ", path));
    co_return Result<void>();
  }
  Async<std::vector<std::string>> list(std::string folder) override {
    co_await count(false);
    co_return storage_.list(folder);
  }
  Async<void> make_dir(std::string folder) override {
    co_await count(false);
    storage_.make_folders(folder);
    co_return Result<void>();
  }
  Async<void> sync_dir(std::string folder) override {
    co_await count(true);
    storage_.sync_folder(folder);
    co_return Result<void>();
  }
  Async<std::uint64_t> free_bytes(std::string) override { co_return 1u << 30; }
  Async<std::unique_ptr<DiskLock>> lock(std::string path) override {
    if (!storage_.lock(path)) {
      co_return fail(ErrorKind::Conflict, cat(path, " is held by another process"));
    }
    co_return std::make_unique<Lock>(storage_, path);
  }

 private:
  struct Lock final : DiskLock {
    Lock(sim::Storage& storage, std::string which) : of(storage), path(std::move(which)) {}
    ~Lock() override { of.unlock(path); }
    sim::Storage& of;
    std::string path;
  };

  class Opened final : public File {
   public:
    Opened(TestDisk& disk, std::string path, sim::Storage::InodePtr inode)
        : disk_(disk), path_(std::move(path)), inode_(std::move(inode)) {}

    Async<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
      co_await disk_.count(false);
      if (disk_.full && offset + bytes.size() > inode_->bytes().size()) {
        co_return no_space(path_);
      }
      inode_->write(offset, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      co_return Result<void>();
    }
    Async<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> bytes) override {
      co_await disk_.count(false);
      const std::string& all = inode_->bytes();
      if (offset >= all.size()) co_return std::size_t{0};
      const std::size_t size = std::min<std::size_t>(bytes.size(), all.size() - offset);
      std::memcpy(bytes.data(), all.data() + offset, size);
      co_return size;
    }
    Async<void> sync() override {
      if (disk_.failing_sync) {
        inode_->forget_dirty();
        co_return fail(ErrorKind::InternalError, cat("sync ", path_, ": Input/output error"));
      }
      co_await disk_.count(true);
      inode_->sync();
      co_return Result<void>();
    }
    Async<void> write_back(std::uint64_t, std::uint64_t) override { co_return Result<void>(); }
    Async<void> truncate(std::uint64_t size) override {
      inode_->truncate(size);
      co_return Result<void>();
    }
    Async<std::uint64_t> size() override { co_return inode_->bytes().size(); }

   private:
    TestDisk& disk_;
    const std::string path_;
    const sim::Storage::InodePtr inode_;
  };

  static std::unexpected<Error> no_space(std::string_view path) {
    return fail(ErrorKind::InternalError, cat("write ", path, ": No space left on device"));
  }

  asio::awaitable<void> count(bool is_sync) {
    if (!dead() && (is_sync || !dies_after_sync_only)) ++operations;
    if (!dead()) co_return;
    Waiter never(executor_);
    (void)co_await never.wait();
  }

  sim::Storage& storage_;
  Executor& executor_;
};

class TestLog final : public Log {
 public:
  bool enabled(LogLevel) const override { return true; }
  void write(LogLevel, std::string_view, std::string_view line) override {
    lines += cat(line, "\n");
  }
  std::string lines;
};

}  // namespace thole::store
