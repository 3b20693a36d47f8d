#include "thole/store/folder.hpp"

#include <algorithm>
#include <span>

#include "thole/base/text.hpp"

namespace thole::store {
namespace {

constexpr std::string_view kFirstLine = "thole store 1\ncluster ";
constexpr std::size_t kFormatBytes = kFirstLine.size() + 32 + 1;

std::string encode(const ClusterId& cluster) {
  std::string text(kFirstLine);
  for (const std::byte one : cluster) {
    text += "0123456789abcdef"[static_cast<unsigned>(one) >> 4];
    text += "0123456789abcdef"[static_cast<unsigned>(one) & 15];
  }
  return text + "\n";
}

std::optional<ClusterId> decode(std::string_view text) {
  if (text.size() != kFormatBytes || !text.starts_with(kFirstLine)) return std::nullopt;
  ClusterId cluster{};
  for (std::size_t i = 0; i < 32; ++i) {
    const auto digit = std::string_view("0123456789abcdef").find(text[kFirstLine.size() + i]);
    if (digit == std::string_view::npos) return std::nullopt;
    cluster[i / 2] = cluster[i / 2] << 4 | static_cast<std::byte>(digit);
  }
  return cluster;
}

Async<ClusterId> read_format(Disk& disk, std::string path) {
  THOLE_CO_TRY(auto file, co_await disk.open(path, Disk::Open::Read));
  std::string text(kFormatBytes + 1, '\0');
  THOLE_CO_TRY(const std::size_t size,
               co_await file->read_at(0, std::as_writable_bytes(std::span(text))));
  text.resize(size);
  if (const auto cluster = decode(text)) co_return *cluster;
  co_return fail(ErrorKind::InternalError,
                 cat(path, " is damaged, or of a version that this program does not know"));
}

}  // namespace

Async<void> replace_file(Disk& disk, std::string folder, std::string name, std::string bytes) {
  const std::string path = cat(folder, "/", name);
  const std::string temporary = path + ".tmp";
  THOLE_CO_TRY(const auto names, co_await disk.list(folder));
  if (std::find(names.begin(), names.end(), name + ".tmp") != names.end()) {
    THOLE_CO_CHECK(co_await disk.remove(temporary));
  }
  THOLE_CO_TRY(auto file, co_await disk.open(temporary, Disk::Open::CreateNew));
  THOLE_CO_CHECK(co_await file->write_at(0, std::as_bytes(std::span(bytes))));
  THOLE_CO_CHECK(co_await file->sync());
  file.reset();
  THOLE_CO_CHECK(co_await disk.rename(temporary, path));
  THOLE_CO_CHECK(co_await disk.sync_dir(folder));
  co_return Result<void>();
}

Async<OpenedFolder> open_folder(Disk& disk, Random& random, std::string folder) {
  OpenedFolder opened;
  THOLE_CO_CHECK(co_await disk.make_dir(folder));
  THOLE_CO_TRY(opened.lock, co_await disk.lock(folder + "/LOCK"));
  THOLE_CO_TRY(opened.names, co_await disk.list(folder));
  const auto& names = opened.names;
  if (std::find(names.begin(), names.end(), "FORMAT") != names.end()) {
    THOLE_CO_TRY(opened.cluster, co_await read_format(disk, folder + "/FORMAT"));
    co_return opened;
  }
  for (const std::string& name : names) {
    if (number_in(name, "log") || number_in(name, "checkpoint")) {
      co_return fail(ErrorKind::InternalError,
                     cat(folder, "/FORMAT is missing beside ", name,
                         "; restore the folder from a copy, or choose an empty one"));
    }
  }
  random.fill(opened.cluster);
  THOLE_CO_CHECK(co_await replace_file(disk, folder, "FORMAT", encode(opened.cluster)));
  co_return opened;
}

}  // namespace thole::store
