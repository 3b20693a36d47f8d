#pragma once
// A strict HTTP/1.1 message parser (RFC 9112), for both sides. It takes bytes in pieces of any
// size and gives the head as a whole and the body as it comes. Whatever two parsers might read
// differently is refused, because that is how requests are smuggled: bare line feeds, folded
// lines, spaces before a colon, two lengths, a length beside a transfer encoding.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "thole/base/result.hpp"
#include "thole/message/message.hpp"

namespace thole::http {

class Http1Parser {
 public:
  enum class Side { Requests, Responses };
  Http1Parser(Side side, std::size_t header_bytes_max)
      : side_(side), header_bytes_max_(header_bytes_max) {}

  struct Head {
    std::string method;  // Of a request.
    std::string target;
    int status = 0;  // Of a response.
    int minor = 1;   // HTTP/1.0 or 1.1
    message::Headers headers;
    bool keep_alive = true;
    bool expect_continue = false;
    bool wants_upgrade = false;
    bool has_body = false;
  };

  enum class Event {
    NeedsMore,  // All input was used.
    Head,       // `head()` is complete.
    Body,       // `body()` is a piece of the body; it lies in the input.
    End         // The message is complete. The next call begins the next one.
  };
  // Takes what it uses off the front of `input`. After an error the connection is lost; its code
  // is the status to answer with.
  Result<Event> next(std::string_view& input);

  // The other side has closed. True when that ends the message properly.
  bool finish();

  Head& head() { return head_; }
  std::string_view body() const { return body_; }
  bool between_messages() const { return state_ == State::Head && line_.empty(); }
  // The response answers a HEAD request: no body follows, whatever its head says.
  void expect_no_body() { no_body_ = true; }

 private:
  enum class State { Head, Fixed, ChunkSize, ChunkData, ChunkEnd, Trailers, UntilClose, End };

  Result<void> parse_head();
  Result<void> parse_start_line(std::string_view line);
  Result<void> parse_field(std::string_view line);
  Result<void> choose_body();
  // Gathers a line without its CRLF into `line_`; false when there is not all of it yet.
  Result<bool> take_line(std::string_view& input, std::size_t size_max);
  Result<void> parse_chunk_size();

  Side side_;
  std::size_t header_bytes_max_;
  State state_ = State::Head;
  bool no_body_ = false;
  bool head_started_ = false;
  std::size_t head_bytes_ = 0;
  std::string line_;
  Head head_;
  std::string_view body_;
  std::uint64_t left_ = 0;  // Of the fixed body or the chunk.
};

// Whether `token` is one of the values of a list such as that of Connection. Case is ignored.
bool list_has(const message::Headers& headers, std::string_view name, std::string_view token);
bool is_token(std::string_view text);
bool is_field_value(std::string_view text);

}  // namespace thole::http
