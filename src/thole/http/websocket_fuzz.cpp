// Any bytes as a client's WebSocket frames.

#include <cstdint>

#include "thole/http/websocket.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  thole::http::WebSocket socket;
  const auto bytes = std::as_bytes(std::span(data, size));
  const std::size_t cut = size == 0 ? 0 : data[size - 1] % size;
  for (const auto piece : {bytes.first(cut), bytes.subspan(cut)}) {
    socket.feed(piece);
    for (;;) {
      const auto message = socket.next();
      if (!message || !*message) break;
      socket.send((*message)->type, (*message)->bytes);
    }
  }
  return 0;
}
