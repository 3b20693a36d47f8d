// The part of process.hpp that is about other processes.

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include "thole/base/text.hpp"
#include "thole/real/os.hpp"
#include "thole/real/process.hpp"

namespace thole::real {
namespace {

std::string last_line_of(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return {};
  std::string_view rest = *text;
  while (rest.ends_with('\n')) rest.remove_suffix(1);
  return std::string(rest.substr(rest.rfind('\n') + 1));
}

int milliseconds_until(std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

// Whether `fd` became readable before `deadline`.
bool wait_readable(int fd, std::chrono::steady_clock::time_point deadline) {
  pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
  return retry([&] { return ::poll(&entry, 1, milliseconds_until(deadline)); }) > 0;
}

// The text after the last ')' of /proc/PID/stat: the name before it may hold anything.
std::optional<std::string> stat_fields(int pid) {
  const auto stat = read_file(cat("/proc/", pid, "/stat"));
  if (!stat) return std::nullopt;
  const std::size_t end = stat->rfind(')');
  if (end == std::string::npos || end + 2 > stat->size()) return std::nullopt;
  return stat->substr(end + 2);
}

std::string word(std::string_view text, int index) {
  for (; index > 0; --index) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return {};
    text.remove_prefix(space + 1);
  }
  return std::string(text.substr(0, text.find_first_of(" \n")));
}

}  // namespace

Result<Background> start_in_background(const std::vector<std::string>& arguments,
                                       const std::string& log_file, Duration patience) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return os_error("pipe", log_file);
  const Fd ready(ends[0]);
  Fd told(ends[1]);
  const Fd log(::open(log_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!log) return os_error("create", log_file);

  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, log.get(), 1);
  posix_spawn_file_actions_adddup2(&actions, log.get(), 2);
  posix_spawn_file_actions_adddup2(&actions, told.get(), 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return os_error("start", arguments[0], error);
  told.reset();  // The child's copy is the last: its end is seen as the end of the pipe.

  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::string line;
  while (!line.ends_with('\n')) {
    if (!wait_readable(ready.get(), deadline)) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
      return fail(ErrorKind::Timeout, cat("it did not become ready; its log is ", log_file));
    }
    char c = 0;
    if (retry([&] { return ::read(ready.get(), &c, 1); }) != 1) {
      ::waitpid(pid, nullptr, 0);
      std::string last = last_line_of(log_file);
      return fail(ErrorKind::InternalError,
                  last.empty() ? cat("it ended at once; its log is ", log_file) : std::move(last));
    }
    line += c;
  }
  line.pop_back();
  return Background{.pid = pid, .ready_line = std::move(line)};
}

std::optional<std::string> process_start_time(int pid) {
  const auto fields = stat_fields(pid);
  if (!fields || fields->starts_with('Z')) return std::nullopt;
  // proc(5): starttime is field 22, and `fields` begins with field 3.
  std::string ticks = word(*fields, 19);
  return ticks.empty() ? std::nullopt : std::optional(std::move(ticks));
}

bool stop_process(int pid, Duration patience) {
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) return true;
  ::kill(pid, SIGTERM);
  if (wait_readable(process.get(), std::chrono::steady_clock::now() + patience)) return true;
  ::kill(pid, SIGKILL);
  wait_readable(process.get(), std::chrono::steady_clock::now() + std::chrono::seconds(5));
  return false;
}

std::optional<ProcessUsage> process_usage(int pid) {
  const auto statm = read_file(cat("/proc/", pid, "/statm"));
  if (!statm) return std::nullopt;
  const auto pages = std::strtoull(word(*statm, 1).c_str(), nullptr, 10);
  return ProcessUsage{.resident_bytes = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))};
}

}  // namespace thole::real
