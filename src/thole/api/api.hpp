#pragma once
// The Kubernetes API as a message::Handler: authenticates, authorizes, finds the resource, and
// hands the request to its verb. It knows neither sockets nor threads.
//
//   api::Api api(environment);
//   auto response = co_await api.handle(std::move(request));
//
// Threads: `handle` runs on request.executor, which is one of seams.io or seams.main; requests on
// different executors run at the same time and share only the store and counters. Construct and
// destroy it while no request runs.

#include <atomic>
#include <map>
#include <memory>

#include "thole/api/call.hpp"
#include "thole/api/environment.hpp"
#include "thole/api/openapi.hpp"
#include "thole/api/watch_hub.hpp"
#include "thole/message/message.hpp"

namespace thole::api {

class Api final : public message::Handler {
 public:
  explicit Api(Environment environment);
  ~Api() override;

  Async<message::Response> handle(message::Request request) override;

  // Any thread: /readyz fails from now on, and new requests but health checks get 503.
  void begin_shutdown();
  // Ends the watches of this executor cleanly. Called on it.
  void end_watches(Executor& executor);
  // A named part of /readyz that is not ready says why; an empty text means it is.
  void set_ready_check(std::string name, std::function<std::string()> check);

 private:
  struct PerExecutor {
    std::unique_ptr<Random> random;
    std::unique_ptr<WatchHub> hub;
  };

  Async<message::Response> serve(Call& call);
  Async<message::Response> serve_resource(Call& call);
  Async<message::Response> serve_path(Call& call);
  Async<message::Response> start_watch(Call& call);
  void finish(Call& call, message::Response& response);

  Environment environment_;
  OpenApiDocuments openapi_;
  std::map<Executor*, PerExecutor> executors_;
  std::atomic<int> reads_in_flight_ = 0;
  std::atomic<int> writes_in_flight_ = 0;
  std::atomic<bool> shutting_down_ = false;
  std::vector<std::pair<std::string, std::function<std::string()>>> ready_checks_;
};

}  // namespace thole::api
