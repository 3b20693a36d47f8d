#pragma once
// What a command-line program needs of the process it runs in, and of others: its environment,
// small files, signals, and a server in the background. Blocking calls, for `cli` and `main` only.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thole/base/clock.hpp"
#include "thole/base/result.hpp"

namespace thole::real {

std::string own_path();                     // Of the running program.
std::string environment(const char* name);  // Empty when not set.
bool is_terminal(int fd);

// While it lives, INT and TERM do not end the process but `wait`. Make it before any thread is
// started: they inherit it. PIPE is ignored from then on.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  void wait();     // Returns at the first of them.
  void restore();  // From now on they end the process again.
};

// The whole file, at most 16 MiB. Fails with NotFound, or InternalError.
Result<std::string> read_file(const std::string& path);

// Writes through a file beside it and a rename, so that readers, and whoever comes after a crash,
// see the old or the new text. Symbolic links stay, and what they lead to is replaced.
Result<void> replace_file(const std::string& path, std::string_view text, unsigned mode);
Result<void> remove_file(const std::string& path);   // Fine when it is not there.
Result<void> make_folders(const std::string& path);  // With parents, 0700. Durable.

// Writes `line` and a newline, then closes the descriptor.
Result<void> write_line_and_close(int fd, std::string_view line);

struct Background {
  int pid = 0;
  std::string ready_line;  // What it wrote to its ready descriptor.
};

// Starts `arguments` (the program first) in a session of its own, with standard output and error
// going to `log_file`, and waits until it has written a line to descriptor 3. Fails with the last
// line of the log when the program ends before, and Timeout when it takes too long (it is ended).
Result<Background> start_in_background(const std::vector<std::string>& arguments,
                                       const std::string& log_file, Duration patience);

// Identifies a process for as long as the machine runs: its start time, in clock ticks since boot.
// Empty when there is no such process. A pid alone may be somebody else's by now.
std::optional<std::string> process_start_time(int pid);

// Sends TERM and waits for the end; KILL when that takes longer than `patience`. True when it ended
// by itself.
bool stop_process(int pid, Duration patience);

struct ProcessUsage {
  std::size_t resident_bytes = 0;
};
std::optional<ProcessUsage> process_usage(int pid);

// What this process has used and may use.
struct OwnUsage {
  std::uint64_t resident_bytes = 0;
  double cpu_seconds = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t descriptors_max = 0;
};
OwnUsage own_usage();

// Lets this process open as many descriptors as the system allows.
void raise_descriptor_limit();

}  // namespace thole::real
