#pragma once
// A server and its clients in one thread, over streams in memory, in virtual time. For tests and
// fuzzers of this layer.

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thole/base/signal.hpp"
#include "thole/base/test_executor.hpp"
#include "thole/base/text.hpp"
#include "thole/http/client.hpp"
#include "thole/http/server.hpp"
#include "thole/http/test_keys.hpp"

namespace thole::http {

// One end of a pair. Each direction holds at most 64 KiB, so a reader that stops is felt.
class MemoryStream final : public ByteStream {
 public:
  static constexpr std::size_t pipe_size = 64 * 1024;

  static std::pair<std::unique_ptr<MemoryStream>, std::unique_ptr<MemoryStream>> make_pair(
      Executor& executor) {
    auto one = std::make_shared<Pipe>(executor);
    auto other = std::make_shared<Pipe>(executor);
    return {std::unique_ptr<MemoryStream>(new MemoryStream(one, other)),
            std::unique_ptr<MemoryStream>(new MemoryStream(other, one))};
  }
  ~MemoryStream() override { close(); }

  Async<std::size_t> read(std::span<std::byte> buffer) override {
    const std::shared_ptr<Pipe> pipe = in_;
    while (pipe->bytes.empty() && !pipe->ended && !pipe->closed) co_await pipe->changed.wait();
    if (pipe->closed) co_return fail(ErrorKind::Canceled, "closed");
    const std::size_t count = std::min(buffer.size(), pipe->bytes.size());
    std::ranges::copy(std::as_bytes(std::span(pipe->bytes)).first(count), buffer.begin());
    pipe->bytes.erase(0, count);
    pipe->room.notify();
    co_return count;
  }
  Async<void> write(std::span<const std::byte> bytes) override {
    const std::shared_ptr<Pipe> pipe = out_;
    while (!bytes.empty()) {
      if (pipe->closed || pipe->ended) {
        co_return fail(ErrorKind::ServiceUnavailable, "broken pipe");
      }
      const std::size_t count = std::min(bytes.size(), pipe_size - pipe->bytes.size());
      if (count == 0) {
        co_await pipe->room.wait();
        continue;
      }
      pipe->bytes.append(reinterpret_cast<const char*>(bytes.data()), count);
      bytes = bytes.subspan(count);
      pipe->changed.notify();
    }
    co_return Result<void>();
  }
  void shutdown_write() override {
    out_->ended = true;
    out_->changed.notify();
  }
  void close() override {
    shutdown_write();
    in_->closed = true;
    in_->changed.notify();
    in_->room.notify();
    out_->room.notify();
  }
  Endpoint local() const override { return {"memory:1"}; }
  Endpoint remote() const override { return {"memory:2"}; }

  // For tests that speak the protocol themselves: what has arrived, and whether the end has.
  std::string take() {
    in_->room.notify();
    return std::exchange(in_->bytes, {});
  }
  bool at_end() const { return in_->bytes.empty() && in_->ended; }
  void put(std::string_view bytes) {
    out_->bytes += bytes;
    out_->changed.notify();
  }

 private:
  struct Pipe {
    explicit Pipe(Executor& executor) : changed(executor), room(executor) {}
    std::string bytes;
    bool ended = false;
    bool closed = false;
    Signal changed;
    Signal room;
  };
  MemoryStream(std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out)
      : in_(std::move(in)), out_(std::move(out)) {}
  std::shared_ptr<Pipe> in_;
  std::shared_ptr<Pipe> out_;
};

// A body of `size` bytes, made while it is sent; with size_max it never ends by itself.
class TestSource final : public message::Source {
 public:
  explicit TestSource(std::size_t size) : left_(size) {}
  ~TestSource() override {
    if (alive != nullptr) --*alive;
  }
  Read read(std::span<std::byte> buffer) override {
    if (aborted) return {State::Abort};
    if (!queue.empty()) {
      const std::size_t count = std::min(buffer.size(), queue.size());
      std::ranges::copy(std::as_bytes(std::span(queue)).first(count), buffer.begin());
      queue.erase(0, count);
      return {State::Data, count};
    }
    if (endless) return {ended ? State::End : State::Again};
    if (left_ == 0) return {State::End};
    const std::size_t count = std::min(buffer.size(), left_);
    std::ranges::fill(buffer.first(count), std::byte{'s'});
    left_ -= count;
    produced += count;
    return {State::Data, count};
  }
  void drain() override {
    ended = true;
    notify();
  }
  void push(std::string_view text) {
    queue += text;
    notify();
  }
  void abort() {
    aborted = true;
    notify();
  }

  int* alive = nullptr;
  bool endless = false;
  bool ended = false;
  bool aborted = false;
  std::string queue;
  std::size_t produced = 0;

 private:
  std::size_t left_;
};

// Answers by path; keeps what tests want to look at.
class TestHandler final : public message::Handler {
 public:
  explicit TestHandler(Executor& executor) : executor_(executor) {}

