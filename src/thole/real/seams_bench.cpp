// How long the seams of the OS take: a post to another thread and back, and an echo over loopback,
// beside the same echo on plain blocking sockets, which is this machine's floor.

#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <thread>
#include <vector>

#include "thole/base/signal.hpp"
#include "thole/real/log.hpp"
#include "thole/real/world.hpp"

namespace thole::real {
namespace {

using Clock = std::chrono::steady_clock;

struct Setup {
  Setup() { world.start(); }
  SystemClock clock;
  StderrLog log{clock, LogLevel::Warning};
  World world{{.io_thread_count = 1}, log};
  Seams seams = world.seams();
};

// Shows the median and the 99th percentile of `micros` beside the mean.
void show(benchmark::State& state, std::vector<double>& micros) {
  std::ranges::sort(micros);
  state.counters["p50_us"] = micros[micros.size() / 2];
  state.counters["p99_us"] = micros[micros.size() * 99 / 100];
}

// Runs `round` again and again on the main executor, and measures each.
template <typename Round>
void measure(benchmark::State& state, Setup& setup, Round round) {
  std::promise<void> done;
  std::vector<double> micros;
  spawn(setup.seams.main, "bench",
        [](benchmark::State& s, std::vector<double>& out, Round& one,
           std::promise<void>& end) -> asio::awaitable<void> {
          while (s.KeepRunning()) {
            const auto begin = Clock::now();
            co_await one();
            out.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
          }
          end.set_value();
        }(state, micros, round, done));
  done.get_future().wait();
  show(state, micros);
}

void post_round_trip(benchmark::State& state) {
  Setup setup;
  Signal signal(setup.seams.main);
  const auto remote = signal.remote();
  measure(state, setup, [&]() -> asio::awaitable<void> {
    setup.seams.io[0]->post([&remote] { remote.notify(); });
    co_await signal.wait();
  });
  setup.world.stop();
}
BENCHMARK(post_round_trip)->UseRealTime();

void post_to_own(benchmark::State& state) {
  Setup setup;
  Signal signal(setup.seams.main);
  measure(state, setup, [&]() -> asio::awaitable<void> {
    setup.seams.main.post([&signal] { signal.notify(); });
    co_await signal.wait();
  });
  setup.world.stop();
}
BENCHMARK(post_to_own)->UseRealTime();

void timer_make_and_cancel(benchmark::State& state) {
  SystemClock clock;
  Loop loop(clock);
  const TimePoint now = clock.now();
  std::vector<std::unique_ptr<Timer>> others;
  for (int i = 0; i < 1000; ++i) others.push_back(loop.call_at(now + Duration(i * 1000), [] {}));
  for (auto _ : state) {
    benchmark::DoNotOptimize(loop.call_at(now + Duration(500'000), [] {}));
  }
}
BENCHMARK(timer_make_and_cancel);

asio::awaitable<void> echo(std::unique_ptr<ByteStream> stream) {
  std::vector<std::byte> buffer(4096);
  for (;;) {
    const auto got = co_await stream->read(buffer);
    if (!got || *got == 0) break;
    if (!co_await stream->write(std::span(buffer).first(*got))) break;
  }
}

// 32 bytes there and back, over the seams on both sides.
void stream_echo(benchmark::State& state) {
  Setup setup;
  std::unique_ptr<ByteStream> near;
  std::promise<void> ready;
  spawn(setup.seams.main, "connect",
        [](Setup& s, std::unique_ptr<ByteStream>& out,
           std::promise<void>& done) -> asio::awaitable<void> {
          auto listener = s.seams.network.listen({"127.0.0.1:0"}, s.seams.main);
          out = *co_await s.seams.network.connect((*listener)->local(), s.seams.main);
          auto far = *co_await (*listener)->accept(*s.seams.io[0]);
          spawn(*s.seams.io[0], "echo", echo(std::move(far)));
          done.set_value();
        }(setup, near, ready));
  ready.get_future().wait();
  std::vector<std::byte> buffer(32);
  measure(state, setup, [&]() -> asio::awaitable<void> {
    co_await near->write(buffer);
    for (std::size_t got = 0; got < buffer.size();) {
      const auto read = co_await near->read(buffer);
      if (!read || *read == 0) co_return;
      got += *read;
    }
  });
  setup.world.stop();
  near.reset();
}
BENCHMARK(stream_echo)->UseRealTime();

// The floor: two threads that block in recv().
void plain_echo(benchmark::State& state) {
  int ends[2];
  Setup setup;
  auto listener = setup.seams.network.listen({"127.0.0.1:0"}, setup.seams.main);
  // A pair of plain TCP sockets, made by hand.
  const int port = std::atoi((*listener)->local().text.substr(10).c_str());
  listener->reset();
  const int server = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(server, 1) != 0) {
    return state.SkipWithError("no socket");
  }
  ends[0] = ::socket(AF_INET, SOCK_STREAM, 0);
  if (::connect(ends[0], reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return state.SkipWithError("no connection");
  }
  ends[1] = ::accept(server, nullptr, nullptr);
  for (const int end : ends) ::setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  std::thread other([&] {
    char buffer[4096];
    for (;;) {
      const auto got = ::recv(ends[1], buffer, sizeof buffer, 0);
      if (got <= 0 || ::send(ends[1], buffer, static_cast<std::size_t>(got), 0) != got) break;
    }
  });
  std::vector<double> micros;
  char buffer[32] = {};
  for (auto _ : state) {
    const auto begin = Clock::now();
    if (::send(ends[0], buffer, sizeof buffer, 0) != sizeof buffer ||
        ::recv(ends[0], buffer, sizeof buffer, MSG_WAITALL) != sizeof buffer) {
      state.SkipWithError("cut");
      break;
    }
    micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  ::shutdown(ends[0], SHUT_RDWR);
  other.join();
  for (const int fd : {ends[0], ends[1], server}) ::close(fd);
  show(state, micros);
}
BENCHMARK(plain_echo)->UseRealTime();

}  // namespace
}  // namespace thole::real

BENCHMARK_MAIN();
