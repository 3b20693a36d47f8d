#pragma once
// The Disk seam on the file system. Every call blocks its thread.

#include "thole/base/disk.hpp"

namespace thole::real {

class OsDisk final : public Disk {
 public:
  Async<std::unique_ptr<File>> open(std::string path, Open mode) override;
  Async<void> rename(std::string from, std::string to) override;
  Async<void> remove(std::string path) override;
  Async<std::vector<std::string>> list(std::string folder) override;
  Async<void> make_dir(std::string folder) override;
  Async<void> sync_dir(std::string folder) override;
  Async<std::uint64_t> free_bytes(std::string folder) override;
  Async<std::unique_ptr<DiskLock>> lock(std::string path) override;
};

}  // namespace thole::real
