#include "thole/real/process.hpp"

#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <memory>

#include "thole/base/text.hpp"
#include "thole/real/loop.hpp"

namespace thole::real {
namespace {

std::string read_link(const std::string& path) {
  std::array<char, PATH_MAX> target;
  const auto size = ::readlink(path.c_str(), target.data(), target.size());
  return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : std::string();
}

sigset_t ending_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  return set;
}

asio::awaitable<void> watch_signals(Executor& loop, std::shared_ptr<const Fd> fd,
                                    std::function<void(int)> on_signal) {
  FdWatch watch(loop, fd->get());
  for (;;) {
    watch.forget_readable();
    signalfd_siginfo info;
    if (retry([&] { return ::read(fd->get(), &info, sizeof info); }) == sizeof info) {
      on_signal(static_cast<int>(info.ssi_signo));
    } else if (co_await watch.wait_readable() != FdWatch::kReady) {
      co_return;
    }
  }
}

}  // namespace

std::optional<std::string> environment(const std::string& name) {
  const char* value = ::getenv(name.c_str());
  if (value == nullptr || *value == 0) return std::nullopt;
  return value;
}

std::string home_folder() {
  if (auto home = environment("HOME")) return *home;
  const passwd* user = ::getpwuid(::getuid());
  return user != nullptr ? user->pw_dir : "/";
}

std::string current_folder() {
  std::array<char, PATH_MAX> path;
  return ::getcwd(path.data(), path.size()) != nullptr ? path.data() : ".";
}

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

std::string executable_path() { return read_link("/proc/self/exe"); }
int process_id() { return ::getpid(); }

bool process_alive(int pid) { return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM); }

std::optional<std::string> executable_of(int pid) {
  std::string path = read_link(cat("/proc/", pid, "/exe"));
  if (path.empty()) return std::nullopt;
  return path;
}

Result<void> send_signal(int pid, int signal) {
  THOLE_ASSERT(pid > 0);  // 0 and below mean whole groups of processes.
  if (::kill(pid, signal) == 0) return {};
  const ErrorKind kind = errno == ESRCH ? ErrorKind::NotFound : ErrorKind::InternalError;
  return fail(kind, cat("signal process ", pid, ": ", words_of(errno)));
}

Usage usage() {
  Usage usage;
  if (const Result<std::string> statm = read_file("/proc/self/statm")) {
    const std::size_t space = statm->find(' ');  // "total resident ..." in pages
    if (space != std::string::npos) {
      std::uint64_t pages = 0;
      std::from_chars(statm->data() + space + 1, statm->data() + statm->size(), pages);
      usage.resident_bytes = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    }
  }
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0) {
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    usage.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  }
  struct stat status{};
  if (::stat("/proc/self/fd", &status) == 0) {  // Linux 6.2: the size is the count.
    usage.open_descriptors = static_cast<std::uint64_t>(status.st_size);
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) usage.descriptors_max = limit.rlim_cur;
  return usage;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

ProcessSignals::ProcessSignals(Executor& loop, std::function<void(int)> on_signal) {
  const sigset_t set = ending_signals();
  THOLE_ASSERT(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  auto fd = std::make_shared<const Fd>(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  THOLE_ASSERT(*fd);
  spawn(loop, "signals", watch_signals(loop, std::move(fd), std::move(on_signal)));
}

ProcessSignals::~ProcessSignals() {
  const sigset_t set = ending_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace thole::real
