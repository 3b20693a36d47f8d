#include "thole/real/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "thole/base/text.hpp"
#include "thole/real/os.hpp"

namespace thole::real {
namespace {

constexpr std::size_t kFileBytesMax = 16u << 20;

sigset_t stop_set() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

Result<void> write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const auto count = retry([&] { return ::write(fd, text.data(), text.size()); });
    if (count < 0) return os_error("write", path);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

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

std::string own_path() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string("thole") : path.string();
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

StopSignals::StopSignals() {
  const sigset_t set = stop_set();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

StopSignals::~StopSignals() { restore(); }

void StopSignals::wait() {
  const sigset_t set = stop_set();
  int got = 0;
  ::sigwait(&set, &got);
}

void StopSignals::restore() {
  const sigset_t set = stop_set();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

Result<std::string> read_file(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return os_error("open", path);
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    const auto count = retry([&] { return ::read(fd.get(), buffer.data(), buffer.size()); });
    if (count < 0) return os_error("read", path);
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > kFileBytesMax) {
      return fail(ErrorKind::Invalid, cat(path, " is larger than 16 MiB"));
    }
  }
}

Result<void> replace_file(const std::string& path, std::string_view text, unsigned mode) {
  const std::string fresh = cat(path, ".", ::getpid(), ".new");
  {
    const Fd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!fd) return os_error("create", fresh);
    if (::fchmod(fd.get(), mode) != 0) return os_error("chmod", fresh);
    THOLE_CHECK(write_all(fd.get(), text, fresh));
    if (::fsync(fd.get()) != 0) return os_error("fsync", fresh);
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(fresh.c_str());
    return os_error("rename", path, error);
  }
  return {};
}

Result<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return os_error("remove", path);
  return {};
}

Result<void> make_folders(const std::string& path) {
  for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    const std::string folder = path.substr(0, at);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return os_error("mkdir", folder);
    if (at == std::string::npos) return {};
  }
}

Result<void> write_line_and_close(int fd, std::string_view line) {
  const Fd owned(fd);
  return write_all(fd, cat(line, "\n"), cat("descriptor ", fd));
}

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
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
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
  return ProcessUsage{.resident_bytes =
                          pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))};
}

}  // namespace thole::real
