#include <gtest/gtest.h>

#include <random>

#include "thole/http/test_world.hpp"

namespace thole::http {
namespace {

using namespace std::chrono_literals;

// Frames by hand: a well-behaved library would not send what these tests send.
enum FrameType : char {
  Data = 0,
  HeadersFrame = 1,
  Reset = 3,
  Settings = 4,
  Ping = 6,
  GoAway = 7,
  WindowUpdate = 8,
  Continuation = 9
};

std::string be32(std::uint32_t n) {
  return {static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8),
          static_cast<char>(n)};
}
std::string frame(FrameType type, int flags, std::uint32_t stream, std::string_view payload = {}) {
  return be32(static_cast<std::uint32_t>(payload.size())).substr(1) + static_cast<char>(type) +
         static_cast<char>(flags) + be32(stream) + std::string(payload);
}
std::string literal(std::string_view name, std::string_view value) {
  return cat('\0', static_cast<char>(name.size()), name, static_cast<char>(value.size()), value);
}
// An HPACK block without a dynamic table: GET http, and a path.
std::string block(std::string_view path) {
  return "\x82\x86" + literal(":path", path) + literal(":authority", "a");
}
std::string get(std::uint32_t stream, std::string_view path) {
  return frame(HeadersFrame, 0x5, stream, block(path));
}
const std::string opening = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(Settings, 0, 0);

// "goaway 11", "reset 3 8", "end 5": what the server said, without its data.
std::vector<std::string> show(std::string_view bytes) {
  std::vector<std::string> events;
  const auto number = [&](std::size_t at) {
    std::uint32_t n = 0;
    for (std::size_t i = 0; i < 4; ++i) n = n << 8 | static_cast<unsigned char>(bytes[at + i]);
    return n;
  };
  while (bytes.size() >= 9) {
    const std::size_t size = number(0) >> 8;
    if (bytes[3] == GoAway) events.push_back(cat("goaway ", number(13)));
    if (bytes[3] == Reset) events.push_back(cat("reset ", number(5), ' ', number(9)));
    if (bytes[3] == Data && size > 0) events.push_back(cat("data ", number(5)));
    if ((bytes[3] == Data || bytes[3] == HeadersFrame) && (bytes[4] & 1) != 0) {
      events.push_back(cat("end ", number(5)));
    }
    bytes.remove_prefix(9 + size);
  }
  return events;
}
bool has(const std::vector<std::string>& events, std::string_view event) {
  return std::ranges::find(events, event) != events.end();
}

class Http2 : public testing::Test {
 protected:
  void open(Limits limits = {}) {
    world = std::make_unique<TestWorld>(TestWorld::Security::ClearText, limits);
    stream = world->connect_raw();
    send(opening);
  }
  std::vector<std::string> send(std::string_view bytes) {
    return show(world->exchange(*stream, bytes));
  }
  std::unique_ptr<TestWorld> world;
  std::unique_ptr<MemoryStream> stream;
};

TEST_F(Http2, AnswersFramesWrittenByHand) {
  open();
  EXPECT_EQ(send(get(1, "/hello")), (std::vector<std::string>{"data 1", "end 1"}));
}

TEST_F(Http2, UnderstandsFramesCutAnywhere) {
  const std::string bytes = opening + get(1, "/hello");
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    open();
    const auto raw = world->connect_raw();
    std::string answer = world->exchange(*raw, bytes.substr(0, cut));
    answer += world->exchange(*raw, bytes.substr(cut));
    EXPECT_TRUE(has(show(answer), "end 1")) << cut;
  }
}

TEST_F(Http2, ServesAsManyStreamsAsTheLimitAndRefusesOneMore) {
  open();
  send(frame(Settings, 1, 0));
  std::string bytes;
  std::uint32_t id = 1;
  for (; id < 200; id += 2) bytes += get(id, "/watch");
  EXPECT_TRUE(send(bytes).empty());
  EXPECT_EQ(world->handler.watch_count, 100);
  const auto events = send(get(id, "/watch"));
  EXPECT_TRUE(has(events, cat("reset ", id, " 7")) || has(events, "goaway 1")) << events.size();
  EXPECT_EQ(world->handler.watch_count, 100);
}

