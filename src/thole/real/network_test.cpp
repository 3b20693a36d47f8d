#include "thole/real/network.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <random>

#include "thole/base/signal.hpp"
#include "thole/base/text.hpp"
#include "thole/real/address.hpp"
#include "thole/real/log.hpp"
#include "thole/real/world.hpp"

namespace thole::real {
namespace {

using namespace std::chrono_literals;

std::string text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct NetworkTest : ::testing::Test {
  NetworkTest() {
    char pattern[] = "/tmp/thole-network-XXXXXX";
    folder = ::mkdtemp(pattern);
    world.start();
  }
  ~NetworkTest() override {
    world.stop();
    ::rmdir(folder.c_str());
  }

  // Runs a test's body on the main executor and waits for its end.
  template <typename Body>
  void run(Body body) {
    std::promise<void> done;
    spawn(seams.main, "test", [](Body& inner, auto& promise) -> asio::awaitable<void> {
      co_await inner();
      promise.set_value();
    }(body, done));
    done.get_future().wait();
  }

  std::unique_ptr<Listener> listen(std::string endpoint) {
    auto listener = seams.network.listen({std::move(endpoint)}, seams.main);
    EXPECT_TRUE(listener.has_value()) << listener.error().message;
    return *std::move(listener);
  }

  // Both ends of a new connection; the accepted one first.
  Async<std::pair<std::unique_ptr<ByteStream>, std::unique_ptr<ByteStream>>> pair(
      Listener& listener, Executor& accepted_on) {
    THOLE_CO_TRY(auto near, co_await seams.network.connect(listener.local(), seams.main));
    THOLE_CO_TRY(auto far, co_await listener.accept(accepted_on));
    co_return std::pair(std::move(far), std::move(near));
  }

  // Sends back what comes, until the other side has ended.
  static asio::awaitable<void> echo(std::unique_ptr<ByteStream> stream) {
    std::vector<std::byte> buffer(1000);
    for (;;) {
      const Result<std::size_t> got = co_await stream->read(buffer);
      if (!got || *got == 0) break;
      if (!co_await stream->write(std::span(buffer).first(*got))) break;
    }
  }

  SystemClock clock;
  StderrLog log{clock, LogLevel::Warning};
  World world{{.io_thread_count = 1}, log};
  Seams seams = world.seams();
  std::string folder;
};

TEST_F(NetworkTest, CarriesMoreThanTheBuffersHoldOverEveryKindOfAddress) {
  for (const std::string& endpoint :
       {std::string("127.0.0.1:0"), std::string("[::1]:0"), std::string("localhost:0"),
        std::string(":0"), "unix:" + folder + "/socket"}) {
    SCOPED_TRACE(endpoint);
    run([&]() -> asio::awaitable<void> {
      auto listener = listen(endpoint);
      auto ends = co_await pair(*listener, *seams.io[0]);
      if (!ends) co_return ADD_FAILURE() << ends.error().message;
      auto& [far, near] = *ends;
      EXPECT_EQ(near->remote(),
                listener->local().text.starts_with("[::]") ? near->remote() : listener->local());
      spawn(*seams.io[0], "echo", echo(std::move(far)));

      std::vector<std::byte> sent(8 << 20);
      std::mt19937 random(7);
      for (std::byte& byte : sent) byte = static_cast<std::byte>(random());
      // The other side stops reading while nobody reads its answer, so both must go on at once.
      Signal written(seams.main);
      spawn(seams.main, "writer",
            [](ByteStream& stream, const auto& bytes, Signal& done) -> asio::awaitable<void> {
              EXPECT_TRUE((co_await stream.write(bytes)).has_value());
              stream.shutdown_write();
              done.notify();
            }(*near, sent, written));
      std::vector<std::byte> received;
      std::vector<std::byte> buffer(50'000);
      for (;;) {
        const auto got = co_await near->read(buffer);
        if (!got || *got == 0) break;
        received.insert(received.end(), buffer.begin(), buffer.begin() + static_cast<long>(*got));
      }
      co_await written.wait();
      EXPECT_TRUE(received == sent) << received.size() << " of " << sent.size();
    });
  }
}

TEST_F(NetworkTest, SaysWhatToDoWhenAPortIsInUse) {
  auto first = listen("127.0.0.1:0");
  const auto second = seams.network.listen(first->local(), seams.main);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind, ErrorKind::Conflict);
  EXPECT_EQ(second.error().message,
            first->local().text +
                " is in use: stop the program that listens there, or choose "
                "another address (port 0 picks a free one)");
  first.reset();
}

TEST_F(NetworkTest, TakesOverTheSocketFileOfADeadServerButNotOfALivingOne) {
  const std::string path = folder + "/socket";
  run([&]() -> asio::awaitable<void> {
    const auto address = unix_address({"unix:" + path});
    const Fd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    EXPECT_EQ(::bind(dead.get(), address->get(), address->size), 0);
    {
      auto listener = listen("unix:" + path);
      struct stat status{};
      EXPECT_EQ(::stat(path.c_str(), &status), 0);
      EXPECT_EQ(status.st_mode & 0777, 0600u);
      const auto second = seams.network.listen({"unix:" + path}, seams.main);
      EXPECT_EQ(second.error().kind, ErrorKind::Conflict);
      EXPECT_TRUE((co_await pair(*listener, seams.main)).has_value());
    }
    EXPECT_NE(::access(path.c_str(), F_OK), 0);
  });
}

TEST_F(NetworkTest, RefusesWhatIsNoAddress) {
  for (const char* endpoint : {"", "nothing", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:1x",
                               "::1:80", "unix:", "127.0.0.1:-1"}) {
    const auto listener = seams.network.listen({endpoint}, seams.main);
    ASSERT_FALSE(listener.has_value()) << endpoint;
    EXPECT_EQ(listener.error().kind, ErrorKind::BadRequest) << listener.error().message;
  }
}

TEST_F(NetworkTest, FailsToConnectWhereNobodyListens) {
  run([&]() -> asio::awaitable<void> {
    auto listener = listen("127.0.0.1:0");
    const Endpoint endpoint = listener->local();
    listener.reset();
    const auto stream = co_await seams.network.connect(endpoint, seams.main);
    EXPECT_EQ(stream.error().kind, ErrorKind::ServiceUnavailable);
    EXPECT_EQ(stream.error().message, "connect to " + endpoint.text + ": Connection refused");
    const auto named = co_await seams.network.connect({"no-such-host.invalid:1"}, seams.main);
    EXPECT_EQ(named.error().kind, ErrorKind::ServiceUnavailable);
  });
}

TEST_F(NetworkTest, EndsPendingCallsWithCanceledWhenClosed) {
  run([&]() -> asio::awaitable<void> {
    auto listener = listen("127.0.0.1:0");
    auto ends = co_await pair(*listener, seams.main);
    std::string trace;
    Signal done(seams.main);
    spawn(seams.main, "reader",
          [](ByteStream& stream, std::string& out, Signal& end) -> asio::awaitable<void> {
            std::byte byte;
            const auto got = co_await stream.read({&byte, 1});
            out += got ? "data" : std::string(got.error().kind == ErrorKind::Canceled ? "r" : "?");
            end.notify();
          }(*ends->second, trace, done));
    spawn(seams.main, "accepter",
          [](Listener& from, Executor& on, std::string& out, Signal& end) -> asio::awaitable<void> {
            const auto stream = co_await from.accept(on);
            out += stream.error().kind == ErrorKind::Canceled ? "a" : "?";
            end.notify();
          }(*listener, seams.main, trace, done));
    co_await sleep_for(seams.main, 2ms);
    ends->second->close();
    co_await done.wait();
    listener->close();
    co_await done.wait();
    EXPECT_EQ(trace, "ra");
    std::byte byte;
    EXPECT_EQ((co_await ends->second->read({&byte, 1})).error().kind, ErrorKind::Canceled);
    EXPECT_EQ((co_await ends->first->read({&byte, 1})).value(), 0u);
  });
}

// The end may arrive together with the last bytes, and must be seen although no edge follows.
TEST_F(NetworkTest, SeesTheEndThatCameWithTheData) {
  run([&]() -> asio::awaitable<void> {
    auto listener = listen("127.0.0.1:0");
    for (const auto pause : {0ms, 2ms}) {
      for (const bool look_first : {false, true}) {
        auto ends = co_await pair(*listener, seams.main);
        auto& [far, near] = *ends;
        std::vector<std::byte> buffer(100);
        if (look_first) {  // Makes the loop watch the socket.
          const std::byte hello{'h'};
          spawn(seams.main, "hello", [](ByteStream& stream, std::byte b) -> asio::awaitable<void> {
            co_await stream.write({&b, 1});
          }(*near, hello));
          EXPECT_EQ((co_await far->read(buffer)).value(), 1u);
        }
        const std::string last = "last words";
        co_await near->write(std::as_bytes(std::span(last)));
        near->shutdown_write();
        if (pause > 0ms) co_await sleep_for(seams.main, pause);
        const auto got = co_await far->read(buffer);
        EXPECT_EQ(text(std::span(buffer).first(got.value())), last);
        EXPECT_EQ((co_await far->read(buffer)).value(), 0u);
      }
    }
  });
}

}  // namespace
}  // namespace thole::real
