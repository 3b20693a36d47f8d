#include "thole/http/connection.hpp"
#include "thole/http/keep.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "thole/base/text.hpp"

namespace thole::http {
namespace {

constexpr std::size_t read_size_min = 4 * 1024;  // What an idle connection keeps.
constexpr std::size_t read_size_max = 64 * 1024;
constexpr std::size_t plain_size = 16 * 1024;       // A TLS record.
constexpr std::size_t kept_buffer_max = 16 * 1024;  // Larger ones are given back after use.
constexpr std::size_t upgraded_unread_max = 64 * 1024;
constexpr std::size_t linger_bytes_max = 256 * 1024;
constexpr Duration linger_time = std::chrono::seconds(1);
constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::byte tls_handshake_record{0x16};

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

void clear_buffer(std::string& buffer) {
  if (buffer.capacity() > kept_buffer_max) {
    buffer = {};
  } else {
    buffer.clear();
  }
}

// IMF-fixdate (RFC 9110, 5.6.7).
std::string date_text(std::int64_t second) {
  const std::chrono::sys_seconds time{std::chrono::seconds(second)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  constexpr std::string_view days = "SunMonTueWedThuFriSat";
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto two = [](auto number) {
    const auto n = static_cast<unsigned>(number);
    return cat(n / 10, n % 10);
  };
  return cat(days.substr(std::chrono::weekday(day).c_encoding() * 3, 3), ", ",
             two(static_cast<unsigned>(date.day())), ' ',
             months.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3), ' ',
             static_cast<int>(date.year()), ' ', two(clock.hours().count()), ':',
             two(clock.minutes().count()), ':', two(clock.seconds().count()), " GMT");
}

}  // namespace

// What an upgrade gets: the connection's plain bytes, in both directions.
class Connection::Upgraded final : public ByteStream {
 public:
  explicit Upgraded(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  ~Upgraded() override {
    connection_->upgraded_stream_ = nullptr;
    close();
  }

  Async<std::size_t> read(std::span<std::byte> buffer) override {
    Connection& c = *connection_;
    while (c.upgrade_in_.empty()) {
      if (c.closed_) co_return fail(ErrorKind::Canceled, "the connection is closed");
      if (c.input_ended_) co_return 0;
      co_await readable_.wait();
    }
    const std::size_t count = std::min(buffer.size(), c.upgrade_in_.size());
    std::ranges::copy(bytes_of(c.upgrade_in_).first(count), buffer.begin());
    c.upgrade_in_.erase(0, count);
    c.readable_.notify();  // The reader may have been waiting for room.
    co_return count;
  }

  Async<void> write(std::span<const std::byte> bytes) override {
    Connection& c = *connection_;
    if (c.closed_) co_return fail(ErrorKind::Canceled, "the connection is closed");
    if (!c.tls_) co_return co_await c.stream_->write(bytes);
    while (!bytes.empty()) {
      const std::span piece = bytes.first(std::min(bytes.size(), c.limits_.write_bytes));
      bytes = bytes.subspan(piece.size());
      THOLE_CO_CHECK(c.tls_->encrypt(piece));
      c.raw_out_ = std::exchange(c.tls_->output(), {});
      THOLE_CO_CHECK(co_await c.stream_->write(bytes_of(c.raw_out_)));
    }
    co_return Result<void>();
  }

  void shutdown_write() override {
    if (!connection_->closed_ && !connection_->tls_) connection_->stream_->shutdown_write();
  }
  void close() override { connection_->close(); }
  Endpoint local() const override { return connection_->stream_->local(); }
  Endpoint remote() const override { return connection_->peer_.remote; }

  void wake() { readable_.notify(); }

 private:
  std::shared_ptr<Connection> connection_;
  Signal readable_{connection_->executor_};
};

Connection::Connection(Options options, std::unique_ptr<ByteStream> stream, Executor& executor)
    : options_(std::move(options)),
      limits_(*options_.limits),
      stream_(std::move(stream)),
      executor_(executor),
      dirty_(executor),
      readable_(executor),
      phase_deadline_(now() + limits_.handshake_timeout) {
  peer_.remote = stream_->remote();
  if (options_.tls) {
    peer_.tls = true;
    tls_ = std::make_unique<TlsSession>(options_.tls, "", executor.clock().wall());
  }
}

Connection::~Connection() = default;

void Connection::start() {
  running_ = 2;
  arm();
  spawn(executor_, "http.read", keep(shared_from_this(), &Connection::read_loop));
  spawn(executor_, "http.write", keep(shared_from_this(), &Connection::write_loop));
}

void Connection::begin_shutdown() {
  closing_ = true;
  if (session_) {
    session_->begin_shutdown();
  } else {
    close();
  }
}

void Connection::close() {
  if (std::exchange(closed_, true)) return;
  timer_.reset();
  dirty_.close();
  readable_.close();
  upgraded_wake();
  stream_->close();
  // What it cancels may call back, and finds no session any more.
  const std::unique_ptr<Session> gone = std::move(session_);
}

void Connection::upgraded_wake() {
  if (upgraded_stream_ != nullptr) upgraded_stream_->wake();
}

void Connection::end_one() {
  if (--running_ == 0) options_.on_end(this);
}

asio::awaitable<void> Connection::read_loop() {
  const auto self = shared_from_this();
  std::vector<std::byte> buffer(read_size_min);
  std::size_t dropped = 0;
  while (!closed_ && dropped < linger_bytes_max) {
    const bool wants = upgraded_ ? upgrade_in_.size() < upgraded_unread_max
                                 : lingering_ || !session_ || session_->wants_input();
    if (!wants) {
      co_await readable_.wait();
      continue;
    }
    const Result<std::size_t> count = co_await stream_->read(buffer);
    if (!count || *count == 0) break;
    if (closed_) break;
    if (lingering_) {
      dropped += *count;
      continue;
    }
    if (!on_bytes(std::span(buffer).first(*count))) break;
    arm();
    if (*count == buffer.size() && buffer.size() < read_size_max) {
      buffer = std::vector<std::byte>(buffer.size() * 4);
    }
  }
  input_ended_ = true;
  // A client that has sent its last byte waits for nothing; what it awaited is cancelled, except
  // what is already being written.
  if (upgraded_) {
    upgraded_wake();
  } else if (!closed_) {
    dirty_.notify();
  }
  end_one();
}

bool Connection::on_bytes(std::span<const std::byte> bytes) {
  if (!tls_) return on_plain(bytes);
  if (!shaken_ && preface_.empty()) {
    preface_ = "x";  // Only the first byte is looked at.
    if (bytes[0] != tls_handshake_record && bytes[0] >= std::byte{'A'} &&
        bytes[0] <= std::byte{'Z'}) {
      raw_out_ =
          "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
      return false;
    }
  }
  tls_->feed(bytes);
  if (!shaken_) {
    const Result<bool> complete = tls_->handshake();
    dirty_.notify();
    if (!complete) return false;
    if (!*complete) return true;
    shaken_ = true;
    peer_.certificates_der = tls_->peer_chain_der();
    choose_session(tls_->http2());
  }
  std::array<std::byte, plain_size> plain;
  while (!closed_) {
    const Result<TlsSession::Read> read = tls_->decrypt(plain);
    if (!read || read->state == TlsSession::State::End) return false;
    if (read->state == TlsSession::State::NeedsMore) return true;
    if (!on_plain(std::span(plain).first(read->size))) return false;
  }
  return false;
}

bool Connection::on_plain(std::span<const std::byte> plain) {
  if (upgraded_) {
    upgrade_in_.append(reinterpret_cast<const char*>(plain.data()), plain.size());
    upgraded_wake();
    return true;
  }
  if (session_) {
    if (!session_->receive(plain)) {
      dirty_.notify();
      return false;
    }
    return true;
  }
  // Clear text: a client with prior knowledge of HTTP/2 begins with its preface.
  preface_.append(reinterpret_cast<const char*>(plain.data()), plain.size());
  const std::size_t compared = std::min(preface_.size(), http2_preface.size());
  const bool same =
      std::string_view(preface_).substr(0, compared) == http2_preface.substr(0, compared);
  if (same && compared < http2_preface.size()) return true;
  choose_session(same);
  const std::string begin = std::exchange(preface_, {});
  return on_plain(bytes_of(begin));
}

void Connection::choose_session(bool http2) {
  session_ = http2 ? make_http2_session(*this, limits_) : make_http1_session(*this, limits_);
  phase_deadline_ = TimePoint::max();
  if (closing_) session_->begin_shutdown();
}

asio::awaitable<void> Connection::write_loop() {
  const auto self = shared_from_this();
  for (;;) {
    clear_buffer(plain_out_);
    if (session_) session_->produce(plain_out_, limits_.write_bytes);
    const bool more = plain_out_.size() >= limits_.write_bytes;
    if (!tls_) {
      raw_out_ += plain_out_;
    } else if (shaken_ && !plain_out_.empty() && !tls_->encrypt(bytes_of(plain_out_))) {
      break;
    }
    if (tls_) {
      raw_out_ += tls_->output();
      clear_buffer(tls_->output());
    }
    if (!raw_out_.empty()) {
      write_deadline_ = now() + limits_.write_timeout;
      arm();
      const Result<void> written = co_await stream_->write(bytes_of(raw_out_));
      write_deadline_ = TimePoint::max();
      clear_buffer(raw_out_);
      if (!written || closed_) break;
      if (more) continue;
    }
    if (session_) {
      std::string unread;
      if (message::Upgrade upgrade = session_->take_upgrade(unread)) {
        upgraded_ = true;
        timer_.reset();
        const std::unique_ptr<Session> gone = std::move(session_);
        co_await run_upgrade(std::move(upgrade), std::move(unread));
        break;
      }
      if (session_->wants_input()) readable_.notify();
      if (session_->done()) break;
    }
    if (input_ended_) break;
    arm();
    if (co_await dirty_.wait() == Signal::Outcome::Closed) break;
  }
  if (!closed_ && !upgraded_) co_await linger();
  close();
  end_one();
}

// A close with unread bytes would reset the connection, and with it the last answer.
asio::awaitable<void> Connection::linger() {
  if (tls_ && shaken_) {
    tls_->close_notify();
    const std::string last = std::exchange(tls_->output(), {});
    if (!last.empty()) {
      write_deadline_ = now() + linger_time;
      arm();
      const Result<void> written = co_await stream_->write(bytes_of(last));
      if (!written || closed_) co_return;
    }
  }
  stream_->shutdown_write();
  if (input_ended_) co_return;
  lingering_ = true;
  write_deadline_ = now() + linger_time;
  arm();
  readable_.notify();
  while (!closed_ && !input_ended_) co_await dirty_.wait();
}

asio::awaitable<void> Connection::run_upgrade(message::Upgrade upgrade, std::string unread) {
  upgrade_in_ = std::move(unread) + upgrade_in_;
  auto stream = std::make_unique<Upgraded>(shared_from_this());
  upgraded_stream_ = stream.get();
  readable_.notify();
  co_await upgrade(std::move(stream));
}

void Connection::on_request(StreamId stream, message::Request request) {
  request.peer = peer_;
  request.executor = &executor_;
  spawn(executor_, "http.request", run_handler(shared_from_this(), stream, std::move(request)));
}

// It starts later than it is spawned, so what keeps the connection alive is an argument.
asio::awaitable<void> Connection::run_handler(std::shared_ptr<Connection> self, StreamId stream,
                                              message::Request request) {
  Result<message::Response> response = co_await self->options_.handler->handle(std::move(request));
  if (self->closed_ || !self->session_) co_return;
  self->session_->respond(stream, response ? *std::move(response) : response_of(response.error()));
  self->arm();
}

void Connection::on_output() { dirty_.notify(); }

std::string_view Connection::date() const {
  const auto second =
      std::chrono::floor<std::chrono::seconds>(executor_.clock().wall()).time_since_epoch().count();
  if (second != date_second_) {
    date_second_ = second;
    date_ = date_text(second);
  }
  return date_;
}

// A timer that is set too early does no harm, so it is moved only when it would be too late:
// most requests then set none.
void Connection::arm() {
  if (closed_) return;
  const TimePoint wanted = std::min(
      {phase_deadline_, write_deadline_, session_ ? session_->deadline() : TimePoint::max()});
  if (wanted >= armed_ && timer_) return;
  if (wanted == TimePoint::max()) return;
  armed_ = wanted;
  timer_ = executor_.call_at(wanted, [this] { on_timer(); });
}

void Connection::on_timer() {
  const auto self = shared_from_this();
  armed_ = TimePoint::max();
  timer_.reset();
  const TimePoint time = now();
  if (time >= phase_deadline_ || time >= write_deadline_) return close();
  if (session_) session_->on_time(time);
  arm();
}

}  // namespace thole::http
