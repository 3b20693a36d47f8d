#include "thole/server/server.hpp"

#include <future>
#include <optional>

#include "thole/base/text.hpp"
#include "thole/real/clock.hpp"
#include "thole/real/log.hpp"
#include "thole/real/world.hpp"
#include "thole/server/control_plane.hpp"
#include "thole/server/kubeconfig.hpp"

namespace thole::server {
namespace {

// Runs `task` on `executor`, which belongs to another thread, and waits for its result.
template <typename T>
Result<T> run_and_wait(Executor& executor, std::string_view name, Async<T> task) {
  std::promise<Result<T>> promise;
  auto future = promise.get_future();
  spawn(executor, name,
        [](Async<T> inner, std::promise<Result<T>> kept) -> asio::awaitable<void> {
          kept.set_value(co_await std::move(inner));
        }(std::move(task), std::move(promise)));
  return future.get();
}

}  // namespace

struct Server::Impl {
  explicit Impl(Options given)
      : options(std::move(given)),
        log(clock, options.log_level),
        world({.io_thread_count = options.io_threads}, log) {}

  Result<void> start(std::optional<ControlPlane::Origin> origin) {
    world.start();
    const Seams seams = world.seams();
    plane = std::make_unique<ControlPlane>(seams, options);
    auto started = origin ? run_and_wait(seams.main, "start", plane->start(std::move(*origin)))
                          : run_and_wait(seams.main, "start", plane->start());
    if (!started) stop();
    return started;
  }

  void stop() {
    if (!plane) return;
    const Seams seams = world.seams();
    if (const auto stopped = run_and_wait(seams.main, "stop", plane->stop()); !stopped) {
      THOLE_LOG(log, Error, "server", "stopping: ", stopped.error().message);
    }
    // The threads end first: nothing runs any more when the parts go.
    world.stop();
    plane.reset();
  }

  Options options;
  real::SystemClock clock;
  real::StderrLog log;
  real::World world;
  std::unique_ptr<ControlPlane> plane;
};

Server::Server(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Server::~Server() { stop(); }

Result<void> Server::start() { return impl_->start(std::nullopt); }

void Server::stop() { impl_->stop(); }

Result<std::unique_ptr<Server>> Server::fork(Options options) {
  THOLE_ASSERT(impl_->plane != nullptr);
  THOLE_TRY(ControlPlane::Origin origin, run_and_wait(impl_->world.seams().main, "fork",
                                                      impl_->plane->fork(options.data)));
  auto forked = std::make_unique<Server>(std::move(options));
  THOLE_CHECK(forked->impl_->start(std::move(origin)));
  return forked;
}

std::string Server::url() const {
  THOLE_ASSERT(impl_->plane != nullptr);
  return cat("https://", impl_->plane->endpoint().text);
}

std::string Server::kubeconfig() const {
  THOLE_ASSERT(impl_->plane != nullptr);
  return make_kubeconfig({"thole", url()}, impl_->plane->identity());
}

}  // namespace thole::server
