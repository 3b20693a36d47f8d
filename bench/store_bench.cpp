// What the store itself costs: forks, commits with and without a journal, recovery. On the real
// world, one line a figure.
//
//   store_bench [FOLDER]      FOLDER must be empty or new; without it only memory is measured.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "thole/base/log.hpp"
#include "thole/real/world.hpp"
#include "thole/store/store.hpp"

namespace thole {
namespace {

using Steady = std::chrono::steady_clock;
using store::Op;
using store::Store;

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

class Quiet final : public Log {
 public:
  bool enabled(LogLevel level) const override { return level >= LogLevel::Warning; }
  void write(LogLevel, std::string_view, std::string_view line) override {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  }
};

// Runs `task` on `executor`, and waits for it here.
void wait_for(Executor& executor, asio::awaitable<void> task) {
  std::atomic<bool> done{false};
  const auto wrap = [](asio::awaitable<void> inner,
                       std::atomic<bool>& flag) -> asio::awaitable<void> {
    co_await std::move(inner);
    flag.store(true);
    flag.notify_one();
  };
  spawn(executor, "bench", wrap(std::move(task), done));
  done.wait(false);
}

asio::awaitable<void> fill(Store& store, Executor& executor, int count) {
  const std::string bytes(1'024, 'x');
  for (int i = 0; i < count;) {
    store::Txn txn;
    for (int k = 0; k < 1'000 && i < count; ++k, ++i) {
      txn.push_back(Op::put({"core/configmaps", cat("default/config-", 1'000'000 + i)}, {}, bytes));
    }
    THOLE_ASSERT(co_await store.commit(executor, std::move(txn)));
  }
}

asio::awaitable<void> writer(Store& store, Executor& executor, int id, Steady::time_point end,
                             std::vector<double>& micros, std::atomic<int>& left) {
  const std::string bytes(1'024, 'y');
  for (int i = 0; Steady::now() < end; ++i) {
    const auto start = Steady::now();
    store::Txn txn;
    txn.push_back(Op::put({"core/configmaps", cat("bench-", id, "/config-", i)}, {}, bytes));
    THOLE_ASSERT(co_await store.commit(executor, std::move(txn)));
    micros.push_back(seconds_since(start) * 1e6);
  }
  left.fetch_sub(1);
  left.notify_one();
}

void measure_commits(const char* what, Store& store, Executor& executor, int writers) {
  std::vector<std::vector<double>> micros(static_cast<std::size_t>(writers));
  std::atomic<int> left{writers};
  const auto start = Steady::now();
  for (int i = 0; i < writers; ++i) {
    spawn(executor, "writer",
          writer(store, executor, i, start + std::chrono::seconds(2),
                 micros[static_cast<std::size_t>(i)], left));
  }
  for (int now = left.load(); now > 0; now = left.load()) left.wait(now);
  const double seconds = seconds_since(start);
  std::vector<double> all;
  for (const auto& one : micros) all.insert(all.end(), one.begin(), one.end());
  std::sort(all.begin(), all.end());
  std::printf("%-34s %3d writers  %9.0f/s  p50 %7.1f us  p99 %7.1f us\n", what, writers,
              static_cast<double>(all.size()) / seconds, all[all.size() / 2],
              all[all.size() * 99 / 100]);
}

asio::awaitable<void> open(std::unique_ptr<Store>& into, std::string folder, Seams seams) {
  store::StoreOptions options;
  options.folder = std::move(folder);
  store::StoreSeams given{&seams.sequencer, &seams.main, &seams.disk, &seams.random, &seams.log};
  auto opened = co_await Store::open(std::move(options), given);
  if (!opened) std::fprintf(stderr, "%s\n", opened.error().message.c_str());
  THOLE_ASSERT(opened);
  into = std::move(*opened);
}

asio::awaitable<void> close(Store& store, Executor& executor) {
  THOLE_ASSERT(co_await store.close(executor));
}

void measure(const std::string& folder) {
  Quiet log;
  real::World world({.io_thread_count = 1}, log);
  world.start();
  const Seams seams = world.seams();
  Executor& io = *seams.io[0];

  store::StoreSeams memory;
  memory.sequencer = &seams.sequencer;
  auto store = Store::in_memory({}, memory);
  wait_for(io, fill(*store, io, 100'000));
  std::vector<std::unique_ptr<Store>> forks;
  const auto start = Steady::now();
  for (int i = 0; i < 1'000; ++i) forks.push_back(store->fork(seams.sequencer));
  std::printf("%-34s %.2f us\n", "fork at 100,000 objects", seconds_since(start) * 1e3);
  forks.clear();
  for (const int writers : {1, 16}) measure_commits("commit, in memory", *store, io, writers);
  store.reset();

  if (!folder.empty()) {
    wait_for(seams.sequencer, open(store, folder, seams));
    for (const int writers : {1, 16, 64}) measure_commits("commit, durable", *store, io, writers);
    wait_for(io, fill(*store, io, 100'000));
    const auto newest = store->newest();
    wait_for(io, close(*store, io));
    store.reset();
    const auto reopened = Steady::now();
    wait_for(seams.sequencer, open(store, folder, seams));
    std::uint64_t count = store->snapshot().count("core/configmaps");
    std::printf("%-34s %.0f ms, %llu objects\n", "recovery", seconds_since(reopened) * 1e3,
                static_cast<unsigned long long>(count));
    THOLE_ASSERT(store->newest() == newest);
    wait_for(io, close(*store, io));
    store.reset();
  }
  world.stop();
}

}  // namespace
}  // namespace thole

int main(int argc, char** argv) {
  thole::measure(argc > 1 ? argv[1] : "");
  return 0;
}
