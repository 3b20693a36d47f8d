#include "thole/server/files.hpp"

#include "thole/base/text.hpp"

namespace thole::server {
namespace {

constexpr std::uint64_t kSizeMax = 1 << 20;

}  // namespace

Async<std::string> read_file(Disk& disk, std::string path) {
  auto file = co_await disk.open(path, Disk::Open::Read);
  if (!file && file.error().kind == ErrorKind::NotFound) co_return std::string();
  if (!file) co_return std::unexpected(file.error());
  THOLE_CO_TRY(const std::uint64_t size, co_await (*file)->size());
  if (size > kSizeMax) co_return fail(ErrorKind::Invalid, cat(path, " is larger than 1 MiB"));
  std::string text(size, '\0');
  THOLE_CO_TRY(const std::size_t count,
               co_await (*file)->read_at(0, std::as_writable_bytes(std::span(text))));
  text.resize(count);
  co_return text;
}

Async<void> replace_file(Disk& disk, std::string folder, std::string name, std::string text) {
  const std::string path = cat(folder, "/", name);
  const std::string fresh = cat(path, ".new");
  // What a crash may have left behind; that there is nothing is the usual case.
  if (auto removed = co_await disk.remove(fresh);
      !removed && removed.error().kind != ErrorKind::NotFound) {
    co_return std::unexpected(removed.error());
  }
  {
    THOLE_CO_TRY(auto file, co_await disk.open(fresh, Disk::Open::CreateNew));
    THOLE_CO_CHECK(co_await file->write_at(0, std::as_bytes(std::span(text))));
    THOLE_CO_CHECK(co_await file->sync());
  }
  THOLE_CO_CHECK(co_await disk.rename(fresh, path));
  co_return co_await disk.sync_dir(folder);
}

}  // namespace thole::server
