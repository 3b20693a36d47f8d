#include "thole/sim/network.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "thole/base/signal.hpp"
#include "thole/base/text.hpp"
#include "thole/sim/world.hpp"

namespace thole::sim {
namespace {

using namespace std::chrono_literals;

const Endpoint kAddress{"127.0.0.1:6443"};

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// Sends back what comes on every connection.
struct EchoServer {
  explicit EchoServer(Seams given) : seams(given) { spawn(seams.main, "accept", accept()); }

  asio::awaitable<void> accept() {
    auto listener = seams.network.listen(kAddress, seams.main);
    EXPECT_TRUE(listener.has_value()) << listener.error().message;
    for (std::size_t i = 0;; ++i) {
      Executor& owner = *seams.io[i % seams.io.size()];
      auto stream = co_await (*listener)->accept(owner);
      if (!stream) co_return;
      spawn(owner, "echo", echo(*std::move(stream)));
    }
  }
  static asio::awaitable<void> echo(std::unique_ptr<ByteStream> stream) {
    std::vector<std::byte> buffer(1000);
    for (;;) {
      const auto got = co_await stream->read(buffer);
      if (!got || *got == 0) break;
      if (!co_await stream->write(std::span(buffer).first(*got))) break;
    }
  }

  Seams seams;
};

struct NetworkTest : ::testing::Test {
  void make(std::uint64_t seed) {
    world = std::make_unique<World>(seed);
    server = &world->process("server");
    boot();
  }
  void boot() {
    server->start([](Seams seams) { return std::make_shared<EchoServer>(seams); });
    world->run_for(10ms);
  }

  // Connects, sends `sent`, and reads until it came back or something failed.
  static asio::awaitable<std::string> exchange(Seams seams, std::string sent) {
    auto stream = co_await seams.network.connect(kAddress, seams.main);
    if (!stream) co_return stream.error().message;
    co_return co_await exchange_on(seams, **stream, sent);
  }
  static asio::awaitable<std::string> exchange_on(Seams seams, ByteStream& stream,
                                                  std::string sent) {
    Signal written(seams.main);
    Result<void> put;
    spawn(seams.main, "writer",
          [](ByteStream& to, const std::string& text, Result<void>& result,
             Signal& done) -> asio::awaitable<void> {
            result = co_await to.write(bytes_of(text));
            done.notify();
          }(stream, sent, put, written));
    std::string received;
    std::vector<std::byte> buffer(777);
    std::string error;
    while (received.size() < sent.size()) {
      const auto got = co_await stream.read(buffer);
      if (!got) error = got.error().message;
      if (!got || *got == 0) break;
      received.append(reinterpret_cast<const char*>(buffer.data()), *got);
    }
    co_await written.wait();
    if (received == sent) co_return "echoed";
    co_return error.empty() ? "ended early" : error;
  }

