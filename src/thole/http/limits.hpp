#pragma once
// What a connection may cost. Every number has a test at it and one past it.

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "thole/base/clock.hpp"

namespace thole::http {

struct Limits {
  // One request.
  std::size_t body_bytes_max = 3 * 1024 * 1024;  // More sets Request.body_too_large.
  std::size_t header_bytes_max = 64 * 1024;      // More is answered with 431.

  // One connection.
  std::uint32_t streams_max = 100;
  std::size_t body_bytes_connection_max = 32 * 1024 * 1024;  // Of bodies not handed over yet.
  std::uint32_t stream_window_bytes = 256 * 1024;
  std::uint32_t connection_window_bytes = 1024 * 1024;
  std::size_t write_bytes = 256 * 1024;        // What is gathered before one write.
  std::size_t pipeline_bytes = 64 * 1024;      // HTTP/1.1: what is read ahead of an answer.
  std::uint64_t resets_burst = 10'000;         // Streams that the client may cancel at once,
  std::uint64_t resets_per_second = 1'000;     // and for how many a second it is forgiven.
  std::uint64_t control_frames_burst = 5'000;  // PING, SETTINGS, PRIORITY, empty DATA.
  std::uint64_t control_frames_per_second = 500;

  // All connections of a server.
  std::size_t connections_max = 20'000;

  Duration handshake_timeout = std::chrono::seconds(10);  // TLS.
  Duration header_timeout = std::chrono::seconds(32);     // From a request's first byte.
  Duration body_timeout = std::chrono::seconds(60);       // From the end of its headers.
  Duration write_timeout = std::chrono::seconds(60);      // One write, or one full window.
  Duration idle_timeout = std::chrono::seconds(90);       // Without an open request.
  Duration ping_after = std::chrono::seconds(30);         // HTTP/2: of silence, with open requests.
  Duration ping_timeout = std::chrono::seconds(15);
};

// Allows `burst` events at once and `per_second` over time.
class RateLimit {
 public:
  RateLimit(std::uint64_t burst, std::uint64_t per_second)
      : burst_(burst), per_second_(per_second), left_(burst) {}

  bool take(TimePoint now) {
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - refilled_);
    const auto fresh = static_cast<std::uint64_t>(passed.count()) * per_second_ / 1000;
    if (fresh > 0) {
      left_ = left_ + fresh > burst_ ? burst_ : left_ + fresh;
      refilled_ = now;
    }
    if (left_ == 0) return false;
    --left_;
    return true;
  }

 private:
  std::uint64_t burst_;
  std::uint64_t per_second_;
  std::uint64_t left_;
  TimePoint refilled_{};
};

}  // namespace thole::http
