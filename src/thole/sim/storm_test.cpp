#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <thread>

#include "thole/base/text.hpp"
#include "thole/sim/world.hpp"

// A small storm: clients talk to an echo server while it dies and the network fails. It must be the
// same storm each time, whatever is outside, and everybody must be served when it is over.

namespace thole::sim {
namespace {

using namespace std::chrono_literals;

const Endpoint kAddress{"127.0.0.1:6443"};

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// Sends back what comes on every connection.
struct EchoServer {
  explicit EchoServer(Seams given) : seams(given) { spawn(seams.main, "accept", accept()); }

  asio::awaitable<void> accept() {
    auto listener = seams.network.listen(kAddress, seams.main);
    EXPECT_TRUE(listener.has_value()) << listener.error().message;
    for (std::size_t i = 0;; ++i) {
      Executor& owner = *seams.io[i % seams.io.size()];
      auto stream = co_await (*listener)->accept(owner);
      if (!stream) co_return;
      spawn(owner, "echo", echo(*std::move(stream)));
    }
  }
  static asio::awaitable<void> echo(std::unique_ptr<ByteStream> stream) {
    std::vector<std::byte> buffer(1000);
    for (;;) {
      const auto got = co_await stream->read(buffer);
      if (!got || *got == 0) break;
      if (!co_await stream->write(std::span(buffer).first(*got))) break;
    }
  }

  Seams seams;
};

std::string noise(std::size_t size) {
  std::string text(size, ' ');
  Draw draw(size);
  for (char& c : text) c = static_cast<char>('a' + draw.below(26));
  return text;
}

std::uint64_t storm(std::uint64_t seed, std::string* counts) {
  World world(seed);
  world.network_faults().small_chunks = 200'000;
  world.network_faults().reset = 5'000;
  world.network_faults().refused = 50'000;
  Process& server = world.process("server");
  const auto boot = [](Seams seams) { return std::make_shared<EchoServer>(seams); };
  server.start(boot);
  int done = 0;
  for (int i = 0; i < 4; ++i) {
    world.process(cat("client", i)).start([&done](Seams seams) -> std::shared_ptr<void> {
      spawn(seams.main, "client", [](Seams s, int& count) -> asio::awaitable<void> {
        for (int round = 0; round < 10;) {
          auto stream = co_await s.network.connect(kAddress, s.main);
          const std::string text = noise(100 + s.random.below(3000));
          if (stream && co_await (*stream)->write(bytes_of(text))) {
            std::vector<std::byte> buffer(4000);
            std::size_t got_all = 0;
            while (got_all < text.size()) {
              const auto got = co_await (*stream)->read(buffer);
              if (!got || *got == 0) break;
              EXPECT_TRUE(std::ranges::equal(std::span(buffer).first(*got),
                                             bytes_of(text).subspan(got_all, *got)));
              got_all += *got;
            }
            if (got_all == text.size()) ++round;
          }
          co_await sleep_for(s.main, s.random.below(1000) * 1ms);
        }
        ++count;
      }(seams, done));
      return nullptr;
    });
  }
  Draw draw = world.draw("script");
  for (int i = 0; i < 10; ++i) {
    world.run_for(draw.between(0s, 2s));
    draw.below(2) == 0 ? server.kill() : server.power_off();
    world.run_for(draw.between(0s, 2s));
    server.start(boot);
    Process& client = world.process(cat("client", draw.below(4)));
    draw.below(2) == 0 ? world.partition(client, server) : world.partition(server, client);
    world.run_for(draw.between(0s, 100s));
    if (draw.below(2) == 0) world.heal(client, server);
  }
  world.heal_everything();
  world.run_for(600s);
  EXPECT_EQ(done, 4) << "seed " << seed;
  if (counts != nullptr) *counts = world.counts().show();
  return world.trace().hash();
}

TEST(Storm, IsTheSameEachTimeAndEndsWell) {
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) hashes.push_back(storm(seed, nullptr));
  for (std::uint64_t seed = 30; seed >= 1; --seed) {
    std::string counts;
    EXPECT_EQ(storm(seed, &counts), hashes[seed - 1]) << counts;
  }
}

// The hash of a storm as another process sees it: elsewhere in memory, in another folder, time zone
// and locale. The variable tells that process, which is this test again, to print it.
constexpr const char* kStormSeed = "THOLE_TEST_STORM_SEED";

std::string hash_in_another_process(std::uint64_t seed, std::string_view environment) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe");
  const std::string command = cat("cd / && env ", environment, " ", kStormSeed, "=", seed, " ",
                                  program, " --gtest_filter=Storm.HasTheSameHashInAnotherProcess");
  FILE* pipe = ::popen(command.c_str(), "r");
  std::string out(10'000, ' ');
  out.resize(std::fread(out.data(), 1, out.size(), pipe));
  ::pclose(pipe);
  const std::size_t begin = out.find("hash=");
  return begin == std::string::npos ? out : out.substr(begin, out.find('\n', begin) - begin);
}

TEST(Storm, HasTheSameHashInAnotherProcess) {
  if (const char* seed = std::getenv(kStormSeed)) {
    const std::string hash = cat("hash=", storm(std::strtoull(seed, nullptr, 10), nullptr), "\n");
    std::fputs(hash.c_str(), stdout);
    return;
  }
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const std::string expected = cat("hash=", storm(seed, nullptr));
    EXPECT_EQ(hash_in_another_process(seed, "-i"), expected);
    EXPECT_EQ(hash_in_another_process(seed, "TZ=Asia/Tokyo LANG=tr_TR.UTF-8 HOME=/nowhere"),
              expected);
  }
}

