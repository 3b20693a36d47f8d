#include "thole/http/server.hpp"

#include <gtest/gtest.h>

#include "thole/http/test_world.hpp"

namespace thole::http {
namespace {

using namespace std::chrono_literals;
using Security = TestWorld::Security;

// Every test of this suite runs over HTTP/1.1 and HTTP/2, in clear text and over TLS.
class EveryProtocol : public testing::TestWithParam<std::pair<bool, Security>> {
 protected:
  TestWorld world{GetParam().second};
  Client& client = **world.connect(GetParam().first);
};
INSTANTIATE_TEST_SUITE_P(Http, EveryProtocol,
                         testing::Values(std::pair{false, Security::ClearText},
                                         std::pair{true, Security::ClearText},
                                         std::pair{false, Security::Tls},
                                         std::pair{true, Security::Tls}));

TEST_P(EveryProtocol, AnswersRequestsOnOneConnection) {
  EXPECT_EQ(client.http2(), GetParam().first);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(world.ask(client, TestWorld::get("/hello")), "200 hello");
  EXPECT_EQ(world.ask(client, TestWorld::get("/none")), "204 ");
  EXPECT_EQ(world.ask(client, TestWorld::get("/elsewhere")), "404 no");
  EXPECT_EQ(world.ask(client, TestWorld::get("/fail")), "500 it broke\n");
  EXPECT_EQ(world.server->connection_count(), 1u);
  EXPECT_EQ(world.server->stream_count(), 0u);
}

TEST_P(EveryProtocol, CarriesBodiesBothWays) {
  std::string body(1'000'000, 'b');
  for (std::size_t i = 0; i < body.size(); i += 97) body[i] = static_cast<char>(i);
  EXPECT_EQ(world.ask(client, TestWorld::post("/back", body)), "200 " + body);
  EXPECT_EQ(world.ask(client, TestWorld::get("/shared")), "200 " + std::string(1'000'000, 'x'));
  EXPECT_EQ(world.ask(client, TestWorld::get("/large")), "200 " + std::string(10'000'000, 's'));
}

TEST_P(EveryProtocol, SaysWhenABodyIsTooLarge) {
  const std::size_t limit = Limits().body_bytes_max;
  EXPECT_EQ(world.ask(client, TestWorld::post("/echo", std::string(limit, 'x'))),
            "200 POST 3145728 fits");
  EXPECT_EQ(world.ask(client, TestWorld::post("/echo", std::string(limit + 1, 'x'))),
            "200 POST 0 too large");
}

TEST_P(EveryProtocol, StreamsAndEndsAWatchAtShutdown) {
  std::string answer = "open";
  world.start(client, TestWorld::get("/watch"), answer);
  world.executor.run_ready();
  ASSERT_EQ(world.handler.watch_count, 1);
  world.handler.watches[0]->push("one ");
  world.executor.run_ready();
  world.handler.watches[0]->push("two");
  world.executor.run_ready();
  EXPECT_EQ(answer, "open");

  bool ended = false;
  world.run([](TestWorld& w, bool& done) -> asio::awaitable<void> {
    co_await w.server->shutdown(w.executor, w.executor.now() + 10s);
    done = true;
  }(world, ended));
  EXPECT_EQ(answer, "200 one two");
  EXPECT_EQ(world.handler.watch_count, 0);
  EXPECT_TRUE(ended);
}

TEST_P(EveryProtocol, CancelsTheHandlerWhenTheClientGoes) {
  std::string answer;
  world.start(client, TestWorld::get("/slow"), answer);
  world.executor.run_ready();
  EXPECT_EQ(world.handler.cancelled_count, 0);
  world.clients.clear();
  world.executor.run_ready();
  EXPECT_EQ(world.handler.cancelled_count, 1);
  EXPECT_EQ(answer, "error: the client was closed");
}

TEST_P(EveryProtocol, LetsARunningRequestFinishBeforeShutdownAndClosesItAtTheDeadline) {
  std::string answer = "open";
  world.start(client, TestWorld::get("/slow"), answer);
  world.executor.run_ready();
  const TimePoint begin = world.executor.now();
  TimePoint end = begin;
  world.run([](TestWorld& w, TimePoint& at) -> asio::awaitable<void> {
    co_await w.server->shutdown(w.executor, w.executor.now() + 30s);
    at = w.executor.now();
  }(world, end));
  world.executor.run();
  EXPECT_EQ(answer, "200 slow");
  EXPECT_GE(end, begin + 20s);  // The handler takes 20 seconds.
  EXPECT_LT(end, begin + 30s);
}

TEST_P(EveryProtocol, ResetsABodyThatIsAborted) {
  std::string answer = "open";
  world.start(client, TestWorld::get("/watch"), answer);
  world.executor.run_ready();
  world.handler.watches[0]->push("one ");
  world.executor.run_ready();
  world.handler.watches[0]->abort();
  world.executor.run_ready();
  EXPECT_EQ(answer, "200 the body was cut off");
}

TEST_P(EveryProtocol, ClosesAnIdleConnection) {
  EXPECT_EQ(world.ask(client, TestWorld::get("/hello")), "200 hello");
  const TimePoint begin = world.executor.now();
  world.executor.run();
  EXPECT_EQ(world.server->connection_count(), 0u);
  EXPECT_GE(world.executor.now(), begin + Limits().idle_timeout);
  EXPECT_FALSE(client.usable());
}

TEST(Server, HandsOverTheClientsChainAndTakesAnyOrNone) {
  TestWorld world(Security::Tls);
  Client& nobody = **world.connect(true);
  EXPECT_EQ(world.ask(nobody, TestWorld::get("/hello")), "200 hello");
  EXPECT_TRUE(world.handler.last_peer.tls);
  EXPECT_TRUE(world.handler.last_peer.certificates_der.empty());
  Client& jane = **world.connect(true, test_keys::client_certificate, test_keys::client_key);
  EXPECT_EQ(world.ask(jane, TestWorld::get("/hello")), "200 hello");
  ASSERT_EQ(world.handler.last_peer.certificates_der.size(), 1u);
  EXPECT_NE(world.handler.last_peer.certificates_der[0].find("jane"), std::string::npos);
}

TEST(Server, TellsAClearTextClientThatThePortSpeaksTls) {
  TestWorld world(Security::Tls);
  const auto stream = world.connect_raw();
  EXPECT_EQ(world.exchange(*stream, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            "HTTP/1.0 400 Bad Request\r\n\r\n"
            "Client sent an HTTP request to an HTTPS server.\n");
  EXPECT_TRUE(stream->at_end());
}

TEST(Server, ClosesAHandshakeThatNeverEnds) {
  TestWorld world(Security::Tls);
  const auto stream = world.connect_raw();
  EXPECT_EQ(world.exchange(*stream, "\x16\x03\x01"), "");
  EXPECT_EQ(world.server->connection_count(), 1u);
  world.executor.run();
  EXPECT_EQ(world.server->connection_count(), 0u);
  EXPECT_EQ(world.executor.now(), TimePoint(Limits().handshake_timeout));
}

TEST(Server, SurvivesGarbageInsteadOfTls) {
  TestWorld world(Security::Tls);
  for (std::string_view bytes : {"\x16\x03\x01\xff\xffgarbage", "\x80\x01\x01", "zzzz"}) {
    const auto stream = world.connect_raw();
    world.exchange(*stream, bytes);
  }
  world.executor.run();
  EXPECT_EQ(world.server->connection_count(), 0u);
}

TEST(Server, TurnsAwayWhatIsOneConnectionTooMany) {
  Limits limits;
  limits.connections_max = 2;
  TestWorld world(Security::ClearText, limits);
  const auto one = world.connect_raw();
  const auto two = world.connect_raw();
  const auto three = world.connect_raw();
  world.executor.run_ready();
  EXPECT_FALSE(one->at_end());
  EXPECT_FALSE(two->at_end());
  EXPECT_TRUE(three->at_end());
}

TEST(Server, EndsAThousandWatchesAtShutdown) {
  TestWorld world(Security::ClearText);
  std::vector<std::string> answers(1'000, "open");
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (i % 100 == 0) ASSERT_TRUE(world.connect(true));
    world.start(*world.clients.back(), TestWorld::get("/watch"), answers[i]);
  }
  world.executor.run_ready();
  ASSERT_EQ(world.handler.watch_count, 1'000);
  bool ended = false;
  world.run([](TestWorld& w, bool& done) -> asio::awaitable<void> {
    co_await w.server->shutdown(w.executor, w.executor.now() + 10s);
    done = true;
  }(world, ended));
  EXPECT_TRUE(ended);
  EXPECT_EQ(std::ranges::count(answers, "200 "), 1'000);
  EXPECT_EQ(world.handler.watch_count, 0);
}

}  // namespace
}  // namespace thole::http
