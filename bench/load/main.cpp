// thole-load drives any Kubernetes API server over TLS and HTTP/2 and prints what it measured.
// It decodes nothing that a row doesn't need, and prints its own CPU beside each row.

#include <charconv>
#include <cstdio>
#include <future>
#include <string>
#include <vector>

#include "load/floor.hpp"
#include "load/scenarios.hpp"
#include "thole/base/text.hpp"
#include "thole/real/log.hpp"
#include "thole/real/process.hpp"
#include "thole/real/world.hpp"

namespace thole::load {
namespace {

constexpr std::string_view usage =
    "usage: thole-load [flags] scenario...\n"
    "  --kubeconfig FILE     default $KUBECONFIG, then ~/.kube/config\n"
    "  --seconds N           how long a timed scenario runs (5)\n"
    "  --list-size N         objects in the list (10000)\n"
    "  --watchers N, --watch-connections N, --watch-writes N   (1000, 10, 500)\n"
    "scenarios: floor create create16 get get16 list patch16 contended watch all\n"
    "  floor needs no server: it starts one that answers from a static buffer.\n";

struct Flags {
  std::string kubeconfig;
  Options options;
  std::vector<std::string> scenarios;
};

Result<Flags> parse(const std::vector<std::string>& arguments) {
  Flags flags;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    if (!name.starts_with("--")) {
      flags.scenarios.push_back(name);
      continue;
    }
    if (i + 1 == arguments.size()) return fail(ErrorKind::Invalid, name + " needs a value");
    const std::string& value = arguments[++i];
    if (name == "--kubeconfig") {
      flags.kubeconfig = value;
      continue;
    }
    std::size_t number = 0;
    const auto end = value.data() + value.size();
    if (std::from_chars(value.data(), end, number).ptr != end || number == 0) {
      return fail(ErrorKind::Invalid, name + " needs a positive number");
    }
    if (name == "--seconds") {
      flags.options.duration = std::chrono::seconds(number);
    } else if (name == "--list-size") {
      flags.options.list_size = number;
    } else if (name == "--watchers") {
      flags.options.watchers = number;
    } else if (name == "--watch-connections") {
      flags.options.watch_connections = number;
    } else if (name == "--watch-writes") {
      flags.options.watch_writes = number;
    } else {
      return fail(ErrorKind::Invalid, "unknown flag " + name);
    }
  }
  if (flags.scenarios.empty()) return fail(ErrorKind::Invalid, "no scenario is named");
  if (flags.scenarios == std::vector<std::string>{"all"}) {
    flags.scenarios = {"floor",   "create",    "create16", "get", "get16",
                       "patch16", "contended", "watch",    "list"};
  }
  if (flags.kubeconfig.empty()) {
    flags.kubeconfig = real::environment("KUBECONFIG");
    if (flags.kubeconfig.empty()) flags.kubeconfig = real::environment("HOME") + "/.kube/config";
  }
  return flags;
}

Async<void> run_floor(Target& target, Options options) {
  options.clients = 1;
  THOLE_CO_CHECK(co_await run_fetch(target, options, "floor: 5 B, 1 client", "/hello", 1));
  THOLE_CO_CHECK(co_await run_fetch(target, options, "floor: 1.3 KB, 1 client", "/get", 1));
  THOLE_CO_CHECK(co_await run_fetch(target, options, "floor: 13.9 MB, 1 client", "/list", 1));
  options.clients = 16;
  THOLE_CO_CHECK(co_await run_fetch(target, options, "floor: 1.3 KB, 16 clients", "/get", 1));
  options.clients = 10;
  co_return co_await run_fetch(target, options, "floor: 5 B, 10 x 32", "/hello", 32);
}

Async<void> run_one(Target& target, Options options, std::string name) {
  options.clients = name.ends_with("16") || name == "contended" ? 16 : 1;
  if (name == "create" || name == "create16") co_return co_await run_create(target, options);
  if (name == "get" || name == "get16") co_return co_await run_get(target, options);
  if (name == "patch16") co_return co_await run_patch(target, options);
  if (name == "contended") co_return co_await run_contended(target, options);
  if (name != "list" && name != "watch") co_return fail(ErrorKind::Invalid, "no such scenario");
  co_return name == "list" ? co_await run_list(target, options)
                           : co_await run_watch(target, options);
}

// A scenario's namespace is its own, so that a list counts only its own objects.
Async<void> run_in_namespace(Target& target, Options options, std::string name) {
  options.name_space = cat("thole-load-", name, '-',
                           target.executor().clock().wall().time_since_epoch().count() / 1'000'000);
  THOLE_CO_CHECK(co_await create_namespace(target, options.name_space));
  const Result<void> result = co_await run_one(target, options, name);
  const Result<void> deleted = co_await delete_namespace(target, options.name_space);
  co_return result ? deleted : result;
}

Result<void> run(Flags flags) {
  real::SystemClock clock;
  real::StderrLog log(clock, LogLevel::Warning);
  real::World world({.io_thread_count = 2, .blocking_thread_count = 1}, log);
  const Seams seams = world.seams();
  world.start();
  Executor& executor = *seams.io[0];
  const auto finish = [&](auto make) {
    std::promise<Result<void>> promise;
    auto future = promise.get_future();
    executor.post([&] {
      spawn(executor, "load", [](auto f, std::promise<Result<void>>& p) -> asio::awaitable<void> {
        Result<void> result = co_await f();
        p.set_value(std::move(result));
      }(make, promise));
    });
    return future.get();
  };
  Measure::print_header();
  for (const std::string& name : flags.scenarios) {
    std::unique_ptr<Floor> floor;
    Access access;
    if (name == "floor") {
      THOLE_TRY(floor, Floor::start(seams, *seams.io[1]));
      access = floor->access();
    } else {
      THOLE_TRY(access, read_kubeconfig(flags.kubeconfig));
    }
    Target target(seams.network, executor, access);
    THOLE_CHECK(target.prepare());
    const Result<void> result = finish([&] {
      return floor ? run_floor(target, flags.options)
                   : run_in_namespace(target, flags.options, name);
    });
    if (!result) return fail(result.error().kind, cat(name, ": ", result.error().message));
  }
  world.stop();
  return {};
}

}  // namespace
}  // namespace thole::load

int main(int argc, char** argv) {
  const auto flags = thole::load::parse(std::vector<std::string>(argv + 1, argv + argc));
  if (!flags) {
    std::fprintf(stderr, "thole-load: %s\n%s", flags.error().message.c_str(),
                 thole::load::usage.data());
    return 2;
  }
  const auto result = thole::load::run(*flags);
  if (!result) {
    std::fprintf(stderr, "thole-load: %s\n", result.error().message.c_str());
    return 1;
  }
  return 0;
}
