#include "thole/real/disk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "thole/base/text.hpp"
#include "thole/real/os.hpp"
#include "thole/real/process.hpp"

namespace thole::real {
namespace {

class OsFile final : public File {
 public:
  OsFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Async<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const auto put = retry([&] {
        return ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      });
      if (put < 0) co_return os_error("write", path_);
      bytes = bytes.subspan(static_cast<std::size_t>(put));
      offset += static_cast<std::uint64_t>(put);
    }
    co_return Result<void>();
  }

  Async<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> bytes) override {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const auto got = retry([&] {
        return ::pread(fd_.get(), bytes.data() + done, bytes.size() - done,
                       static_cast<off_t>(offset + done));
      });
      if (got < 0) co_return os_error("read", path_);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    co_return done;
  }

  // Not repeated when it fails: the kernel has dropped the pages that it could not write.
  Async<void> sync() override {
    if (::fdatasync(fd_.get()) != 0) co_return os_error("sync", path_);
    co_return Result<void>();
  }

  Async<void> write_back(std::uint64_t offset, std::uint64_t size) override {
    const int done = ::sync_file_range(fd_.get(), static_cast<off64_t>(offset),
                                       static_cast<off64_t>(size), SYNC_FILE_RANGE_WRITE);
    // A file system without it writes back when it likes to.
    if (done != 0 && errno != ENOSYS && errno != EINVAL && errno != ESPIPE) {
      co_return os_error("write back", path_);
    }
    co_return Result<void>();
  }

  Async<void> truncate(std::uint64_t size) override {
    if (retry([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }) != 0) {
      co_return os_error("truncate", path_);
    }
    co_return Result<void>();
  }

  Async<std::uint64_t> size() override {
    struct stat status{};
    if (::fstat(fd_.get(), &status) != 0) co_return os_error("look at", path_);
    co_return static_cast<std::uint64_t>(status.st_size);
  }

 private:
  const Fd fd_;
  const std::string path_;
};

// The kernel releases the lock with the last descriptor, so also when the process is killed.
class OsLock final : public DiskLock {
 public:
  explicit OsLock(Fd fd) : fd_(std::move(fd)) {}

 private:
  const Fd fd_;
};

int flags_of(Disk::Open mode) {
  switch (mode) {
    case Disk::Open::Read:
      return O_RDONLY;
    case Disk::Open::ReadWrite:
      return O_RDWR;
    case Disk::Open::CreateNew:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

}  // namespace

Async<std::unique_ptr<File>> OsDisk::open(std::string path, Open mode) {
  Fd fd(retry([&] { return ::open(path.c_str(), flags_of(mode) | O_CLOEXEC, 0600); }));
  if (!fd && errno == EEXIST) {
    co_return fail(ErrorKind::AlreadyExists, cat("create ", path, ": ", words_of(EEXIST)));
  }
  if (!fd) co_return os_error(mode == Open::CreateNew ? "create" : "open", path);
  co_return std::make_unique<OsFile>(std::move(fd), std::move(path));
}

Async<void> OsDisk::rename(std::string from, std::string to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    co_return os_error("rename", cat(from, " to ", to));
  }
  co_return Result<void>();
}

Async<void> OsDisk::remove(std::string path) {
  if (::unlink(path.c_str()) != 0) co_return os_error("remove", path);
  co_return Result<void>();
}

Async<std::vector<std::string>> OsDisk::list(std::string folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), &::closedir);
  if (!dir) co_return os_error("list", folder);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) co_return os_error("list", folder);
  std::ranges::sort(names);
  co_return names;
}

Async<void> OsDisk::make_dir(std::string folder) { co_return make_folders(folder); }

Async<void> OsDisk::sync_dir(std::string folder) {
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) co_return os_error("sync the folder", folder);
  co_return Result<void>();
}

Async<std::uint64_t> OsDisk::free_bytes(std::string folder) {
  struct statvfs status{};
  if (::statvfs(folder.c_str(), &status) != 0) co_return os_error("look at the disk of", folder);
  co_return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

Async<std::unique_ptr<DiskLock>> OsDisk::lock(std::string path) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) co_return os_error("open", path);
  if (retry([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); }) != 0) {
    if (errno == EWOULDBLOCK) {
      co_return fail(ErrorKind::Conflict, cat(path, " is locked by another process"));
    }
    co_return os_error("lock", path);
  }
  co_return std::make_unique<OsLock>(std::move(fd));
}

}  // namespace thole::real
