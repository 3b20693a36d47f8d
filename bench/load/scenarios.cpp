#include "load/scenarios.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <utility>

#include "thole/base/text.hpp"

namespace thole::load {
namespace {

using Clients = std::vector<std::shared_ptr<http::Client>>;
using message::Request;
using message::Source;

std::string config_maps(const Options& options) {
  return cat("/api/v1/namespaces/", options.name_space, "/configmaps");
}

std::string config_map(const std::string& name, std::string_view value,
                       std::string_view resource_version = {}) {
  return cat(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")", name, '"',
             resource_version.empty() ? "" : R"(,"resourceVersion":")", resource_version,
             resource_version.empty() ? "" : "\"", R"(},"data":{"value":")", value, R"("}})");
}

std::string_view resource_version_of(std::string_view object) {
  constexpr std::string_view key = R"("resourceVersion":")";
  const std::size_t at = object.find(key);
  if (at == std::string_view::npos) return {};
  object.remove_prefix(at + key.size());
  return object.substr(0, object.find('"'));
}

// One client: its request number n, again and again, until `until`.
asio::awaitable<void> repeat(Target& target, http::Client& client, TimePoint until,
                             Measure& measure, std::function<Request(std::size_t)> make) {
  for (std::size_t n = 0; target.now() < until; ++n) {
    Request request = make(n);
    const TimePoint begin = target.now();
    const Result<Answer> answer = co_await target.ask(client, std::move(request));
    if (answer && answer->status < 300) {
      measure.add(target.now() - begin);
    } else {
      measure.fail(answer ? cat("status ", answer->status) : answer.error().message);
      if (!answer) co_return;
    }
  }
}

// Every client at once, and the row.
Async<void> repeat_all(Target& target, const Options& options, std::string name,
                       std::size_t streams_per_connection,
                       std::function<Request(std::size_t, std::size_t)> make) {
  THOLE_CO_TRY(const Clients clients, co_await target.connect_all(options.clients));
  Measure measure;
  Group group(target.executor());
  const TimePoint begin = target.now();
  const Duration cpu = own_cpu_time();
  for (std::size_t c = 0; c < clients.size() * streams_per_connection; ++c) {
    group.start(repeat(target, *clients[c % clients.size()], begin + options.duration, measure,
                       [&make, c](std::size_t n) { return make(c, n); }));
  }
  co_await group.wait();
  measure.print(name, target.now() - begin, own_cpu_time() - cpu);
  co_return Result<void>();
}

Async<void> expect(Target& target, http::Client& client, Request request) {
  const std::string what = cat(request.method, ' ', request.target);
  THOLE_CO_TRY(const Answer answer, co_await target.ask(client, std::move(request), Body::Keep));
  if (answer.status < 300 || answer.status == 409) co_return Result<void>();
  co_return fail(ErrorKind::Unknown, cat(what, ": ", answer.status, ' ', answer.body));
}

asio::awaitable<void> fill(Target& target, http::Client& client, const Options& options,
                           std::size_t& next, Result<void>& result) {
  const std::string value(options.value_size, 'v');
  while (next < options.list_size && result) {
    const std::string name = cat("list-", next++);
    Result<void> made = co_await expect(
        target, client, target.request("POST", config_maps(options), config_map(name, value)));
    if (!made) result = std::move(made);
  }
}

}  // namespace

Async<void> create_namespace(Target& target, std::string name) {
  THOLE_CO_TRY(const auto client, co_await target.connect());
  co_return co_await expect(
      target, *client,
      target.request(
          "POST", "/api/v1/namespaces",
          cat(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")", name, R"("}})")));
}

Async<void> delete_namespace(Target& target, std::string name) {
  THOLE_CO_TRY(const auto client, co_await target.connect());
  THOLE_CO_CHECK(co_await expect(
      target, *client, target.request("DELETE", cat("/api/v1/namespaces/", name, "/configmaps"))));
  co_return co_await expect(target, *client,
                            target.request("DELETE", cat("/api/v1/namespaces/", name)));
}

Async<void> run_create(Target& target, Options options) {
  const std::string value(options.value_size, 'v');
  const std::string clients = cat(options.clients);
  co_return co_await repeat_all(
      target, options, cat("create, ", clients, " clients"), 1, [&](std::size_t c, std::size_t n) {
        return target.request("POST", config_maps(options),
                              config_map(cat("create-", clients, '-', c, '-', n), value));
      });
}

