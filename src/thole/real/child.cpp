// The part of process.hpp that is about other processes.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "thole/base/text.hpp"
#include "thole/real/process.hpp"

namespace thole::real {
namespace {

using Milliseconds = std::chrono::milliseconds;

// What is left of `timeout` since `begin`, for poll().
int left_of(Milliseconds timeout, std::chrono::steady_clock::time_point begin) {
  const auto passed = std::chrono::steady_clock::now() - begin;
  return static_cast<int>(
      std::max<Milliseconds::rep>(0, std::chrono::ceil<Milliseconds>(timeout - passed).count()));
}

// Between fork and exec of a process with threads only plain system calls are safe: no memory is
// asked for, nothing is locked.
[[noreturn]] void become(char* const* arguments, int log, int ready) {
  ::setsid();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY);
  // First up and out of the way of the numbers that are about to be filled.
  const int log_high = ::fcntl(log, F_DUPFD, 10);
  const int ready_high = ::fcntl(ready, F_DUPFD, 10);
  ::dup2(nothing, 0);
  ::dup2(log_high, 1);
  ::dup2(log_high, 2);
  ::dup2(ready_high, DetachedChild::kReadyFd);
  ::syscall(SYS_close_range, DetachedChild::kReadyFd + 1, ~0u, 0);
  ::execv(arguments[0], arguments);
  ::_exit(127);
}

}  // namespace

Result<DetachedChild> DetachedChild::start(std::vector<std::string> arguments,
                                           const std::string& log_path) {
  THOLE_ASSERT(!arguments.empty());
  const Fd log(::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!log) return os_error("open", log_path);
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return os_error("make a pipe for", arguments[0]);
  Fd ready(ends[0]);
  const Fd childs(ends[1]);

  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return os_error("start", arguments[0]);
  if (pid == 0) become(pointers.data(), log.get(), childs.get());
  return DetachedChild(pid, std::move(ready));
}

Result<std::string> DetachedChild::wait_ready(Milliseconds timeout) {
  const auto begin = std::chrono::steady_clock::now();
  std::string line;
  for (;;) {
    pollfd poll{.fd = ready_.get(), .events = POLLIN, .revents = 0};
    const int count = ::poll(&poll, 1, left_of(timeout, begin));
    if (count == 0) {
      return fail(ErrorKind::Timeout, cat("process ", pid_, " isn't ready after ", timeout.count(),
                                          " ms; it goes on trying"));
    }
    char byte = 0;
    const auto got = count < 0 ? 1 : retry([&] { return ::read(ready_.get(), &byte, 1); });
    if (count < 0) continue;  // A signal came.
    if (got <= 0) {
      return fail(ErrorKind::ServiceUnavailable,
                  cat("process ", pid_, " ended before it was ready"));
    }
    if (byte == '\n') return line;
    if (line.size() < 4096) line += byte;
  }
}

bool wait_for_exit(int pid, Milliseconds timeout) {
  const auto begin = std::chrono::steady_clock::now();
  ::waitpid(pid, nullptr, WNOHANG);  // If it is a child of this process, and has ended.
  const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!handle) return errno == ESRCH;
  pollfd poll{.fd = handle.get(), .events = POLLIN, .revents = 0};
  int count = -1;
  do {
    count = ::poll(&poll, 1, left_of(timeout, begin));
  } while (count < 0 && errno == EINTR);
  ::waitpid(pid, nullptr, WNOHANG);
  return count > 0;
}

}  // namespace thole::real
