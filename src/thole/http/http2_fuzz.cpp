// Any bytes behind the preface of HTTP/2.

#include "thole/http/fuzz_connection.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  thole::http::fuzz_connection("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                               {reinterpret_cast<const char*>(data), size});
  return 0;
}