  Async<message::Response> handle(message::Request request) override {
    ++request_count;
    last_peer = request.peer;
    message::Response response;
    response.headers.add("content-type", "text/plain");
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (path == "/hello") {
      response.body = "hello";
    } else if (path == "/echo") {
      response.body = cat(request.method, ' ', request.body.size(), ' ',
                          request.body_too_large ? "too large" : "fits");
    } else if (path == "/back") {
      response.body = std::move(request.body);
    } else if (path == "/large") {
      response.body = std::make_unique<TestSource>(10'000'000);
    } else if (path == "/shared") {
      response.body = std::make_shared<const std::string>(1'000'000, 'x');
    } else if (path == "/watch") {
      auto source = std::make_unique<TestSource>(0);
      source->endless = true;
      source->alive = &watch_count;
      ++watch_count;
      watches.push_back(source.get());
      response.body = std::move(source);
    } else if (path == "/slow") {
      request.cancellation->on_fire([this] { ++cancelled_count; });
      co_await sleep_for(executor_, std::chrono::seconds(20));
      request.cancellation->on_fire(nullptr);
      response.body = "slow";
    } else if (path == "/fail") {
      co_return fail(ErrorKind::InternalError, "it broke");
    } else if (path == "/upgrade") {
      response.status = 101;
      response.headers.add("upgrade", "echo");
      response.headers.add("connection", "Upgrade");
      response.body = message::Upgrade(&TestHandler::echo);
    } else if (path == "/none") {
      response.status = 204;
    } else {
      response.status = 404;
      response.body = "no";
    }
    co_return response;
  }

  static asio::awaitable<void> echo(std::unique_ptr<ByteStream> stream) {
    std::array<std::byte, 1000> buffer;
    for (;;) {
      const auto count = co_await stream->read(buffer);
      if (!count || *count == 0) co_return;
      if (!co_await stream->write(std::span(buffer).first(*count))) co_return;
    }
  }

  int request_count = 0;
  int cancelled_count = 0;
  int watch_count = 0;
  std::vector<TestSource*> watches;
  message::Peer last_peer;

 private:
  Executor& executor_;
};

class TestWorld {
 public:
  enum class Security { ClearText, Tls };
  explicit TestWorld(Security security = Security::ClearText, Limits limits = {})
      : tls_(security == Security::Tls), handler(executor) {
    Server::Options options;
    options.limits = limits;
    if (tls_) {
      options.tls =
          TlsContext::for_server({test_keys::server_certificate, test_keys::server_key}).value();
    }
    server =
        std::make_unique<Server>(std::move(options), handler, std::vector<Executor*>{&executor});
  }
  ~TestWorld() {
    clients.clear();
    server.reset();
    executor.run_ready();
    executor.drop_everything();
  }

  std::unique_ptr<MemoryStream> connect_raw() {
    auto [ours, theirs] = MemoryStream::make_pair(executor);
    server->serve(std::move(theirs), executor);
    return std::move(ours);
  }

  // The answer to raw bytes, without letting time pass.
  std::string exchange(MemoryStream& stream, std::string_view bytes) {
    stream.put(bytes);
    std::string answer;
    for (;;) {
      executor.run_ready();
      const std::string more = stream.take();
      if (more.empty()) return answer;
      answer += more;
    }
  }

  Result<Client*> connect(bool http2, std::string certificate = {}, std::string key = {}) {
    Client::Options options;
    options.server_name = "localhost";
    options.http2_prior_knowledge = http2;
    if (tls_) {
      options.tls = TlsContext::for_client(
                        {test_keys::authority, std::move(certificate), std::move(key), http2})
                        .value();
    }
    Result<std::shared_ptr<Client>> made = fail(ErrorKind::Timeout, "still connecting");
    run([](auto o, auto stream, Executor& e, auto& result) -> asio::awaitable<void> {
      result = co_await Client::over(std::move(o), std::move(stream), e);
    }(std::move(options), connect_raw(), executor, made));
    if (!made) return std::unexpected(made.error());
    clients.push_back(*made);
    return clients.back().get();
  }

  static message::Request get(std::string target) {
    message::Request request;
    request.method = "GET";
    request.target = std::move(target);
    return request;
  }
  static message::Request post(std::string target, std::string body) {
    message::Request request = get(std::move(target));
    request.method = "POST";
    request.body = std::move(body);
    return request;
  }

  // "200 hello", or "error: ...".
  std::string ask(Client& client, message::Request request) {
    std::string answer = "no answer";
    start(client, std::move(request), answer);
    executor.run_ready();
    return answer;
  }
  // The same, written to `answer` when it is there.
  void start(Client& client, message::Request request, std::string& answer) {
    spawn(executor, "ask", ask_into(client, std::move(request), answer));
  }
  void run(asio::awaitable<void> task) {
    spawn(executor, "test", std::move(task));
    executor.run_ready();
  }

 private:
  asio::awaitable<void> ask_into(Client& client, message::Request request, std::string& answer) {
    Result<message::Response> response = co_await client.handle(std::move(request));
    if (!response) {
      answer = cat("error: ", response.error().message);
      co_return;
    }
    const int status = response->status;
    const Result<std::string> body = co_await read_body(executor, *response, 100'000'000);
    answer = cat(status, ' ', body ? *body : body.error().message);
  }

  bool tls_;

 public:
  TestExecutor executor;
  TestHandler handler;
  std::unique_ptr<Server> server;
  std::vector<std::shared_ptr<Client>> clients;
};

}  // namespace thole::http
