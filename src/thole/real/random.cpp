#include "thole/real/random.hpp"

#include <string.h>
#include <sys/random.h>

#include <algorithm>

#include "thole/real/os.hpp"

namespace thole::real {
namespace {

void ask_kernel(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const auto got = retry([&] { return ::getrandom(bytes.data(), bytes.size(), 0); });
    THOLE_ASSERT(got > 0);
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace

OsRandom::~OsRandom() { ::explicit_bzero(buffer_.data(), buffer_.size()); }

std::uint64_t OsRandom::next() {
  std::uint64_t value = 0;
  fill(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

void OsRandom::fill(std::span<std::byte> bytes) {
  if (bytes.size() > buffer_.size()) return ask_kernel(bytes);
  if (bytes.size() > buffer_.size() - used_) {
    ask_kernel(buffer_);
    used_ = 0;
  }
  const auto from = std::span(buffer_).subspan(used_, bytes.size());
  std::ranges::copy(from, bytes.begin());
  ::explicit_bzero(from.data(), from.size());
  used_ += bytes.size();
}

std::unique_ptr<Random> OsRandom::fork(std::string_view) { return std::make_unique<OsRandom>(); }

}  // namespace thole::real
