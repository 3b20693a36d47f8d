#include "load/floor.hpp"

#include <utility>

#include "thole/codec/x509.hpp"
#include "thole/http/server.hpp"

namespace thole::load {
namespace {

class StaticHandler final : public message::Handler {
 public:
  Async<message::Response> handle(message::Request request) override {
    message::Response response;
    response.headers.add("content-type", "application/json");
    if (request.target == "/list") {
      response.body = list_;
    } else if (request.target == "/get") {
      response.body = get_;
    } else {
      response.body = "hello";
    }
    co_return response;
  }

 private:
  std::shared_ptr<const std::string> get_ = std::make_shared<const std::string>(1'300, 'g');
  std::shared_ptr<const std::string> list_ = std::make_shared<const std::string>(13'900'000, 'l');
};

}  // namespace

struct Floor::Parts {
  StaticHandler handler;
  std::unique_ptr<http::Server> server;
  Access access;
};

Floor::Floor(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Floor::~Floor() = default;
Access Floor::access() const { return parts_->access; }

Result<std::unique_ptr<Floor>> Floor::start(const Seams& seams, Executor& executor) {
  const WallTime now = seams.clock.wall();
  const codec::Validity validity = {now - std::chrono::hours(1), now + std::chrono::hours(24)};
  THOLE_TRY(const codec::KeyPair authority, codec::make_authority("floor", validity));
  THOLE_TRY(const codec::KeyPair pair, codec::make_leaf(authority, {.subject = {"floor", {}, {}},
                                                                    .names = {"127.0.0.1"},
                                                                    .validity = validity,
                                                                    .for_server = true}));
  auto parts = std::make_unique<Parts>();
  http::Server::Options options;
  THOLE_TRY(options.tls, http::TlsContext::for_server({pair.certificate_pem, pair.key_pem}));
  parts->server = std::make_unique<http::Server>(std::move(options), parts->handler,
                                                 std::vector<Executor*>{&executor});
  THOLE_TRY(std::unique_ptr<Listener> listener,
            seams.network.listen(Endpoint{"127.0.0.1:0"}, executor));
  parts->access.address = listener->local().text;
  parts->access.server_name = "127.0.0.1";
  parts->access.authorities_pem = authority.certificate_pem;
  parts->server->accept_from(std::move(listener), executor);
  return std::unique_ptr<Floor>(new Floor(std::move(parts)));
}

}  // namespace thole::load