Async<void> run_get(Target& target, Options options) {
  THOLE_CO_TRY(const auto client, co_await target.connect());
  const std::string value(options.value_size, 'v');
  THOLE_CO_CHECK(co_await expect(
      target, *client, target.request("POST", config_maps(options), config_map("get", value))));
  co_return co_await repeat_all(target, options, cat("get, ", options.clients, " clients"), 1,
                                [&](std::size_t, std::size_t) {
                                  return target.request("GET", config_maps(options) + "/get");
                                });
}

Async<void> run_list(Target& target, Options options) {
  THOLE_CO_TRY(const Clients clients, co_await target.connect_all(16));
  Group group(target.executor());
  std::size_t next = 0;
  Result<void> filled;
  for (const auto& client : clients) group.start(fill(target, *client, options, next, filled));
  co_await group.wait();
  if (!filled) co_return filled;
  THOLE_CO_TRY(const Answer once,
               co_await target.ask(*clients[0], target.request("GET", config_maps(options))));
  Measure measure;
  const TimePoint begin = target.now();
  const Duration cpu = own_cpu_time();
  while (target.now() < begin + options.duration) {
    const TimePoint start = target.now();
    THOLE_CO_TRY(const Answer answer,
                 co_await target.ask(*clients[0], target.request("GET", config_maps(options))));
    if (answer.status != 200) co_return fail(ErrorKind::Unknown, cat("list: ", answer.status));
    measure.add(target.now() - start);
  }
  measure.print(cat("list of ", options.list_size), target.now() - begin, own_cpu_time() - cpu,
                cat(once.size, " bytes"));
  co_return Result<void>();
}

Async<void> run_patch(Target& target, Options options) {
  THOLE_CO_TRY(const auto client, co_await target.connect());
  const std::string value(options.value_size, 'v');
  for (std::size_t c = 0; c < options.clients; ++c) {
    THOLE_CO_CHECK(co_await expect(
        target, *client,
        target.request("POST", config_maps(options), config_map(cat("patch-", c), value))));
  }
  co_return co_await repeat_all(target, options, cat("merge patch, ", options.clients, " clients"),
                                1, [&](std::size_t c, std::size_t n) {
                                  return target.request("PATCH",
                                                        cat(config_maps(options), "/patch-", c),
                                                        cat(R"({"data":{"count":")", n, R"("}})"),
                                                        "application/merge-patch+json");
                                });
}

namespace {

// Reads the object and writes it back, again after each conflict, as client-go's retry does.
asio::awaitable<void> update_one(Target& target, http::Client& client, const Options& options,
                                 TimePoint until, Measure& measure, std::size_t& conflicts) {
  const std::string value(options.value_size, 'v');
  const std::string path = config_maps(options) + "/contended";
  while (target.now() < until) {
    const TimePoint begin = target.now();
    for (;;) {
      const Result<Answer> read =
          co_await target.ask(client, target.request("GET", path), Body::Keep);
      if (!read || read->status != 200) {
        measure.fail(read ? cat("status ", read->status) : read.error().message);
        co_return;
      }
      const std::string version(resource_version_of(read->body));
      const Result<Answer> written = co_await target.ask(
          client, target.request("PUT", path, config_map("contended", value, version)));
      if (written && written->status == 409) {
        ++conflicts;
        continue;
      }
      if (!written || written->status != 200) {
        measure.fail(written ? cat("status ", written->status) : written.error().message);
        co_return;
      }
      break;
    }
    measure.add(target.now() - begin);
  }
}

}  // namespace

Async<void> run_contended(Target& target, Options options) {
  THOLE_CO_TRY(const Clients clients, co_await target.connect_all(options.clients));
  THOLE_CO_CHECK(co_await expect(
      target, *clients[0],
      target.request("POST", config_maps(options), config_map("contended", "first"))));
  Measure measure;
  std::size_t conflicts = 0;
  Group group(target.executor());
  const TimePoint begin = target.now();
  const Duration cpu = own_cpu_time();
  for (const auto& client : clients) {
    group.start(update_one(target, *client, options, begin + options.duration, measure, conflicts));
  }
  co_await group.wait();
  measure.print(cat("contended, ", options.clients, " clients"), target.now() - begin,
                own_cpu_time() - cpu, cat(conflicts, " conflicts"));
  co_return Result<void>();
}

