#include "thole/http/websocket.hpp"

#include <gtest/gtest.h>

#include <random>

#include "thole/base/text.hpp"

namespace thole::http {
namespace {

// A client's frame, masked.
std::string frame(int first, std::string_view payload) {
  std::string bytes(1, static_cast<char>(first));
  if (payload.size() < 126) {
    bytes += static_cast<char>(0x80 | payload.size());
  } else if (payload.size() < 65'536) {
    bytes += cat('\xfe', static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size()));
  } else {
    bytes += '\xff';
    for (int i = 7; i >= 0; --i) bytes += static_cast<char>(payload.size() >> (8 * i));
  }
  const std::string mask = "\x11\x22\x33\x44";
  bytes += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    bytes += static_cast<char>(payload[i] ^ mask[i % 4]);
  }
  return bytes;
}

void feed(WebSocket& socket, std::string_view bytes) {
  socket.feed(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

// "text:hello binary:x", or the error.
std::string show(WebSocket& socket) {
  std::string text;
  for (;;) {
    const auto message = socket.next();
    if (!message) return text + message.error().message;
    if (!*message) return text;
    text += cat((*message)->type == WebSocket::Type::Text ? "text:" : "binary:", (*message)->bytes,
                " ");
  }
}
std::string show(std::string_view bytes) {
  WebSocket socket;
  feed(socket, bytes);
  return show(socket);
}

TEST(WebSocket, AcceptsTheHandshakeOfTheRfc) {
  message::Request request;
  request.method = "GET";
  request.headers.add("Connection", "keep-alive, Upgrade");
  request.headers.add("Upgrade", "websocket");
  request.headers.add("Sec-WebSocket-Version", "13");
  EXPECT_FALSE(accept_websocket(request, ""));
  request.headers.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  const auto response = accept_websocket(request, "base64.binary.k8s.io").value();
  EXPECT_EQ(response.status, 101);
  EXPECT_EQ(response.headers.get("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(response.headers.get("sec-websocket-protocol"), "base64.binary.k8s.io");
  request.headers.set("Sec-WebSocket-Version", "12");
  EXPECT_FALSE(accept_websocket(request, ""));
}

TEST(WebSocket, PutsFragmentsTogetherWithControlFramesBetween) {
  const std::string bytes = frame(0x01, "he") + frame(0x89, "ping") + frame(0x80, "llo") +
                            frame(0x82, "x") + frame(0x81, "");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    WebSocket socket;
    feed(socket, bytes.substr(0, cut));
    std::string text = show(socket);
    feed(socket, bytes.substr(cut));
    EXPECT_EQ(text + show(socket), "text:hello binary:x text: ") << cut;
    EXPECT_EQ(socket.output(), "\x8a\x04ping");
  }
}

TEST(WebSocket, CarriesEveryLengthForm) {
  for (std::size_t size : {125u, 126u, 65'535u, 65'536u, 1'048'576u}) {
    const std::string payload(size, 'p');
    EXPECT_EQ(show(frame(0x81, payload)), "text:" + payload + " ");
    WebSocket socket;
    socket.send(WebSocket::Type::Binary, payload);
    const std::size_t head = size < 126 ? 2 : size < 65'536 ? 4 : 10;
    EXPECT_EQ(socket.output().size(), head + size);
    EXPECT_EQ(socket.output().substr(head), payload);
  }
  EXPECT_EQ(show(frame(0x81, std::string(1'048'577, 'p'))), "WebSocket: the message is too large");
  EXPECT_EQ(show(frame(0x01, std::string(1'048'576, 'p')) + frame(0x80, "p")),
            "WebSocket: the message is too large");
}

TEST(WebSocket, EndsWithTheCodeThatTheRfcNames) {
  using namespace std::string_literals;
  const std::pair<std::string, int> cases[] = {
      {"\x81\x01x"s, 1002},      // Not masked.
      {frame(0xc1, "x"), 1002},  // A reserved bit.
      {frame(0x83, "x"), 1002},  // An unknown opcode.
      {frame(0x8b, "x"), 1002},  // An unknown control opcode.
      {frame(0x09, "x"), 1002},  // A fragmented PING.
      {frame(0x89, std::string(126, 'x')), 1002},
      {frame(0x80, "x"), 1002},  // A continuation of nothing.
      {frame(0x01, "x") + frame(0x81, "y"), 1002},
      {"\x81\xfe\x00\x05"s + std::string(9, '\0'), 1002},  // A length in too many bytes.
      {frame(0x88, "x"), 1002},
      {frame(0x88, "\x03\xed"), 1002},  // 1005 is never sent.
      {frame(0x81, "\xc0\x80"), 1007},
      {frame(0x81, "\xed\xa0\x80"), 1007},
      {frame(0x81, "\xf4\x90\x80\x80"), 1007},
      {frame(0x81, "\xe2\x82"), 1007},
      {frame(0x88, "\x03\xe8\xff"), 1007},
      {frame(0x81, std::string(1'048'577, 'p')), 1009},
  };
  for (const auto& [bytes, code] : cases) {
    WebSocket socket;
    feed(socket, bytes);
    EXPECT_NE(show(socket), "");
    ASSERT_GE(socket.output().size(), 4u);
    EXPECT_EQ(static_cast<unsigned char>(socket.output()[2]) * 256 +
                  static_cast<unsigned char>(socket.output()[3]),
              code);
    EXPECT_TRUE(socket.close_sent());
  }
}

TEST(WebSocket, AnswersACloseOnceAndSaysNothingAfterIt) {
  WebSocket socket;
  feed(socket, frame(0x88,
                     "\x03\xe8"
                     "bye") +
                   frame(0x81, "late"));
  EXPECT_EQ(show(socket), "");
  EXPECT_TRUE(socket.close_received());
  EXPECT_EQ(socket.output(), "\x88\x02\x03\xe8");
  socket.send(WebSocket::Type::Text, "late");
  socket.close(1000, "again");
  EXPECT_EQ(socket.output().size(), 4u);
}

TEST(WebSocket, SurvivesRandomBytes) {
  for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
    std::mt19937_64 random(seed);
    std::string bytes(random() % 200, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    if (!bytes.empty()) bytes[0] = static_cast<char>(bytes[0] & 0x8f);
    WebSocket socket;
    feed(socket, bytes);
    show(socket);
    EXPECT_LE(socket.output().size(), bytes.size() + 128) << seed;
  }
}

}  // namespace
}  // namespace thole::http
