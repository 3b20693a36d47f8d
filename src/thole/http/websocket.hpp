#pragma once
// WebSocket frames (RFC 6455) for the server's side, as a state machine: bytes go in, messages
// come out; messages go in, bytes come out. Fragments are put together, PINGs are answered, and
// whatever the RFC forbids ends the connection with the close code it names.
//
// Threads: one at a time.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "thole/base/result.hpp"
#include "thole/message/message.hpp"

namespace thole::http {

// The response that accepts the request as a WebSocket, without its body; `protocol` is one of
// those that the client offers, or empty. Fails with BadRequest when it isn't such a request.
Result<message::Response> accept_websocket(const message::Request& request,
                                           std::string_view protocol);

class WebSocket {
 public:
  struct Limits {
    std::size_t message_bytes_max = 1024 * 1024;
  };
  WebSocket() = default;
  explicit WebSocket(Limits limits) : limits_(limits) {}

  enum class Type : std::uint8_t { Text, Binary };
  struct Message {
    Type type;
    std::string bytes;
  };

  void feed(std::span<const std::byte> bytes);
  // The next whole message, if there is one. Fails when the client broke the protocol; a Close
  // frame that says so is then in the output.
  Result<std::optional<Message>> next();

  void send(Type type, std::string_view bytes);
  void close(std::uint16_t code, std::string_view reason);  // At most once; later calls do nothing.

  // Bytes to be sent. The caller sends and clears them.
  std::string& output() { return output_; }

  bool close_received() const { return close_received_; }
  bool close_sent() const { return close_sent_; }

 private:
  struct Frame {
    bool last = false;
    std::uint8_t opcode = 0;
    std::string payload;
  };
  Result<std::optional<Frame>> next_frame();
  Result<void> on_control(Frame frame);
  std::unexpected<Error> refuse(std::uint16_t code, std::string_view why);
  void write_frame(std::uint8_t opcode, std::string_view payload);

  Limits limits_;
  std::string input_;
  std::size_t input_at_ = 0;
  std::string output_;
  std::optional<Message> partial_;  // A message whose last fragment has not come.
  bool close_received_ = false;
  bool close_sent_ = false;
};

}  // namespace thole::http