TEST_F(Http2, BoundsTheHandlersOfAClientThatCancelsEverything) {
  open();
  for (std::uint32_t id = 1; id < 2'001; id += 2) {
    send(get(id, "/slow") + frame(Reset, 0, id, be32(8)));
  }
  // Handlers of cancelled requests still run; twice the streams is where they end.
  EXPECT_EQ(world->handler.request_count, 200);
  EXPECT_EQ(world->handler.cancelled_count, 200);
}

TEST_F(Http2, LetsAnOperatorDropAThousandWatches) {
  open();
  for (std::uint32_t id = 1; id < 6'001; id += 2) {
    ASSERT_TRUE(send(get(id, "/watch")).empty());
    ASSERT_TRUE(send(frame(Reset, 0, id, be32(8))).empty()) << id;
  }
  EXPECT_EQ(world->handler.watch_count, 0);
}

TEST_F(Http2, EndsAConnectionThatResetsWithoutEnd) {
  Limits limits;
  limits.resets_burst = 50;
  open(limits);
  for (std::uint32_t id = 1; id < 101; id += 2) {
    ASSERT_FALSE(has(send(get(id, "/watch") + frame(Reset, 0, id, be32(8))), "goaway 11")) << id;
  }
  EXPECT_TRUE(has(send(get(101, "/watch") + frame(Reset, 0, 101, be32(8))), "goaway 11"));
  EXPECT_TRUE(stream->at_end());
}

TEST_F(Http2, EndsFloodsOfControlFrames) {
  const std::string floods[] = {frame(Ping, 0, 0, "12345678"), frame(Settings, 0, 0),
                                frame(static_cast<FrameType>(2), 0, 1, std::string(5, '\0'))};
  for (const std::string& one : floods) {
    Limits limits;
    limits.control_frames_burst = 20;
    open(limits);  // The opening is one of them.
    for (int i = 0; i < 19; ++i) ASSERT_FALSE(has(send(one), "goaway 11")) << i;
    EXPECT_TRUE(has(send(one), "goaway 11"));
    EXPECT_TRUE(stream->at_end());
  }
}

