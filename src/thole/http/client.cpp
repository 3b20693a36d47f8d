#include "thole/http/client.hpp"
#include "thole/http/keep.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "thole/http/client_session.hpp"

namespace thole::http {
namespace {

using message::Source;

constexpr std::size_t read_size = 64 * 1024;
constexpr std::size_t plain_size = 16 * 1024;
constexpr std::size_t write_size = 256 * 1024;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

class Client::Core final : public std::enable_shared_from_this<Client::Core> {
 public:
  Core(Options options, std::unique_ptr<ByteStream> stream, Executor& executor)
      : options_(std::move(options)),
        stream_(std::move(stream)),
        executor_(executor),
        dirty_(executor),
        readable_(executor) {}

  // Runs before the loops, so it may use the stream alone.
  Async<void> open() {
    if (!options_.tls) {
      choose_session(options_.http2_prior_knowledge);
      co_return Result<void>();
    }
    tls_ =
        std::make_unique<TlsSession>(options_.tls, options_.server_name, executor_.clock().wall());
    std::array<std::byte, 4096> buffer;
    for (;;) {
      const Result<bool> complete = tls_->handshake();
      const std::string output = std::exchange(tls_->output(), {});
      if (!output.empty()) THOLE_CO_CHECK(co_await stream_->write(bytes_of(output)));
      if (!complete) co_return std::unexpected(complete.error());
      if (*complete) break;
      THOLE_CO_TRY(const std::size_t count, co_await stream_->read(buffer));
      if (count == 0) co_return fail(ErrorKind::ServiceUnavailable, "closed in the TLS handshake");
      tls_->feed(std::span(buffer).first(count));
    }
    choose_session(tls_->http2());
    co_return Result<void>();
  }

  void start() {
    spawn(executor_, "http.client.read", keep(shared_from_this(), &Core::read_loop));
    spawn(executor_, "http.client.write", keep(shared_from_this(), &Core::write_loop));
  }

  void close(std::string_view why) {
    if (std::exchange(closed_, true)) return;
    session_->end(Error{ErrorKind::ServiceUnavailable, std::string(why), nullptr, 0});
    dirty_.close();
    readable_.close();
    stream_->close();
  }

  void submit(const std::shared_ptr<Exchange>& exchange) {
    session_->submit(exchange);
    dirty_.notify();
  }
  void on_read(Exchange& exchange, std::size_t size) {
    if (closed_) return;
    session_->on_read(exchange, size);
    readable_.notify();
    dirty_.notify();
  }
  void cancel(Exchange& exchange) {
    if (closed_) return;
    session_->cancel(exchange);
    dirty_.notify();
    if (!session_->usable() && !http2_) close("a request was cancelled");
  }

  bool usable() const { return !closed_ && session_->usable(); }
  bool http2() const { return http2_; }
  Executor& executor() { return executor_; }
  const std::string& server_name() const { return options_.server_name; }

 private:
  void choose_session(bool http2) {
    http2_ = http2;
    session_ = http2 ? make_http2_client(options_.header_bytes_max, tls_ != nullptr)
                     : make_http1_client(options_.header_bytes_max);
  }

  asio::awaitable<void> read_loop() {
    const auto self = shared_from_this();
    std::vector<std::byte> buffer(read_size);
    std::string why = "the server closed the connection";
    // The handshake may have brought the first records already.
    Result<bool> more = tls_ ? take_plain() : true;
    while (more && *more && !closed_) {
      if (!session_->wants_input()) {
        co_await readable_.wait();
        continue;
      }
      const Result<std::size_t> count = co_await stream_->read(buffer);
      if (closed_) co_return;
      if (!count) why = count.error().message;
      if (!count || *count == 0) break;
      more = take(std::span(buffer).first(*count));
      dirty_.notify();
    }
    if (closed_) co_return;
    if (!more) why = more.error().message;
    session_->on_input_end();
    close(why);
  }

  Result<bool> take(std::span<const std::byte> bytes) {
    if (tls_) {
      tls_->feed(bytes);
      return take_plain();
    }
    THOLE_CHECK(session_->receive(bytes));
    return true;
  }

  Result<bool> take_plain() {
    std::array<std::byte, plain_size> plain;
    for (;;) {
      THOLE_TRY(const TlsSession::Read read, tls_->decrypt(plain));
      if (read.state == TlsSession::State::End) return false;
      if (read.state == TlsSession::State::NeedsMore) return true;
      THOLE_CHECK(session_->receive(std::span(plain).first(read.size)));
    }
  }

  asio::awaitable<void> write_loop() {
    const auto self = shared_from_this();
    while (!closed_) {
      plain_out_.clear();
      session_->produce(plain_out_, write_size);
      if (tls_) {
        if (!plain_out_.empty() && !tls_->encrypt(bytes_of(plain_out_))) break;
        raw_out_ = std::exchange(tls_->output(), {});
      } else {
        std::swap(raw_out_, plain_out_);
      }
      if (raw_out_.empty()) {
        if (co_await dirty_.wait() == Signal::Outcome::Closed) break;
        continue;
      }
      const Result<void> written = co_await stream_->write(bytes_of(raw_out_));
      raw_out_.clear();
      if (!written) break;
    }
    close("writing failed");
  }

