#include "thole/http/server.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "thole/base/signal.hpp"
#include "thole/base/text.hpp"
#include "thole/http/connection.hpp"

namespace thole::http {
namespace {

constexpr Duration accept_retry = std::chrono::milliseconds(50);

}  // namespace

// Connections may outlive the Server by a few tasks, so what they share is kept by all of them.
struct Server::Core : std::enable_shared_from_this<Server::Core> {
  // What lives on one executor. `connections` is touched there only; the counts are read by all.
  struct Shard {
    Executor* executor = nullptr;
    std::vector<std::shared_ptr<Connection>> connections;
    std::atomic<std::size_t> connection_count = 0;
    std::atomic<std::size_t> stream_count = 0;
    bool closing = false;
  };

  Core(Options o, message::Handler& h, const std::vector<Executor*>& executors)
      : options(std::move(o)), handler(h) {
    for (Executor* executor : executors) {
      shards.push_back(std::make_unique<Shard>());
      shards.back()->executor = executor;
    }
  }

  // Relaxed: the counts only choose an executor, and a stale one chooses nearly as well.
  std::size_t total(std::atomic<std::size_t> Shard::* count) const {
    std::size_t sum = 0;
    for (const auto& shard : shards) sum += ((*shard).*count).load(std::memory_order_relaxed);
    return sum;
  }

  Shard& least_loaded() const {
    const auto load = [](const std::unique_ptr<Shard>& shard) {
      return shard->connection_count.load(std::memory_order_relaxed) +
             shard->stream_count.load(std::memory_order_relaxed);
    };
    return **std::ranges::min_element(shards, {}, load);
  }

  Shard& shard_of(const Executor& executor) const {
    const auto it =
        std::ranges::find(shards, &executor, [](const auto& shard) { return shard->executor; });
    THOLE_ASSERT(it != shards.end());
    return **it;
  }

  void begin(Shard& shard, std::unique_ptr<ByteStream> stream) {
    if (shard.closing) {
      shard.connection_count.fetch_sub(1, std::memory_order_relaxed);
      return;
    }
    const std::shared_ptr<Core> self = shared_from_this();
    Connection::Options o;
    o.tls = options.tls;
    o.limits = &options.limits;
    o.handler = &handler;
    o.keep_alive = self;
    o.on_stream_count = [&shard](int change) {
      shard.stream_count.fetch_add(static_cast<std::size_t>(change), std::memory_order_relaxed);
    };
    o.on_end = [self, &shard](const Connection* ended) {
      std::erase_if(shard.connections, [&](const auto& c) { return c.get() == ended; });
      shard.connection_count.fetch_sub(1, std::memory_order_relaxed);
      self->changed();
    };
    const auto connection =
        std::make_shared<Connection>(std::move(o), std::move(stream), *shard.executor);
    shard.connections.push_back(connection);
    connection->start();
  }

  // Release, as the waiter's load of the count is acquire: it may destroy what connections used.
  void changed() {
    if (const auto waiter = std::atomic_load(&waiting)) waiter->notify();
  }

  asio::awaitable<void> accept_loop(std::shared_ptr<Listener> listener, Executor& executor) {
    const std::shared_ptr<Core> self = shared_from_this();
    while (!stopping.load(std::memory_order_acquire)) {
      Shard& shard = least_loaded();
      Result<std::unique_ptr<ByteStream>> stream = co_await listener->accept(*shard.executor);
      if (!stream) {
        if (stream.error().kind == ErrorKind::Canceled) co_return;
        if (options.log != nullptr) {
          THOLE_LOG(*options.log, Warning, "http", "accept: ", stream.error().message);
        }
        co_await sleep_for(executor, accept_retry);  // Out of descriptors, most likely.
        continue;
      }
      hand_to(shard, *std::move(stream));
    }
  }

  void hand_to(Shard& shard, std::unique_ptr<ByteStream> stream) {
    const bool full = total(&Shard::connection_count) >= options.limits.connections_max;
    if (full && options.log != nullptr) {
      THOLE_LOG(*options.log, Warning, "http", "too many connections; one is turned away");
    }
    if (!full) shard.connection_count.fetch_add(1, std::memory_order_relaxed);
    // A stream belongs to its executor, also when it is only closed there.
    shard.executor->post(
        [self = shared_from_this(), &shard, full, stream = std::move(stream)]() mutable {
          if (!full) self->begin(shard, std::move(stream));
        });
  }

  void on_every_shard(void (*act)(Shard&)) {
    for (const auto& shard : shards) {
      shard->executor->post([self = shared_from_this(), &shard = *shard, act] { act(shard); });
    }
  }

  static void begin_shutdown(Shard& shard) {
    shard.closing = true;
    const auto connections = shard.connections;  // They leave the list when they end.
    for (const auto& connection : connections) connection->begin_shutdown();
  }

  static void close(Shard& shard) {
    shard.closing = true;
    const auto connections = shard.connections;
    for (const auto& connection : connections) connection->close();
  }

  Options options;
  message::Handler& handler;
  std::vector<std::unique_ptr<Shard>> shards;
  std::atomic<bool> stopping = false;
  std::shared_ptr<const Signal::Remote> waiting;  // Of shutdown. By std::atomic_load and _store.
  std::vector<std::pair<std::shared_ptr<Listener>, Executor*>> listeners;
};

Server::Server(Options options, message::Handler& handler, std::vector<Executor*> executors)
    : core_(std::make_shared<Core>(std::move(options), handler, executors)) {
  THOLE_ASSERT(!executors.empty());
}

Server::~Server() {
  core_->stopping.store(true, std::memory_order_release);
  for (const auto& [listener, executor] : core_->listeners) {
    executor->post([listener] { listener->close(); });
  }
  core_->on_every_shard(&Core::close);
}

void Server::accept_from(std::shared_ptr<Listener> listener, Executor& executor) {
  core_->listeners.emplace_back(listener, &executor);
  spawn(executor, "http.accept", core_->accept_loop(std::move(listener), executor));
}

void Server::serve(std::unique_ptr<ByteStream> stream, Executor& owner) {
  core_->hand_to(core_->shard_of(owner), std::move(stream));
}

asio::awaitable<void> Server::shutdown(Executor& executor, TimePoint deadline) {
  const std::shared_ptr<Core> core = core_;
  Signal ended(executor);
  std::atomic_store(&core->waiting, std::make_shared<const Signal::Remote>(ended.remote()));
  core->stopping.store(true, std::memory_order_release);
  for (const auto& [listener, owner] : core->listeners) {
    owner->post([listener] { listener->close(); });
  }
  core->on_every_shard(&Core::begin_shutdown);
  bool forced = false;
  while (core->total(&Core::Shard::connection_count) > 0) {
    const auto outcome = forced ? co_await ended.wait() : co_await ended.wait_until(deadline);
    if (outcome == Signal::Outcome::TimedOut) {
      forced = true;
      core->on_every_shard(&Core::close);
    }
  }
  std::atomic_store(&core->waiting, std::shared_ptr<const Signal::Remote>());
}

std::size_t Server::connection_count() const {
  return core_->total(&Core::Shard::connection_count);
}
std::size_t Server::stream_count() const { return core_->total(&Core::Shard::stream_count); }

}  // namespace thole::http
