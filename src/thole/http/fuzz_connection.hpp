#pragma once
// What the fuzzers of both protocols do: a connection gets the bytes, in two pieces, then time
// passes until nothing is left to happen. Afterwards nothing may be open.

#include <cstdint>

#include "thole/http/test_world.hpp"

namespace thole::http {

inline void fuzz_connection(std::string_view begin, std::string_view bytes) {
  TestWorld world;
  const auto stream = world.connect_raw();
  world.exchange(*stream, begin);
  const std::size_t cut =
      bytes.empty() ? 0 : static_cast<std::uint8_t>(bytes.back()) % bytes.size();
  world.exchange(*stream, bytes.substr(0, cut));
  world.exchange(*stream, bytes.substr(cut));
  stream->close();
  world.executor.run();
  THOLE_ASSERT(world.server->connection_count() == 0);
  THOLE_ASSERT(world.server->stream_count() == 0);
  THOLE_ASSERT(world.handler.watch_count == 0);
}

}  // namespace thole::http