  Options options_;
  std::unique_ptr<ByteStream> stream_;
  Executor& executor_;
  std::unique_ptr<TlsSession> tls_;
  std::unique_ptr<ClientSession> session_;
  bool http2_ = false;
  bool closed_ = false;
  Signal dirty_;
  Signal readable_;
  std::string plain_out_;
  std::string raw_out_;
};

namespace {

// A response's body as it arrives. Its owner may drop it at any time, and so cancel the request.
template <typename Core>
class ArrivingBody final : public Source {
 public:
  ArrivingBody(std::shared_ptr<Core> core, std::shared_ptr<Exchange> exchange)
      : core_(std::move(core)), exchange_(std::move(exchange)) {
    exchange_->on_body = [this] { notify(); };
  }
  ~ArrivingBody() override {
    exchange_->on_body = nullptr;
    if (exchange_->request.cancellation) exchange_->request.cancellation->on_fire(nullptr);
    if (!exchange_->ended && !exchange_->error) core_->cancel(*exchange_);
  }

  Read read(std::span<std::byte> buffer) override {
    Exchange& e = *exchange_;
    const std::size_t count = std::min(buffer.size(), e.body.size() - e.read);
    if (count > 0) {
      std::memcpy(buffer.data(), e.body.data() + e.read, count);
      e.read += count;
      if (e.read == e.body.size()) {
        e.body.clear();
        e.read = 0;
      }
      if (!e.error) core_->on_read(e, count);
      return {State::Data, count};
    }
    if (e.error) return {State::Abort};
    return {e.ended ? State::End : State::Again};
  }

 private:
  std::shared_ptr<Core> core_;
  std::shared_ptr<Exchange> exchange_;
};

}  // namespace

Client::Client(std::shared_ptr<Core> core) : core_(std::move(core)) {}

Client::~Client() { core_->close("the client was closed"); }

Async<std::shared_ptr<Client>> Client::over(Options options, std::unique_ptr<ByteStream> stream,
                                            Executor& executor) {
  auto core = std::make_shared<Core>(std::move(options), std::move(stream), executor);
  THOLE_CO_CHECK(co_await core->open());
  core->start();
  co_return std::shared_ptr<Client>(new Client(std::move(core)));
}

Async<message::Response> Client::handle(message::Request request) {
  const std::shared_ptr<Core> core = core_;
  if (!core->usable()) co_return fail(ErrorKind::ServiceUnavailable, "the connection is closed");
  const auto exchange = std::make_shared<Exchange>(core->executor());
  exchange->request = std::move(request);
  if (!exchange->request.headers.has("host")) {
    exchange->request.headers.add("host", core->server_name());
  }
  if (const auto& cancellation = exchange->request.cancellation) {
    cancellation->on_fire([weak = std::weak_ptr(exchange), core] {
      const auto cancelled = weak.lock();
      if (!cancelled || cancelled->ended || cancelled->error) return;
      core->cancel(*cancelled);
      cancelled->fail_with(Error{ErrorKind::Canceled, "the request was cancelled", nullptr, 0});
    });
  }
  core->submit(exchange);
  while (!exchange->has_head && !exchange->error) co_await exchange->answered.wait();
  if (!exchange->has_head) co_return fail(*exchange->error);
  message::Response response;
  response.status = exchange->status;
  response.headers = std::move(exchange->headers);
  response.body = std::make_unique<ArrivingBody<Core>>(core, exchange);
  co_return response;
}

bool Client::usable() const { return core_->usable(); }
bool Client::http2() const { return core_->http2(); }

Async<std::string> read_body(Executor& executor, message::Response& response,
                             std::size_t size_max) {
  if (auto* text = std::get_if<std::string>(&response.body)) co_return std::move(*text);
  if (auto* shared = std::get_if<std::shared_ptr<const std::string>>(&response.body)) {
    co_return **shared;
  }
  auto* const source = std::get_if<std::unique_ptr<Source>>(&response.body);
  if (source == nullptr) co_return std::string();
  Signal more(executor);
  (*source)->set_notify([&more] { more.notify(); });
  std::string body;
  std::size_t size = 0;
  for (;;) {
    if (body.size() == size) body.resize(size + std::max<std::size_t>(plain_size, size));
    const Source::Read read =
        (*source)->read(std::as_writable_bytes(std::span(body.data() + size, body.size() - size)));
    size += read.size;
    if (size > size_max) co_return fail(ErrorKind::RequestEntityTooLarge, "the body is too large");
    if (read.state == Source::State::Abort) {
      co_return fail(ErrorKind::ServiceUnavailable, "the body was cut off");
    }
    if (read.state == Source::State::End) break;
    if (read.state == Source::State::Again) co_await more.wait();
  }
  (*source)->set_notify(nullptr);
  body.resize(size);
  co_return body;
}

}  // namespace thole::http
