#include "thole/real/process.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "thole/base/clock.hpp"
#include "thole/real/log.hpp"

namespace thole::real {
namespace {

using namespace std::chrono_literals;

class Process : public testing::Test {
 protected:
  Process() {
    char name[] = "/tmp/thole-process-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~Process() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
};

TEST_F(Process, ReplacesAFileWholeAndForItsOwnerOnly) {
  const std::string path = folder_ + "/file";
  ASSERT_TRUE(replace_file(path, "first", 0600));
  ASSERT_TRUE(replace_file(path, "second", 0600));
  EXPECT_EQ(read_file(path).value(), "second");
  struct stat found{};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);

  EXPECT_EQ(replace_file(folder_ + "/no/file", "x", 0600).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(read_file(folder_ + "/none").error().kind, ErrorKind::NotFound);
  EXPECT_TRUE(remove_file(path));
  EXPECT_TRUE(remove_file(path));
}

TEST_F(Process, MakesFoldersWithTheirParents) {
  EXPECT_TRUE(make_folders(folder_ + "/a/b/c"));
  EXPECT_TRUE(make_folders(folder_ + "/a/b/c"));
  ASSERT_TRUE(replace_file(folder_ + "/a/file", "", 0600));
  EXPECT_FALSE(make_folders(folder_ + "/a/file/b"));
}

TEST_F(Process, StartsAProgramInTheBackgroundAndStopsIt) {
  const auto started = start_in_background({"/bin/sh", "-c", "echo ready to go >&3; exec sleep 60"},
                                           folder_ + "/log", 10s);
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_EQ(started->ready_line, "ready to go");
  EXPECT_NE(started->pid, ::getpid());
  EXPECT_TRUE(process_start_time(started->pid).has_value());
  EXPECT_GT(process_usage(started->pid)->resident_bytes, 0u);
  EXPECT_TRUE(stop_process(started->pid, 10s));
  EXPECT_FALSE(process_start_time(started->pid).has_value());
}

TEST_F(Process, KillsAProgramThatDoesNotHear) {
  const auto started = start_in_background(
      {"/bin/sh", "-c", "trap '' TERM; echo ready >&3; while :; do sleep 1; done"},
      folder_ + "/log", 10s);
  ASSERT_TRUE(started);
  EXPECT_FALSE(stop_process(started->pid, 100ms));
}

TEST_F(Process, TellsWhyAProgramDidNotStart) {
  const auto ended =
      start_in_background({"/bin/sh", "-c", "echo no disk >&2; exit 1"}, folder_ + "/log", 10s);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "no disk");
  const auto slow = start_in_background({"/bin/sleep", "60"}, folder_ + "/log", 50ms);
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().kind, ErrorKind::Timeout);
}

TEST(OwnUsage, KnowsWhatThisProcessUses) {
  const OwnUsage now = own_usage();
  EXPECT_GT(now.resident_bytes, 1u << 20);
  EXPECT_GE(now.cpu_seconds, 0);
  raise_descriptor_limit();
  EXPECT_GE(own_usage().descriptors_max, now.descriptors_max);
}

TEST(StderrLog, WritesOneLineWithWallTime) {
  class Fixed : public Clock {
   public:
    TimePoint now() const override { return {}; }
    WallTime wall() const override {
      return WallTime(std::chrono::milliseconds(1'767'225'599'042));
    }
  } clock;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  StderrLog log(clock, LogLevel::Info, ends[1]);
  THOLE_LOG(log, Debug, "store", "unheard");
  THOLE_LOG(log, Warning, "store", "recovered ", 3, " objects");
  ::close(ends[1]);
  char text[200];
  const auto size = ::read(ends[0], text, sizeof text);
  ::close(ends[0]);
  EXPECT_EQ(std::string(text, static_cast<std::size_t>(size)),
            "2025-12-31T23:59:59.042Z warning store: recovered 3 objects\n");
}

}  // namespace
}  // namespace thole::real
