#pragma once
// What a command needs of the OS around the process itself: small files, background children,
// signals, the environment. All of it blocks. For servers' data there is the Disk seam.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thole/base/executor.hpp"
#include "thole/real/os.hpp"

namespace thole::real {

// The whole file, at most `size_max` bytes; a larger one fails. NotFound when it isn't there.
Result<std::string> read_file(const std::string& path, std::size_t size_max = 16 << 20);

// Replaces the file by `bytes`, or leaves it as it was: readers and a crash see one or the other.
// The mode is given whether the file was there or not. Symbolic links are followed.
Result<void> write_file(const std::string& path, std::string_view bytes, unsigned mode = 0600);

Result<void> remove_file(const std::string& path);  // Fine when it isn't there.
// With parents, 0700; fine if there. Durable when it returns.
Result<void> make_folders(const std::string& path);
bool file_exists(const std::string& path);

// Of the environment; nothing when it is unset or empty.
std::optional<std::string> environment(const std::string& name);
// $HOME, or the user database's.
std::string home_folder();
std::string current_folder();
std::string host_name();
// This program's file.
std::string executable_path();
int process_id();

// Writes all of `text` to a descriptor such as --ready-fd's or standard output.
Result<void> write_all(int fd, std::string_view text);

// A program started in the background, in a session of its own, so that closing the terminal
// doesn't end it. Its standard output and error go to `log_path`, which is appended to (0600).
class DetachedChild {
 public:
  // `arguments[0]` is the program's path. The child finds a pipe at kReadyFd.
  static constexpr int kReadyFd = 3;
  static Result<DetachedChild> start(std::vector<std::string> arguments,
                                     const std::string& log_path);

  int pid() const { return pid_; }
  // The first line that the child writes to kReadyFd, without its end. Timeout when it takes
  // longer, ServiceUnavailable when it ended before.
  Result<std::string> wait_ready(std::chrono::milliseconds timeout);

 private:
  DetachedChild(int pid, Fd ready) : pid_(pid), ready_(std::move(ready)) {}
  int pid_;
  Fd ready_;
};

// Whether a process of that id exists, other people's and unlike programs included.
bool process_alive(int pid);
// The file that it runs, when that can be known.
std::optional<std::string> executable_of(int pid);
// NotFound when there is no such process.
Result<void> send_signal(int pid, int signal);
// False when it is still there after `timeout`.
bool wait_for_exit(int pid, std::chrono::milliseconds timeout);

struct Usage {
  std::uint64_t resident_bytes = 0;
  double cpu_seconds = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t descriptors_max = 0;
};
Usage usage();

// Lets this process open as many descriptors as the system allows.
void raise_descriptor_limit();

// Turns SIGTERM and SIGINT into calls of `on_signal` on `loop`'s thread, each time one arrives.
// Made before any thread is started, because it blocks these signals for all threads made later;
// its destructor unblocks them for its own.
class ProcessSignals {
 public:
  ProcessSignals(Executor& loop, std::function<void(int signal)> on_signal);
  ~ProcessSignals();
  ProcessSignals(const ProcessSignals&) = delete;
  ProcessSignals& operator=(const ProcessSignals&) = delete;
};

}  // namespace thole::real
