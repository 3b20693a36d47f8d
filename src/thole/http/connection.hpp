#pragma once
// A Connection moves bytes between one ByteStream and the state machines of TLS and HTTP, runs
// the handler for each request, and keeps the time. One coroutine reads, one writes.
//
// Threads: its executor.

#include <memory>
#include <string>
#include <vector>

#include "thole/base/network.hpp"
#include "thole/base/signal.hpp"
#include "thole/http/session.hpp"
#include "thole/http/tls.hpp"

namespace thole::http {

class Connection final : public SessionHost, public std::enable_shared_from_this<Connection> {
 public:
  struct Options {
    std::shared_ptr<const TlsContext> tls;
    const Limits* limits = nullptr;
    message::Handler* handler = nullptr;
    std::shared_ptr<void> keep_alive;  // Owns `limits`.
    std::move_only_function<void(int)> on_stream_count;
    std::move_only_function<void(const Connection*)> on_end;  // Both coroutines have ended.
  };
  Connection(Options options, std::unique_ptr<ByteStream> stream, Executor& executor);
  ~Connection() override;

  void start();
  void begin_shutdown();
  void close();

  // SessionHost
  void on_request(StreamId stream, message::Request request) override;
  void on_output() override;
  void on_stream_count(int change) override { options_.on_stream_count(change); }
  TimePoint now() const override { return executor_.clock().now(); }
  std::string_view date() const override;

 private:
  class Upgraded;

  asio::awaitable<void> read_loop();
  asio::awaitable<void> write_loop();
  asio::awaitable<void> linger();
  static asio::awaitable<void> run_handler(std::shared_ptr<Connection> self, StreamId stream,
                                           message::Request request);
  asio::awaitable<void> run_upgrade(message::Upgrade upgrade, std::string unread);

  bool on_bytes(std::span<const std::byte> bytes);  // False: nothing more can be read.
  bool on_plain(std::span<const std::byte> plain);
  void choose_session(bool http2);
  void arm();
  void on_timer();
  void upgraded_wake();
  void end_one();

  Options options_;
  const Limits& limits_;
  std::unique_ptr<ByteStream> stream_;
  Executor& executor_;
  std::unique_ptr<TlsSession> tls_;
  std::unique_ptr<Session> session_;  // Null until the protocol is known.
  message::Peer peer_;
  std::string preface_;  // Clear text that may still become either protocol.

  Signal dirty_;     // There may be something to write.
  Signal readable_;  // The session wants input again, or the upgraded stream has some.
  bool shaken_ = false;
  bool closing_ = false;
  bool closed_ = false;
  bool input_ended_ = false;
  bool lingering_ = false;  // Everything is sent; the rest of the input is dropped.
  bool upgraded_ = false;
  Upgraded* upgraded_stream_ = nullptr;  // While the upgrade owns it.
  std::string plain_out_;
  std::string raw_out_;
  std::string upgrade_in_;

  std::unique_ptr<Timer> timer_;
  TimePoint armed_ = TimePoint::max();
  TimePoint phase_deadline_;  // Of the handshake, until the session rules.
  TimePoint write_deadline_ = TimePoint::max();
  int running_ = 0;
  mutable std::string date_;
  mutable std::int64_t date_second_ = -1;
};

}  // namespace thole::http
