// Any bytes as a clear-text connection that does not speak HTTP/2.

#include "thole/http/fuzz_connection.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  thole::http::fuzz_connection("", {reinterpret_cast<const char*>(data), size});
  return 0;
}
