#pragma once
// Small things that every file of this layer needs around a system call.

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "thole/base/result.hpp"

namespace thole::real {

// A file descriptor with one owner, closed on exec.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

// The operating system's words for `error`, an errno.
std::string words_of(int error);

// "write /data/log: No space left on device". NotFound for ENOENT, otherwise InternalError.
std::unexpected<Error> os_error(std::string_view what, std::string_view path, int error = errno);

// Repeats `call` while a signal interrupts it.
template <typename Call>
auto retry(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

}  // namespace thole::real