TEST_F(Http2, EndsAFloodOfPingsWhoseAnswersAreNotRead) {
  open();
  std::string bytes;
  for (int i = 0; i < 4'000; ++i) bytes += frame(Ping, 0, 0, "12345678");
  for (int i = 0; i < 10; ++i) {
    stream->put(bytes);
    world->executor.run_ready();
  }
  world->executor.run();
  EXPECT_EQ(world->server->connection_count(), 0u);
}

TEST_F(Http2, EndsAFloodOfContinuations) {
  open();
  send(frame(HeadersFrame, 0x1, 1, block("/hello")));
  std::string bytes;
  for (int i = 0; i < 20; ++i) bytes += frame(Continuation, 0, 1);
  send(bytes);
  EXPECT_TRUE(stream->at_end());
  EXPECT_EQ(world->handler.request_count, 0);
}

TEST_F(Http2, TakesHeadersUpToTheLimit) {
  open();
  // Each field counts 32 bytes more than its text; the pseudo fields are 4.
  const auto with = [](std::size_t size) {
    std::string fields;
    for (; size > 250; size -= 132) fields += literal("x", std::string(99, 'v'));
    fields += literal("y", std::string(size / 2 - 33, 'v'));
    return fields + literal("z", std::string(size - size / 2 - 33, 'v'));
  };
  const std::size_t pseudo = (7 + 3 + 32) + (7 + 4 + 32) + (5 + 6 + 32) + (10 + 1 + 32);
  const auto send_block = [&](std::uint32_t id, std::size_t size) {
    const std::string all = block("/hello") + with(size - pseudo);
    std::string bytes = frame(HeadersFrame, 0x1, id, all.substr(0, 16'000));
    for (std::size_t at = 16'000; at < all.size(); at += 16'000) {
      bytes += frame(Continuation, at + 16'000 < all.size() ? 0 : 4, id, all.substr(at, 16'000));
    }
    return send(bytes);
  };
  const std::size_t limit = Limits().header_bytes_max;
  EXPECT_TRUE(has(send_block(1, limit), "end 1"));
  EXPECT_EQ(world->handler.request_count, 1);
  EXPECT_TRUE(has(send_block(3, limit + 1), "end 3"));
  EXPECT_EQ(world->handler.request_count, 1);  // Answered with 431.
}

TEST_F(Http2, DoesNotProduceWhatTheClientHasNoWindowFor) {
  Limits limits;
  limits.ping_after = 1h;  // This client is alive, only greedy.
  open(limits);
  // SETTINGS_INITIAL_WINDOW_SIZE 0, then a list of ten megabytes.
  send(frame(Settings, 0, 0, std::string("\0\4", 2) + be32(0)));
  EXPECT_TRUE(send(get(1, "/large")).empty());
  EXPECT_TRUE(has(send(frame(WindowUpdate, 0, 1, be32(100))), "data 1"));
  world->executor.run();
  // No window came for a minute: the stream was cancelled, and in the end the connection closed.
  EXPECT_TRUE(has(show(stream->take()), "reset 1 8"));
  EXPECT_EQ(world->server->connection_count(), 0u);
}

TEST_F(Http2, ResetsABodyThatDoesNotCome) {
  Limits limits;
  limits.ping_after = 1h;
  open(limits);
  send(frame(HeadersFrame, 0x4, 1, block("/echo")) + frame(Data, 0, 1, "half"));
  world->executor.run();
  EXPECT_TRUE(has(show(stream->take()), "reset 1 8"));
  EXPECT_EQ(world->handler.request_count, 0);
}

TEST_F(Http2, LeavesAClientThatDoesNotAnswerAPing) {
  open();
  send(get(1, "/watch"));
  world->executor.run();
  EXPECT_EQ(world->server->connection_count(), 0u);
  EXPECT_EQ(world->executor.now(),
            TimePoint(Limits().ping_after + Limits().ping_timeout + 1s));  // One to linger.
  EXPECT_EQ(world->handler.watch_count, 0);
}

TEST_F(Http2, SaysGoodbyeInTwoSteps) {
  open();
  send(get(1, "/slow"));
  world->run([](TestWorld& w) -> asio::awaitable<void> {
    co_await w.server->shutdown(w.executor, w.executor.now() + 60s);
  }(*world));
  EXPECT_EQ(send(""), std::vector<std::string>{"goaway 0"});
  send(get(3, "/hello"));  // Was under way when the goodbye came: it is still served.
  EXPECT_EQ(world->handler.request_count, 2);
  EXPECT_EQ(send(frame(Ping, 1, 0, std::string(8, '\0'))), std::vector<std::string>{"goaway 0"});
  send(get(5, "/hello"));
  EXPECT_EQ(world->handler.request_count, 2);
}

TEST_F(Http2, SurvivesRandomChangesOfAGoodConversation) {
  const std::string good = opening + get(1, "/hello") +
                           frame(HeadersFrame, 0x4, 3, block("/echo")) + frame(Data, 1, 3, "body") +
                           frame(Ping, 0, 0, "12345678") + get(5, "/large") +
                           frame(Reset, 0, 5, be32(8));
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random(seed);
    open();
    std::string bytes = good;
    for (int i = 0; i < 3; ++i)
      bytes[24 + random() % (bytes.size() - 24)] ^= static_cast<char>(1 << random() % 8);
    send(bytes);
    stream->close();
    world->executor.run();
    EXPECT_EQ(world->server->connection_count(), 0u) << "seed " << seed;
    EXPECT_EQ(world->server->stream_count(), 0u) << "seed " << seed;
  }
}

}  // namespace
}  // namespace thole::http
