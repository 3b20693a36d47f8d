#include "load/target.hpp"

#include <array>
#include <utility>

#include "thole/base/text.hpp"

namespace thole::load {

using message::Source;

Target::Target(Network& network, Executor& executor, Access access)
    : network_(network), executor_(executor), access_(std::move(access)) {}

Result<void> Target::prepare() {
  if (!access_.tls) return {};
  THOLE_TRY(tls_, http::TlsContext::for_client({.authorities_pem = access_.authorities_pem,
                                                .certificate_pem = access_.certificate_pem,
                                                .key_pem = access_.key_pem,
                                                .verify_server = access_.verify}));
  return {};
}

Async<std::shared_ptr<http::Client>> Target::connect() {
  THOLE_CO_TRY(std::unique_ptr<ByteStream> stream,
               co_await network_.connect(Endpoint{access_.address}, executor_));
  co_return co_await http::Client::over(
      {.tls = tls_, .server_name = access_.server_name, .http2_prior_knowledge = true},
      std::move(stream), executor_);
}

Async<std::vector<std::shared_ptr<http::Client>>> Target::connect_all(std::size_t count) {
  std::vector<std::shared_ptr<http::Client>> clients;
  while (clients.size() < count) {
    THOLE_CO_TRY(std::shared_ptr<http::Client> client, co_await connect());
    clients.push_back(std::move(client));
  }
  co_return clients;
}

message::Request Target::request(std::string_view method, std::string target, std::string body,
                                 std::string_view content_type) const {
  message::Request request;
  request.method = method;
  request.target = std::move(target);
  request.headers.add("host", access_.address);
  request.headers.add("accept", "application/json");
  if (!access_.token.empty()) request.headers.add("authorization", cat("Bearer ", access_.token));
  if (!body.empty()) request.headers.add("content-type", std::string(content_type));
  request.body = std::move(body);
  return request;
}

Async<Answer> Target::ask(http::Client& client, message::Request request, Body body) const {
  THOLE_CO_TRY(message::Response response, co_await client.handle(std::move(request)));
  Answer answer{.status = response.status};
  if (body == Body::Keep) {
    THOLE_CO_TRY(answer.body, co_await http::read_body(executor_, response, 256u << 20));
    answer.size = answer.body.size();
    co_return answer;
  }
  Source& source = *std::get<std::unique_ptr<Source>>(response.body);
  Signal more(executor_);
  source.set_notify([&more] { more.notify(); });
  std::array<std::byte, 16 * 1024> buffer;
  for (;;) {
    const Source::Read read = source.read(buffer);
    answer.size += read.size;
    if (read.state == Source::State::End) break;
    if (read.state == Source::State::Abort) {
      co_return fail(ErrorKind::ServiceUnavailable, "the body was cut off");
    }
    if (read.state == Source::State::Again) co_await more.wait();
  }
  source.set_notify(nullptr);
  co_return answer;
}

void Group::start(asio::awaitable<void> task) {
  ++running_;
  spawn(executor_, "load", run(std::move(task)));
}

asio::awaitable<void> Group::run(asio::awaitable<void> task) {
  co_await std::move(task);
  if (--running_ == 0) ended_.notify();
}

asio::awaitable<void> Group::wait() {
  while (running_ > 0) co_await ended_.wait();
}

}  // namespace thole::load
