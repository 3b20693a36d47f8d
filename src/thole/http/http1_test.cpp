#include <gtest/gtest.h>

#include "thole/http/http1_parser.hpp"
#include "thole/http/test_world.hpp"

namespace thole::http {
namespace {

using namespace std::chrono_literals;

std::string first_line(const std::string& answer) { return answer.substr(0, answer.find('\r')); }

class Http1 : public testing::Test {
 protected:
  std::string ask(std::string_view bytes) {
    const auto stream = world.connect_raw();
    return world.exchange(*stream, bytes);
  }
  TestWorld world;
};

TEST_F(Http1, WritesAnAnswerAsOneMessage) {
  EXPECT_EQ(ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"),
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"
            "date: Thu, 01 Jan 1970 00:00:00 GMT\r\ncontent-length: 5\r\n\r\nhello");
}

TEST_F(Http1, UnderstandsARequestCutAnywhere) {
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n";
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    const auto stream = world.connect_raw();
    std::string answer = world.exchange(*stream, request.substr(0, cut));
    answer += world.exchange(*stream, request.substr(cut));
    EXPECT_TRUE(answer.ends_with("\r\n\r\nPOST 15 fits")) << cut << answer;
  }
}

TEST_F(Http1, AnswersPipelinedRequestsInOrder) {
  std::string requests;
  for (int i = 0; i < 3; ++i) requests += "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
  requests += "GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  const auto stream = world.connect_raw();
  const std::string answer = world.exchange(*stream, requests);
  EXPECT_EQ(world.handler.request_count, 4);
  EXPECT_GT(answer.find("204 No Content"), answer.rfind("hello"));
  EXPECT_TRUE(stream->at_end());
}

TEST_F(Http1, AsksForTheBodyOfAClientThatExpectsIt) {
  const auto stream = world.connect_raw();
  EXPECT_EQ(world.exchange(*stream,
                           "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
                           "Expect: 100-continue\r\n\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(world.exchange(*stream, "hi").ends_with("POST 2 fits"));
}

TEST_F(Http1, DoesNotAskForABodyThatIsTooLarge) {
  const std::string answer = ask(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3145729\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK")) << answer;
  EXPECT_TRUE(answer.ends_with("POST 0 too large")) << answer;
}

TEST_F(Http1, ServesHttp10WithACloseAtTheEnd) {
  const auto stream = world.connect_raw();
  const std::string answer = world.exchange(*stream, "GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("connection: close\r\n\r\nhello")) << answer;
  EXPECT_TRUE(stream->at_end());
}

TEST_F(Http1, SendsNoBodyForHead) {
  const std::string answer = ask("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("content-length: 5\r\n\r\n")) << answer;
}

TEST_F(Http1, RefusesWhatTwoParsersMightReadDifferently) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"GET / HTTP/1.1\n\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505"},
      {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"G\tT / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"nonsense\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\nx", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501"},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n", "431"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1000000000000000\r\n",
       "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n", "417"},
  };
  for (const auto& [request, code] : cases) {
    const std::string line = first_line(ask(request));
    EXPECT_EQ(line.substr(0, 12), cat("HTTP/1.1 ", code)) << request;
  }
  EXPECT_EQ(world.handler.request_count, 0);
}

TEST_F(Http1, TakesHeadersAtTheLimitAndRefusesOnePast) {
  const std::string start = "GET /hello HTTP/1.1\r\nHost: a\r\nX: ";
  const std::size_t limit = Limits().header_bytes_max;
  const std::string fits(limit - start.size() - 4, 'x');
  EXPECT_EQ(first_line(ask(start + fits + "\r\n\r\n")), "HTTP/1.1 200 OK");
  EXPECT_EQ(first_line(ask(start + fits + "x\r\n\r\n")),
            "HTTP/1.1 431 Request Header Fields Too Large");
}

TEST_F(Http1, HoldsBackAClientThatSendsAheadOfItsAnswers) {
  const auto stream = world.connect_raw();
  world.exchange(*stream, "GET /watch HTTP/1.1\r\nHost: a\r\n\r\n");
  // The write ends with the world, after this function.
  const auto written = std::make_shared<bool>(false);
  world.run([](ByteStream& s, std::shared_ptr<bool> done) -> asio::awaitable<void> {
    const std::string flood(1'000'000, '\r');
    const auto result = co_await s.write(std::as_bytes(std::span(flood)));
    *done = result.has_value();
  }(*stream, written));
  EXPECT_FALSE(*written);
}

TEST_F(Http1, EndsAHeadAndABodyThatDoNotCome) {
  const auto head = world.connect_raw();
  EXPECT_EQ(world.exchange(*head, "GET / HTTP/1.1\r\nHo"), "");
  const auto body = world.connect_raw();
  world.exchange(*body, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhi");
  world.executor.run();
  EXPECT_TRUE(head->at_end());
  EXPECT_EQ(first_line(body->take()), "HTTP/1.1 408 Request Timeout");
  EXPECT_EQ(world.executor.now(), TimePoint(Limits().body_timeout + 1s));  // One to linger.
  EXPECT_EQ(world.handler.request_count, 0);
}

TEST_F(Http1, GivesUpOnAReaderThatDoesNotRead) {
  const auto stream = world.connect_raw();
  stream->put("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  world.executor.run();
  EXPECT_EQ(world.server->connection_count(), 0u);
  EXPECT_EQ(world.executor.now(), TimePoint(Limits().write_timeout));
}

TEST_F(Http1, HandsTheBytesOverAfterAnUpgrade) {
  const auto stream = world.connect_raw();
  const std::string answer = world.exchange(
      *stream,
      "GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nab");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nab")) << answer;
  const std::string large(300'000, 'u');
  std::string back;
  for (std::size_t i = 0; i < large.size(); i += 10'000) {
    back += world.exchange(*stream, large.substr(i, 10'000));
  }
  EXPECT_EQ(back, large);
  stream->shutdown_write();
  world.executor.run_ready();
  EXPECT_TRUE(stream->at_end());
  EXPECT_EQ(world.server->connection_count(), 0u);
}

TEST_F(Http1, AnswersAnUpgradeThatWasNotAskedForWithAnError) {
  EXPECT_EQ(first_line(ask("GET /upgrade HTTP/1.1\r\nHost: a\r\n\r\n")),
            "HTTP/1.1 400 Bad Request");
}

}  // namespace
}  // namespace thole::http
