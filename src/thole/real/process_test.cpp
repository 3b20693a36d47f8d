#include "thole/real/process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "thole/real/clock.hpp"
#include "thole/real/log.hpp"
#include "thole/real/loop.hpp"

namespace thole::real {
namespace {

using namespace std::chrono_literals;

struct ChildTest : ::testing::Test {
  ChildTest() {
    char pattern[] = "/tmp/thole-child-XXXXXX";
    folder = ::mkdtemp(pattern);
  }
  ~ChildTest() override { std::filesystem::remove_all(folder); }
  Result<DetachedChild> shell(std::string script) {
    return DetachedChild::start({"/bin/sh", "-c", std::move(script)}, folder + "/log");
  }
  std::string folder;
};

TEST_F(ChildTest, TellsWhenItIsReadyAndGoesOn) {
  auto child = shell("echo heard; echo up at 6443 >&3; exec 3>&-; exec sleep 60");
  ASSERT_TRUE(child.has_value());
  EXPECT_EQ(child->wait_ready(10s).value(), "up at 6443");
  EXPECT_EQ(read_file(folder + "/log").value(), "heard\n");
  EXPECT_TRUE(process_alive(child->pid()));
  EXPECT_EQ(::getsid(child->pid()), child->pid());
  EXPECT_FALSE(wait_for_exit(child->pid(), 1ms));
  EXPECT_TRUE(send_signal(child->pid(), SIGTERM).has_value());
  EXPECT_TRUE(wait_for_exit(child->pid(), 10s));
  EXPECT_FALSE(process_alive(child->pid()));
  EXPECT_EQ(send_signal(child->pid(), SIGTERM).error().kind, ErrorKind::NotFound);
}

TEST_F(ChildTest, SaysThatItEndedOrTookTooLong) {
  auto dead = shell("exit 3");
  EXPECT_EQ(dead->wait_ready(10s).error().kind, ErrorKind::ServiceUnavailable);
  EXPECT_TRUE(wait_for_exit(dead->pid(), 10s));
  auto slow = shell("exec sleep 60");
  EXPECT_EQ(slow->wait_ready(5ms).error().kind, ErrorKind::Timeout);
  EXPECT_TRUE(send_signal(slow->pid(), SIGKILL).has_value());
  EXPECT_TRUE(wait_for_exit(slow->pid(), 10s));
  auto missing = DetachedChild::start({folder + "/none"}, folder + "/log");
  EXPECT_EQ(missing->wait_ready(10s).error().kind, ErrorKind::ServiceUnavailable);
  EXPECT_TRUE(wait_for_exit(missing->pid(), 10s));
}

TEST(ProcessSignals, CallBackOnTheLoop) {
  SystemClock clock;
  Loop loop(clock);
  std::vector<int> seen;
  const ProcessSignals signals(loop, [&](int signal) {
    EXPECT_TRUE(loop.is_current());
    seen.push_back(signal);
    if (seen.size() == 2) loop.stop();
    if (seen.size() == 1) ::kill(::getpid(), SIGINT);
  });
  loop.post([] { ::kill(::getpid(), SIGTERM); });
  loop.run();
  EXPECT_EQ(seen, (std::vector<int>{SIGTERM, SIGINT}));
}

TEST(Process, KnowsItself) {
  EXPECT_EQ(executable_of(process_id()), executable_path());
  EXPECT_NE(executable_path().find("real_test"), std::string::npos);
  EXPECT_EQ(current_folder(), std::filesystem::current_path());
  EXPECT_FALSE(environment("THOLE_NO_SUCH_VARIABLE").has_value());
  const Usage now = usage();
  EXPECT_GT(now.resident_bytes, 1u << 20);
  EXPECT_GT(now.descriptors_max, 3u);
  EXPECT_GE(now.cpu_seconds, 0);
}

TEST(StderrLog, WritesOneLineWithWallTime) {
  class Fixed : public Clock {
   public:
    TimePoint now() const override { return {}; }
    WallTime wall() const override { return WallTime(1'767'225'599'042ms); }
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