namespace {

struct WatchRun {
  explicit WatchRun(Executor& executor, std::size_t writes)
      : changed(executor), acknowledged(writes, TimePoint::max()) {}
  Signal changed;
  std::size_t open = 0;
  std::size_t deliveries = 0;
  TimePoint last_delivery{};
  std::vector<TimePoint> acknowledged;
  std::vector<std::pair<std::uint32_t, TimePoint>> seen;  // Which write, and when it came.
  std::string failure;
};

// A line of the watch names the object "watch-<n>" when it is one of ours.
void on_event(WatchRun& run, std::string_view line, TimePoint now) {
  constexpr std::string_view key = R"("name":"watch-)";
  const std::size_t at = line.find(key);
  if (at == std::string_view::npos) return;
  std::uint32_t number = 0;
  line.remove_prefix(at + key.size());
  std::from_chars(line.data(), line.data() + line.size(), number);
  ++run.deliveries;
  run.last_delivery = now;
  run.seen.emplace_back(number, now);
}

asio::awaitable<void> watch(Target& target, http::Client& client, std::string path, WatchRun& run,
                            std::size_t expected) {
  Result<message::Response> response = co_await client.handle(target.request("GET", path));
  if (!response || response->status != 200) {
    run.failure = response ? cat("watch: status ", response->status) : response.error().message;
    run.changed.notify();
    co_return;
  }
  ++run.open;
  run.changed.notify();
  Source& source = *std::get<std::unique_ptr<Source>>(response->body);
  Signal more(target.executor());
  source.set_notify([&more] { more.notify(); });
  std::string text;
  std::array<std::byte, 16 * 1024> buffer;
  for (std::size_t got = 0; got < expected;) {
    const Source::Read read = source.read(buffer);
    if (read.state == Source::State::Again) {
      co_await more.wait();
      continue;
    }
    if (read.state != Source::State::Data) {
      run.failure = "a watch ended early";
      break;
    }
    text.append(reinterpret_cast<const char*>(buffer.data()), read.size);
    std::size_t begin = 0;
    for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const std::size_t before = run.deliveries;
      on_event(run, std::string_view(text).substr(begin, end - begin), target.now());
      got += run.deliveries - before;
    }
    text.erase(0, begin);
  }
  source.set_notify(nullptr);
  run.changed.notify();
}

}  // namespace

Async<void> run_watch(Target& target, Options options) {
  THOLE_CO_TRY(const Clients clients, co_await target.connect_all(options.watch_connections));
  THOLE_CO_TRY(const auto writer, co_await target.connect());
  THOLE_CO_TRY(const Answer list,
               co_await target.ask(
                   *writer, target.request("GET", config_maps(options) + "?limit=1"), Body::Keep));
  // The list's own version stands before those of its items.
  const std::string path =
      cat(config_maps(options), "?watch=1&resourceVersion=", resource_version_of(list.body));
  WatchRun run(target.executor(), options.watch_writes);
  Group group(target.executor());
  for (std::size_t w = 0; w < options.watchers; ++w) {
    group.start(watch(target, *clients[w % clients.size()], path, run, options.watch_writes));
  }
  while (run.open < options.watchers && run.failure.empty()) co_await run.changed.wait();
  if (!run.failure.empty()) co_return fail(ErrorKind::Unknown, run.failure);

  const std::string value(options.value_size, 'v');
  const TimePoint begin = target.now();
  const Duration cpu = own_cpu_time();
  for (std::size_t n = 0; n < options.watch_writes; ++n) {
    THOLE_CO_CHECK(co_await expect(
        target, *writer,
        target.request("POST", config_maps(options), config_map(cat("watch-", n), value))));
    run.acknowledged[n] = target.now();
  }
  co_await group.wait();
  if (!run.failure.empty()) co_return fail(ErrorKind::Unknown, run.failure);
  Measure measure;
  for (const auto& [number, at] : run.seen) {
    measure.add(std::max(Duration(0), at - run.acknowledged[number]));
  }
  measure.print(cat("watch, ", options.watchers, " on ", options.watch_connections),
                run.last_delivery - begin, own_cpu_time() - cpu, "acknowledgement to delivery");
  co_return Result<void>();
}

Async<void> run_fetch(Target& target, Options options, std::string name, std::string path,
                      std::size_t streams_per_connection) {
  co_return co_await repeat_all(
      target, options, std::move(name), streams_per_connection,
      [&](std::size_t, std::size_t) { return target.request("GET", path); });
}

}  // namespace thole::load
