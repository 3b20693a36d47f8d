#pragma once
// The Disk seam of a simulated process, on the Storage of its machine: every operation takes time,
// may meet a fault, and never returns once the process was killed.

#include <memory>

#include "thole/base/disk.hpp"
#include "thole/sim/core.hpp"
#include "thole/sim/storage.hpp"

namespace thole::sim {

class SimDisk final : public Disk {
 public:
  SimDisk(Core& core, Storage& storage);
  ~SimDisk() override;

  Async<std::unique_ptr<File>> open(std::string path, Open mode) override;
  Async<void> rename(std::string from, std::string to) override;
  Async<void> remove(std::string path) override;
  Async<std::vector<std::string>> list(std::string folder) override;
  Async<void> make_dir(std::string folder) override;
  Async<void> sync_dir(std::string folder) override;
  Async<std::uint64_t> free_bytes(std::string folder) override;
  Async<std::unique_ptr<DiskLock>> lock(std::string path) override;

  // From now on nothing has an effect, and no operation returns.
  void sever();
  // Operations that reached the storage, to choose points to kill at.
  std::uint64_t operation_count() const;

 private:
  class SimFile;
  class SimLock;
  struct Access;
  std::shared_ptr<Access> access_;  // Shared with files, which may go later.
};

}  // namespace thole::sim
