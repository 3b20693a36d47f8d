#pragma once
// An HTTP server: HTTP/2 and HTTP/1.1 on one port, over TLS (ALPN chooses) or in clear text (the
// first bytes choose). It takes connections from a Listener, gives each to the executor that has
// the least open, and calls one Handler, on that executor, for every request.
//
// Threads: `serve`, `accept_from` and `shutdown` may be called from any; a connection lives on its
// executor. The handler, the executors and the log outlive the server's connections; `shutdown`
// ends them all.

#include <memory>
#include <vector>

#include "thole/base/executor.hpp"
#include "thole/base/log.hpp"
#include "thole/base/network.hpp"
#include "thole/http/limits.hpp"
#include "thole/http/tls.hpp"
#include "thole/message/message.hpp"

namespace thole::http {

class Server {
 public:
  struct Options {
    std::shared_ptr<const TlsContext> tls;  // Null: clear text.
    Limits limits;
    Log* log = nullptr;  // Null: nothing is written.
  };

  // `executors`: where connections may live, at least one.
  Server(Options options, message::Handler& handler, std::vector<Executor*> executors);
  ~Server();  // Closes what is still open, without notice. Their coroutines end soon after.
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves every connection of `listener`, whose accepts run on `executor`, until shutdown.
  void accept_from(std::shared_ptr<Listener> listener, Executor& executor);

  // Serves one connection, which belongs to `owner`, one of the executors.
  void serve(std::unique_ptr<ByteStream> stream, Executor& owner);

  // No new connections and requests; endless bodies are asked to end; what is under way may finish
  // until `deadline`, then it is closed. Ends when no connection is left. Runs on `executor`.
  asio::awaitable<void> shutdown(Executor& executor, TimePoint deadline);

  std::size_t connection_count() const;
  std::size_t stream_count() const;

 private:
  struct Core;
  std::shared_ptr<Core> core_;
};

}  // namespace thole::http
