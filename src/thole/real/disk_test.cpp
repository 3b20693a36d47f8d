#include "thole/real/disk.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <future>

#include "thole/base/text.hpp"
#include "thole/real/log.hpp"
#include "thole/real/process.hpp"
#include "thole/real/world.hpp"

namespace thole::real {
namespace {

unsigned mode_of(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

struct Folder {
  Folder() {
    char pattern[] = "/tmp/thole-disk-XXXXXX";
    path = ::mkdtemp(pattern);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

// Runs a coroutine that waits for nothing to its end.
template <typename Body>
void run(Body body) {
  SystemClock clock;
  Loop loop(clock);
  spawn(loop, "test", [](Body& inner, Loop& own) -> asio::awaitable<void> {
    co_await inner();
    own.stop();
  }(body, loop));
  loop.run();
}

TEST(OsDisk, KeepsBytesNamesAndModes) {
  Folder folder;
  OsDisk disk;
  run([&]() -> asio::awaitable<void> {
    const std::string data = folder.path + "/a/b";
    EXPECT_TRUE((co_await disk.make_dir(data)).has_value());
    EXPECT_TRUE((co_await disk.make_dir(data)).has_value());
    EXPECT_EQ(mode_of(data), 0700u);
    auto file = co_await disk.open(data + "/log", Disk::Open::CreateNew);
    EXPECT_EQ(mode_of(data + "/log"), 0600u);
    const std::string text = "hello";
    EXPECT_TRUE((co_await (*file)->write_at(3, std::as_bytes(std::span(text)))).has_value());
    EXPECT_TRUE((co_await (*file)->write_back(0, 8)).has_value());
    EXPECT_TRUE((co_await (*file)->sync()).has_value());
    EXPECT_EQ((co_await (*file)->size()).value(), 8u);
    EXPECT_TRUE((co_await (*file)->truncate(6)).has_value());
    EXPECT_TRUE((co_await disk.rename(data + "/log", data + "/kept")).has_value());
    EXPECT_TRUE((co_await disk.sync_dir(data)).has_value());
    EXPECT_EQ((co_await disk.list(data)).value(), std::vector<std::string>{"kept"});

    auto again = co_await disk.open(data + "/kept", Disk::Open::Read);
    std::vector<std::byte> bytes(100, std::byte{'x'});
    EXPECT_EQ((co_await (*again)->read_at(0, bytes)).value(), 6u);
    EXPECT_EQ(std::string(reinterpret_cast<char*>(bytes.data()), 6), std::string("\0\0\0hel", 6));
    EXPECT_TRUE((co_await disk.remove(data + "/kept")).has_value());
    EXPECT_EQ((co_await disk.list(data)).value().size(), 0u);
    EXPECT_GT((co_await disk.free_bytes(data)).value(), 0u);
  });
}

TEST(OsDisk, SaysWhatFailedWhereAndWhy) {
  Folder folder;
  OsDisk disk;
  run([&]() -> asio::awaitable<void> {
    const std::string path = folder.path + "/none";
    const auto missing = co_await disk.open(path, Disk::Open::Read);
    EXPECT_EQ(missing.error().kind, ErrorKind::NotFound);
    EXPECT_EQ(missing.error().message, "open " + path + ": No such file or directory");
    auto made = co_await disk.open(path, Disk::Open::CreateNew);
    const auto twice = co_await disk.open(path, Disk::Open::CreateNew);
    EXPECT_EQ(twice.error().kind, ErrorKind::AlreadyExists);
    auto reader = co_await disk.open(path, Disk::Open::Read);
    const std::byte byte{};
    const auto written = co_await (*reader)->write_at(0, {&byte, 1});
    EXPECT_EQ(written.error().kind, ErrorKind::InternalError);
    EXPECT_EQ(written.error().message, "write " + path + ": Bad file descriptor");
    const auto below_a_file = co_await disk.make_dir(path + "/folder");
    EXPECT_EQ(below_a_file.error().kind, ErrorKind::InternalError);
  });
}

TEST(OsDisk, LocksOutEveryoneElse) {
  Folder folder;
  OsDisk disk;
  run([&]() -> asio::awaitable<void> {
    const std::string path = folder.path + "/lock";
    auto first = co_await disk.lock(path);
    EXPECT_TRUE(first.has_value());
    EXPECT_EQ((co_await disk.lock(path)).error().kind, ErrorKind::Conflict);
    first->reset();
    EXPECT_TRUE((co_await disk.lock(path)).has_value());
  });
}

TEST(SmallFiles, AreReplacedWholeWithTheirMode) {
  Folder folder;
  const std::string path = folder.path + "/config";
  EXPECT_EQ(read_file(path).error().kind, ErrorKind::NotFound);
  ASSERT_TRUE(replace_file(path, "one", 0644).has_value());
  EXPECT_EQ(mode_of(path), 0644u);
  std::filesystem::create_symlink(path, folder.path + "/link");
  ASSERT_TRUE(replace_file(folder.path + "/link", "two", 0600).has_value());
  EXPECT_TRUE(std::filesystem::is_symlink(folder.path + "/link"));
  EXPECT_EQ(read_file(path).value(), "two");
  EXPECT_EQ(mode_of(path), 0600u);
  EXPECT_FALSE(replace_file(folder.path + "/none/config", "x", 0600).has_value());
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path)) {
    files += entry.exists() ? 1 : 0;
  }
  EXPECT_EQ(files, 2u);  // Nothing temporary stays.
  EXPECT_TRUE(remove_file(path).has_value());
  EXPECT_TRUE(remove_file(path).has_value());
  EXPECT_EQ(read_file(path).error().kind, ErrorKind::NotFound);
}

}  // namespace
}  // namespace thole::real
