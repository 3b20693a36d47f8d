// The part of process.hpp that is about files.

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <utility>

#include "thole/base/text.hpp"
#include "thole/real/os.hpp"
#include "thole/real/process.hpp"

namespace thole::real {
namespace {

constexpr std::size_t kFileBytesMax = 16u << 20;

Result<void> write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const auto count = retry([&] { return ::write(fd, text.data(), text.size()); });
    if (count < 0) return os_error("write", path);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> sync_folder(const std::string& folder) {
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return os_error("sync the folder", folder);
  return {};
}

// The file that a chain of links ends in, so that writing replaces that and keeps the links.
std::string follow(const std::string& path) {
  std::array<char, PATH_MAX> target;
  return ::realpath(path.c_str(), target.data()) != nullptr ? target.data() : path;
}

Result<void> write_synced(const Fd& fd, const std::string& path, std::string_view bytes,
                          unsigned mode) {
  if (::fchmod(fd.get(), mode) != 0) return os_error("set the mode of", path);
  THOLE_CHECK(write_all(fd.get(), bytes, path));
  if (::fsync(fd.get()) != 0) return os_error("sync", path);
  return {};
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const Fd fd(retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!fd) return os_error("open", path);
  std::string text;
  std::array<char, 16384> buffer;
  for (;;) {
    const auto got = retry([&] { return ::read(fd.get(), buffer.data(), buffer.size()); });
    if (got < 0) return os_error("read", path);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > kFileBytesMax) {
      return fail(ErrorKind::Invalid, cat(path, " is larger than 16 MiB"));
    }
  }
}

Result<void> replace_file(const std::string& path, std::string_view text, unsigned mode) {
  const std::string target = follow(path);
  std::string temporary = cat(target, ".XXXXXX");
  Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));  // 0600 until it is complete.
  if (!fd) return os_error("create a file beside", target);
  Result<void> done = write_synced(fd, temporary, text, mode);
  if (done && ::rename(temporary.c_str(), target.c_str()) != 0) {
    done = os_error("replace", target);
  }
  if (!done) {
    ::unlink(temporary.c_str());
    return done;
  }
  return sync_folder(folder_of(target));
}

Result<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return os_error("remove", path);
  return {};
}

Result<void> make_folders(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
  const std::string parent = folder_of(path);
  if (parent != path) THOLE_CHECK(make_folders(parent));
  if (::mkdir(path.c_str(), 0700) != 0) {
    const int error = errno;  // Somebody else may have made it meanwhile.
    const bool there = ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    return there ? Result<void>() : os_error("make the folder", path, error);
  }
  return sync_folder(parent);
}

Result<void> write_line_and_close(int fd, std::string_view line) {
  const Fd owned(fd);
  return write_all(fd, cat(line, "\n"), cat("descriptor ", fd));
}

}  // namespace thole::real
