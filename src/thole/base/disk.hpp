#pragma once
// The Disk seam: just what a journal and a certificate folder need. Every operation is a
// coroutine, so that the simulated disk can let time pass and processes die at each of them; on
// the OS they block the calling executor's thread, which should be one that may block.
//
// Durability: bytes are durable after `sync`; a created, renamed or removed name after `sync_dir`
// of its folder. Errors: NotFound where there is no such file or folder, AlreadyExists, Conflict
// for a lock that is held, and InternalError for everything else, with the path and the OS's words.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "thole/base/async.hpp"

namespace thole {

class File {
 public:
  virtual ~File() = default;  // Closes it, without flushing.

  // Writes all of `bytes`, or fails; after a failure any part may have been written.
  virtual Async<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
  // Returns fewer bytes than asked only at the end of the file.
  virtual Async<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> bytes) = 0;
  virtual Async<void> sync() = 0;  // fdatasync
  // Starts writing back a range without waiting for it (sync_file_range). No durability.
  virtual Async<void> write_back(std::uint64_t offset, std::uint64_t size) = 0;
  virtual Async<void> truncate(std::uint64_t size) = 0;
  virtual Async<std::uint64_t> size() = 0;
};

// Holds an exclusive lock on a folder until it is destroyed, or the process dies.
class DiskLock {
 public:
  virtual ~DiskLock() = default;
};

class Disk {
 public:
  virtual ~Disk() = default;

  enum class Open { Read, ReadWrite, CreateNew };  // CreateNew: mode 0600, AlreadyExists if there.

  virtual Async<std::unique_ptr<File>> open(std::string path, Open mode) = 0;
  virtual Async<void> rename(std::string from, std::string to) = 0;
  virtual Async<void> remove(std::string path) = 0;
  virtual Async<std::vector<std::string>> list(std::string folder) = 0;  // Names, sorted.
  // With parents, 0700; fine if there. Durable when it returns.
  virtual Async<void> make_dir(std::string folder) = 0;
  virtual Async<void> sync_dir(std::string folder) = 0;
  virtual Async<std::uint64_t> free_bytes(std::string folder) = 0;
  // Fails with Conflict when another process holds it.
  virtual Async<std::unique_ptr<DiskLock>> lock(std::string path) = 0;
};

}  // namespace thole
