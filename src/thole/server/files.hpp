#pragma once
// Small files as a whole, through the Disk seam.

#include <string>
#include <string_view>

#include "thole/base/disk.hpp"

namespace thole::server {

// The whole file, at most 1 MiB; empty when there is none.
Async<std::string> read_file(Disk& disk, std::string path);

// Writes `folder`/`name` so that after a crash either the old or the new text is there, whole and
// readable by its owner only. `folder` exists.
Async<void> replace_file(Disk& disk, std::string folder, std::string name, std::string text);

}  // namespace thole::server
