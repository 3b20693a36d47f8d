#include "thole/client/transport.hpp"

namespace thole::client {

Async<message::Response> InProcessTransport::send(message::Request request) {
  request.peer.remote = {"in-process"};
  request.peer.in_process = message::Peer::InProcess{user_.name, user_.groups};
  request.received = executor_.clock().now();
  if (!request.cancellation) request.cancellation = std::make_shared<message::Cancellation>();
  request.executor = &executor_;
  co_return co_await handler_.handle(std::move(request));
}

}  // namespace thole::client
