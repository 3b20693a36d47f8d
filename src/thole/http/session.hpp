#pragma once
// One HTTP connection as the server sees it, as a state machine: bytes go in, requests come out;
// responses go in, bytes come out. It performs no I/O and starts no coroutine; a Connection
// (server.cpp) moves the bytes, runs the handler and keeps the time.
//
// Threads: the connection's executor. Nothing here calls back into the session from a callback
// of SessionHost, except `respond`, which may be called at any time.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "thole/base/clock.hpp"
#include "thole/base/result.hpp"
#include "thole/http/limits.hpp"
#include "thole/message/message.hpp"

namespace thole::http {

using StreamId = std::uint32_t;

// What a session asks of its connection.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  // A request is complete; its answer goes to `respond`. Peer, cancellation and the like are set.
  virtual void on_request(StreamId stream, message::Request request) = 0;
  virtual void on_output() = 0;  // There may be something to produce.
  virtual void on_stream_count(int change) = 0;
  virtual TimePoint now() const = 0;
  virtual std::string_view date() const = 0;  // For the header of that name.
};

class Session {
 public:
  virtual ~Session() = default;  // Fires the cancellation of every open request.

  // An error ends the connection, after what can still be produced was sent.
  virtual Result<void> receive(std::span<const std::byte> bytes) = 0;
  // Whether `receive` may be called: false holds a client back that sends ahead of its answers.
  virtual bool wants_input() const = 0;
  // Appends what is to be sent, about `size` bytes at most.
  virtual void produce(std::string& output, std::size_t size) = 0;
  // Whether nothing more will come in or go out.
  virtual bool done() const = 0;

  // A response to a stream that is gone is dropped.
  virtual void respond(StreamId stream, message::Response response) = 0;

  // No new requests; endless bodies are asked to end; done() when the open ones are answered.
  virtual void begin_shutdown() = 0;

  // When `on_time` wants to be called, at the latest. It may find nothing to do.
  virtual TimePoint deadline() const = 0;
  virtual void on_time(TimePoint now) = 0;

  // After a 101: the function that takes over, once, and the bytes that came behind the request.
  virtual message::Upgrade take_upgrade(std::string& /*unread*/) { return nullptr; }
};

std::unique_ptr<Session> make_http1_session(SessionHost& host, const Limits& limits);
std::unique_ptr<Session> make_http2_session(SessionHost& host, const Limits& limits);

// The answer that stands for an Error which left a handler.
message::Response response_of(const Error& error);

}  // namespace thole::http
