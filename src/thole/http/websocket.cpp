#include "thole/http/websocket.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "thole/base/text.hpp"
#include "thole/http/http1_parser.hpp"

namespace thole::http {
namespace {

constexpr std::string_view handshake_guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t control_payload_max = 125;

constexpr std::uint8_t continuation = 0;
constexpr std::uint8_t text_frame = 1;
constexpr std::uint8_t binary_frame = 2;
constexpr std::uint8_t close_frame = 8;
constexpr std::uint8_t ping_frame = 9;
constexpr std::uint8_t pong_frame = 10;

constexpr std::uint16_t normal_closure = 1000;
constexpr std::uint16_t protocol_error = 1002;
constexpr std::uint16_t invalid_payload = 1007;
constexpr std::uint16_t message_too_big = 1009;

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<std::uint8_t*>(text.data()), bytes.data(),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

// No overlong forms, no surrogates, nothing above U+10FFFF (RFC 3629).
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || text.size() - i <= more) return false;
    std::uint32_t point = lead & (0x3fu >> more);
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<std::uint8_t>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3f);
    }
    constexpr std::array<std::uint32_t, 4> smallest = {0, 0x80, 0x800, 0x10000};
    if (point < smallest[more] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
      return false;
    }
    i += more + 1;
  }
  return true;
}

bool is_close_code(unsigned code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

}  // namespace

Result<message::Response> accept_websocket(const message::Request& request,
                                           std::string_view protocol) {
  const std::string_view key = request.headers.get("sec-websocket-key");
  if (request.method != "GET" || !list_has(request.headers, "connection", "upgrade") ||
      !list_has(request.headers, "upgrade", "websocket")) {
    return fail(ErrorKind::BadRequest, "not a WebSocket request");
  }
  if (request.headers.get("sec-websocket-version") != "13") {
    return fail(ErrorKind::BadRequest, "unsupported WebSocket version");
  }
  // 16 bytes are 24 characters in base64.
  if (key.size() != 24 || !key.ends_with("==")) {
    return fail(ErrorKind::BadRequest, "malformed Sec-WebSocket-Key");
  }
  const std::string salted = cat(key, handshake_guid);
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(salted.data(), salted.size(), digest.data(), &size, EVP_sha1(), nullptr);
  message::Response response;
  response.status = 101;
  response.headers.add("upgrade", "websocket");
  response.headers.add("connection", "Upgrade");
  response.headers.add("sec-websocket-accept", base64(std::span(digest).first(size)));
  if (!protocol.empty()) response.headers.add("sec-websocket-protocol", std::string(protocol));
  return response;
}

void WebSocket::feed(std::span<const std::byte> bytes) {
  if (close_received_) return;  // Nothing means anything any more.
  input_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Result<std::optional<WebSocket::Frame>> WebSocket::next_frame() {
  const std::string_view in = std::string_view(input_).substr(input_at_);
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(in[i]); };
  if (in.size() < 2) return std::nullopt;
  Frame frame{.last = (byte(0) & 0x80) != 0, .opcode = static_cast<std::uint8_t>(byte(0) & 15)};
  if ((byte(0) & 0x70) != 0) return refuse(protocol_error, "reserved bits are set");
  if ((byte(1) & 0x80) == 0) return refuse(protocol_error, "a client's frame must be masked");
  std::uint64_t size = byte(1) & 0x7f;
  const bool control = frame.opcode >= close_frame;
  if (frame.opcode > pong_frame || (frame.opcode > binary_frame && !control)) {
    return refuse(protocol_error, "unknown opcode");
  }
  if (control && (size > control_payload_max || !frame.last)) {
    return refuse(protocol_error, "a control frame must be short and whole");
  }
  const std::size_t size_bytes = size == 127 ? 8 : size == 126 ? 2 : 0;
  const std::size_t head = 2 + size_bytes + 4;
  if (in.size() < head) return std::nullopt;
  if (size_bytes > 0) {
    size = 0;
    for (std::size_t i = 0; i < size_bytes; ++i) size = size << 8 | byte(2 + i);
    if (size < (size_bytes == 2 ? 126u : 65'536u)) {
      return refuse(protocol_error, "a length is longer than needed");
    }
  }
  const std::size_t before = partial_ && !control ? partial_->bytes.size() : 0;
  if (size > limits_.message_bytes_max - before) {
    return refuse(message_too_big, "the message is too large");
  }
  if (in.size() - head < size) return std::nullopt;
  frame.payload = in.substr(head, size);
  const std::string_view mask = in.substr(head - 4, 4);
  for (std::size_t i = 0; i < size; ++i) {
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % 4]);
  }
  input_at_ += head + size;
  if (input_at_ == input_.size() || input_at_ > 64 * 1024) {
    input_.erase(0, input_at_);
    input_at_ = 0;
  }
  return frame;
}