#if defined(__x86_64__) && !defined(THOLE_SANITIZED)

// Fails every system call that lets the outside in, or lets something out, and reading the clock
// register, which is what the C library's clocks do without a system call.
void trap_the_outside() {
  ::prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0);
  std::vector<sock_filter> filter = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  for (const int call :
       {SYS_clone, SYS_clone3, SYS_fork, SYS_vfork, SYS_socket, SYS_connect, SYS_open, SYS_openat,
        SYS_getrandom, SYS_nanosleep, SYS_clock_nanosleep, SYS_clock_gettime, SYS_gettimeofday,
        SYS_time, SYS_epoll_create1, SYS_eventfd2, SYS_timerfd_create, SYS_getpid, SYS_uname}) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program{.len = static_cast<unsigned short>(filter.size()),
                           .filter = filter.data()};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) ::_exit(99);
}

// How a process ends that runs `work` in the trap: its exit status, or "signal N".
std::string end_in_the_trap(const std::function<int()>& work) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    trap_the_outside();
    ::_exit(work());
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (WIFSIGNALED(status)) return cat("signal ", WTERMSIG(status));
  return cat(WEXITSTATUS(status));
}

TEST(Storm, ReachesForNothingOutsideItsWorld) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const std::uint64_t hash = storm(seed, nullptr);
    EXPECT_EQ(end_in_the_trap([&] { return storm(seed, nullptr) == hash ? 0 : 1; }), "0");
  }
}

TEST(Storm, WouldBeCaughtReachingOutside) {
  const std::string segv = cat("signal ", SIGSEGV);
  const std::string sys = cat("signal ", SIGSYS);
  const auto caught = [&](const std::function<int()>& work) {
    const std::string end = end_in_the_trap(work);
    return end == segv || end == sys;
  };
  EXPECT_TRUE(caught([] { return std::chrono::steady_clock::now() > TimePoint() ? 0 : 1; }));
  EXPECT_TRUE(caught([] { return std::chrono::system_clock::now() > WallTime() ? 0 : 1; }));
  EXPECT_TRUE(caught([] { return std::thread([] {}).joinable() ? 0 : 1; }));
  EXPECT_TRUE(caught([] { return std::fopen("/dev/null", "r") != nullptr ? 0 : 1; }));
  EXPECT_TRUE(caught([] {
    std::array<char, 8> bytes;
    return ::getentropy(bytes.data(), bytes.size());
  }));
  EXPECT_TRUE(caught([] { return ::usleep(1); }));
}

#endif

}  // namespace
}  // namespace thole::sim
