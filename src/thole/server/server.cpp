#include "thole/server/server.hpp"

#include <future>

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

  // `parent` is whom it forks off, or null.
  Result<void> start(const ControlPlane* parent) {
    world.start();
    plane = std::make_unique<ControlPlane>(world.seams(), options);
    auto started = run_and_wait(world.seams().main, "start", start_on_main(parent));
    if (!started) stop();
    return started;
  }

  Async<void> start_on_main(const ControlPlane* parent) {
    if (parent == nullptr) co_return co_await plane->start();
    co_return co_await plane->start(parent->fork(world.seams()));
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

Result<void> Server::start() { return impl_->start(nullptr); }

void Server::stop() { impl_->stop(); }

Result<std::unique_ptr<Server>> Server::fork(Options options) {
  THOLE_ASSERT(impl_->plane != nullptr);
  if (!options.data.empty()) {
    return fail(ErrorKind::Invalid, "a fork lives in memory: leave its data folder empty");
  }
  auto forked = std::make_unique<Server>(std::move(options));
  THOLE_CHECK(forked->impl_->start(impl_->plane.get()));
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