Result<std::optional<WebSocket::Message>> WebSocket::next() {
  while (!close_received_) {
    THOLE_TRY(std::optional<Frame> frame, next_frame());
    if (!frame) return std::nullopt;
    if (frame->opcode >= close_frame) {
      THOLE_CHECK(on_control(*std::move(frame)));
      continue;
    }
    if ((frame->opcode == continuation) != partial_.has_value()) {
      return refuse(protocol_error, "fragments are out of order");
    }
    if (!partial_) {
      partial_ = Message{frame->opcode == text_frame ? Type::Text : Type::Binary, {}};
    }
    partial_->bytes += frame->payload;
    if (!frame->last) continue;
    if (partial_->type == Type::Text && !is_utf8(partial_->bytes)) {
      return refuse(invalid_payload, "the text is not UTF-8");
    }
    return std::exchange(partial_, std::nullopt);
  }
  return std::nullopt;
}

Result<void> WebSocket::on_control(Frame frame) {
  if (frame.opcode == ping_frame) {
    if (!close_sent_) write_frame(pong_frame, frame.payload);
    return {};
  }
  if (frame.opcode == pong_frame) return {};
  unsigned code = normal_closure;
  if (frame.payload.size() == 1) return refuse(protocol_error, "malformed close");
  if (frame.payload.size() >= 2) {
    code = static_cast<std::uint8_t>(frame.payload[0]) * 256u +
           static_cast<std::uint8_t>(frame.payload[1]);
    if (!is_close_code(code)) return refuse(protocol_error, "unknown close code");
    if (!is_utf8(std::string_view(frame.payload).substr(2))) {
      return refuse(invalid_payload, "the close reason is not UTF-8");
    }
  }
  close_received_ = true;
  close(static_cast<std::uint16_t>(code), "");
  return {};
}

std::unexpected<Error> WebSocket::refuse(std::uint16_t code, std::string_view why) {
  close(code, why);
  close_received_ = true;
  return fail(ErrorKind::BadRequest, cat("WebSocket: ", why));
}

void WebSocket::send(Type type, std::string_view bytes) {
  if (!close_sent_) write_frame(type == Type::Text ? text_frame : binary_frame, bytes);
}

void WebSocket::close(std::uint16_t code, std::string_view reason) {
  if (std::exchange(close_sent_, true)) return;
  write_frame(close_frame, cat(static_cast<char>(code >> 8), static_cast<char>(code & 255),
                               reason.substr(0, control_payload_max - 2)));
}

void WebSocket::write_frame(std::uint8_t opcode, std::string_view payload) {
  output_ += static_cast<char>(0x80 | opcode);
  const std::size_t size_bytes = payload.size() > 65'535 ? 8 : payload.size() > 125 ? 2 : 0;
  output_ += static_cast<char>(size_bytes == 8   ? 127
                               : size_bytes == 2 ? 126
                                                 : static_cast<int>(payload.size()));
  for (std::size_t i = size_bytes; i > 0; --i) {
    output_ += static_cast<char>(payload.size() >> (8 * (i - 1)));
  }
  output_ += payload;
}

}  // namespace thole::http