  std::unique_ptr<World> world;
  Process* server = nullptr;
};

std::string noise(std::size_t size) {
  std::string text(size, ' ');
  Draw draw(size);
  for (char& c : text) c = static_cast<char>('a' + draw.below(26));
  return text;
}

TEST_F(NetworkTest, CarriesEveryByteInOrderThroughSmallBuffersAndChunks) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    make(seed);
    world->network_faults().small_chunks = 500'000;
    world->network_faults().buffer_bytes = 500;
    EXPECT_EQ(world->run(exchange(world->seams(), noise(20'000))), "echoed");
    for (const char* fault : {"short read", "split write", "full buffer"}) {
      EXPECT_GT(world->counts().of(fault).reached, 0u) << fault;
    }
  }
}

TEST_F(NetworkTest, RefusesWhereNobodyListensAndASecondListener) {
  make(1);
  const auto second = world->seams().network.listen(kAddress, world->seams().main);
  EXPECT_EQ(second.error().kind, ErrorKind::Conflict);
  server->kill();
  EXPECT_EQ(world->run(exchange(world->seams(), "hello")),
            "connect to 127.0.0.1:6443: Connection refused");
  boot();
  EXPECT_EQ(world->run(exchange(world->seams(), "hello")), "echoed");
}

TEST_F(NetworkTest, GivesAPortOfItsOwnForPortZero) {
  make(1);
  auto one = world->seams().network.listen({"127.0.0.1:0"}, world->seams().main);
  auto two = world->seams().network.listen({"127.0.0.1:0"}, world->seams().main);
  EXPECT_NE((*one)->local(), (*two)->local());
}

TEST_F(NetworkTest, ResetsAConnectionOfAKilledServerAndLeavesOneWithoutPowerHalfOpen) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const bool power : {false, true}) {
      make(seed);
      std::unique_ptr<ByteStream> stream =
          *world->run(world->seams().network.connect(kAddress, world->seams().main));
      EXPECT_EQ(world->run(exchange_on(world->seams(), *stream, "hello")), "echoed");
      power ? server->power_off() : server->kill();
      const TimePoint begin = world->now();
      const std::string answer = world->run(exchange_on(world->seams(), *stream, "hello"));
      const Duration waited = world->now() - begin;
      if (power) {
        EXPECT_EQ(answer, "read from 127.0.0.1:6443: Connection timed out");
        EXPECT_EQ(waited, 150s);
      } else {
        EXPECT_TRUE(answer == "ended early" ||
                    answer == "read from 127.0.0.1:6443: Connection reset by peer")
            << answer;
        EXPECT_LT(waited, 1s);
      }
      stream.reset();
    }
  }
}

TEST_F(NetworkTest, ResetsAHalfOpenConnectionOnceTheServerIsBack) {
  make(1);
  std::unique_ptr<ByteStream> stream =
      *world->run(world->seams().network.connect(kAddress, world->seams().main));
  server->power_off();
  world->run_for(1s);
  boot();
  const TimePoint begin = world->now();
  EXPECT_EQ(world->run(exchange_on(world->seams(), *stream, "hello")),
            "read from 127.0.0.1:6443: Connection reset by peer");
  EXPECT_LT(world->now() - begin, 1s);
  EXPECT_EQ(world->counts().of("half-open").reached, 1u);
}

TEST_F(NetworkTest, HoldsBytesBackWhileAPartitionLastsEitherWay) {
  for (const bool towards : {false, true}) {
    make(3);
    std::unique_ptr<ByteStream> stream =
        *world->run(world->seams().network.connect(kAddress, world->seams().main));
    const Process& from = towards ? world->driver() : *server;
    const Process& to = towards ? *server : world->driver();
    world->partition(from, to);
    EXPECT_FALSE(world->try_run(exchange_on(world->seams(), *stream, "hello"), world->now() + 60s)
                     .has_value());
    EXPECT_GT(world->counts().of("partition").reached, 0u);
    world->heal(from, to);
    world->run_for(1s);
    EXPECT_EQ(stream->remote(), kAddress);
    EXPECT_EQ(world->run(exchange_on(world->seams(), *stream, "again")), "echoed");

    world->partition(from, to);
    EXPECT_EQ(world->run(exchange_on(world->seams(), *stream, "hello")),
              "read from 127.0.0.1:6443: Connection timed out");
    EXPECT_EQ(world->run(exchange(world->seams(), "hello")),
              "connect to 127.0.0.1:6443: Connection timed out");
    world->heal_everything();
    EXPECT_EQ(world->run(exchange(world->seams(), "hello")), "echoed");
    stream.reset();
  }
}

TEST_F(NetworkTest, CutsOnDemandAndByChance) {
  make(1);
  std::unique_ptr<ByteStream> stream =
      *world->run(world->seams().network.connect(kAddress, world->seams().main));
  EXPECT_EQ(world->cut_connections(world->driver(), *server), 1u);
  EXPECT_EQ(world->run(exchange_on(world->seams(), *stream, "hello")),
            "read from 127.0.0.1:6443: Connection reset by peer");
  world->network_faults().reset = 1'000'000;
  EXPECT_EQ(world->run(exchange(world->seams(), "hello")),
            "read from 127.0.0.1:6443: Connection reset by peer");
  world->network_faults().refused = 1'000'000;
  EXPECT_EQ(world->run(exchange(world->seams(), "hello")),
            "connect to 127.0.0.1:6443: Connection refused");
}

}  // namespace
}  // namespace thole::sim
