#pragma once
// What a journal's folder has beside its data: the lock, and FORMAT with version and cluster id.

#include <memory>
#include <string>
#include <vector>

#include "thole/base/disk.hpp"
#include "thole/base/random.hpp"
#include "thole/store/log_format.hpp"

namespace thole::store {

struct OpenedFolder {
  std::unique_ptr<DiskLock> lock;
  ClusterId cluster{};
  std::vector<std::string> names;  // Of the files in it.
};

// Makes the folder when it isn't there. Fails with Conflict when another process holds it, and
// InternalError when FORMAT is unreadable or of another version, or is missing beside data.
Async<OpenedFolder> open_folder(Disk& disk, Random& random, std::string folder);

// Writes a whole small file so that it is there with all its bytes, or not at all.
Async<void> replace_file(Disk& disk, std::string folder, std::string name, std::string bytes);

}  // namespace thole::store
