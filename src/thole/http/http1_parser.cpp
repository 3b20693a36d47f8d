#include "thole/http/http1_parser.hpp"

#include <algorithm>
#include <charconv>

#include "thole/base/text.hpp"

namespace thole::http {
namespace {

constexpr std::size_t chunk_line_max = 256;
constexpr std::size_t trailer_bytes_max = 8 * 1024;
constexpr std::size_t field_count_max = 1'000;

std::unexpected<Error> refuse(std::string message, int code = 400) {
  return fail(Error{ErrorKind::BadRequest, std::move(message), nullptr, code});
}

bool is_token_char(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return c != '\0' && std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_text(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <typename Number>
bool parse_digits(std::string_view text, Number& number, int base) {
  if (text.empty() || text.front() == '-' || text.front() == '+') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool list_has(const message::Headers& headers, std::string_view name, std::string_view token) {
  for (std::string_view value : headers.all(name)) {
    while (!value.empty()) {
      const std::size_t comma = std::min(value.find(','), value.size());
      if (same_text(trimmed(value.substr(0, comma)), token)) return true;
      value.remove_prefix(std::min(comma + 1, value.size()));
    }
  }
  return false;
}

Result<bool> Http1Parser::take_line(std::string_view& input, std::size_t size_max) {
  const std::size_t end = input.find('\n');
  const std::size_t count = end == std::string_view::npos ? input.size() : end + 1;
  if (line_.size() + count > size_max) return refuse("line too long", 431);
  line_.append(input.substr(0, count));
  input.remove_prefix(count);
  if (end == std::string_view::npos) return false;
  if (line_.size() < 2 || line_[line_.size() - 2] != '\r') return refuse("bare line feed");
  line_.resize(line_.size() - 2);
  return true;
}

Result<Http1Parser::Event> Http1Parser::next(std::string_view& input) {
  for (;;) {
    switch (state_) {
      case State::Head: {
        THOLE_TRY(const bool complete, take_line(input, header_bytes_max_ - head_bytes_));
        if (!complete) return Event::NeedsMore;
        head_bytes_ += line_.size() + 2;
        if (!head_started_) {
          // An empty line before a request is allowed by the RFC; some clients send one.
          if (line_.empty() && side_ == Side::Requests) continue;
          THOLE_CHECK(parse_start_line(line_));
          head_started_ = true;
        } else if (!line_.empty()) {
          THOLE_CHECK(parse_field(line_));
        } else {
          THOLE_CHECK(choose_body());
          head_started_ = false;
          head_bytes_ = 0;
          return Event::Head;
        }
        line_.clear();
        continue;
      }
      case State::Fixed:
      case State::ChunkData:
      case State::UntilClose: {
        if (input.empty()) return Event::NeedsMore;
        const std::size_t count = state_ == State::UntilClose
                                      ? input.size()
                                      : std::min<std::uint64_t>(left_, input.size());
        body_ = input.substr(0, count);
        input.remove_prefix(count);
        if (state_ != State::UntilClose && (left_ -= count) == 0) {
          state_ = state_ == State::Fixed ? State::End : State::ChunkEnd;
        }
        return Event::Body;
      }
      case State::ChunkSize: {
        THOLE_TRY(const bool complete, take_line(input, chunk_line_max));
        if (!complete) return Event::NeedsMore;
        THOLE_CHECK(parse_chunk_size());
        line_.clear();
        continue;
      }
      case State::ChunkEnd: {
        THOLE_TRY(const bool complete, take_line(input, 2));
        if (!complete) return Event::NeedsMore;
        if (!line_.empty()) return refuse("a chunk is longer than its size");
        state_ = State::ChunkSize;
        continue;
      }
      case State::Trailers: {
        THOLE_TRY(const bool complete, take_line(input, trailer_bytes_max - head_bytes_));
        if (!complete) return Event::NeedsMore;
        head_bytes_ += line_.size() + 2;
        if (line_.empty()) state_ = State::End;
        line_.clear();
        continue;
      }
      case State::End:
        state_ = State::Head;
        head_bytes_ = 0;
        no_body_ = false;
        return Event::End;
    }
  }
}

Result<void> Http1Parser::parse_start_line(std::string_view line) {
  head_ = {};
  const auto version_minor = [](std::string_view text) {
    if (text == "HTTP/1.1") return 1;
    return text == "HTTP/1.0" ? 0 : -1;
  };
  const std::size_t first = line.find(' ');
  if (first == std::string_view::npos) return refuse("malformed start line");
  if (side_ == Side::Responses) {
    head_.minor = version_minor(line.substr(0, first));
    const std::string_view code = line.substr(first + 1, 3);
    if (head_.minor < 0 || code.size() != 3 || !parse_digits(code, head_.status, 10) ||
        head_.status < 100) {
      return refuse("malformed status line");
    }
    return {};
  }
  const std::size_t second = line.find(' ', first + 1);
  if (second == std::string_view::npos) return refuse("malformed request line");
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (!is_token(method)) return refuse("malformed method");
  const bool clean = std::ranges::all_of(
      target, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
  if (target.empty() || !clean) return refuse("malformed request target");
  head_.minor = version_minor(version);
  if (head_.minor < 0)
    return refuse("unsupported HTTP version", version.starts_with("HTTP/") ? 505 : 400);
  head_.method = method;
  // The absolute form names the host twice; what counts is the path.
  if (target.starts_with("http://") || target.starts_with("https://")) {
    const std::size_t path = target.find('/', target.find("//") + 2);
    head_.target = path == std::string_view::npos ? "/" : target.substr(path);
  } else {
    head_.target = target;
  }
  return {};
}

Result<void> Http1Parser::parse_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    return refuse("malformed header field");
  }
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!is_field_value(value)) return refuse("malformed header value");
  if (head_.headers.size() == field_count_max) return refuse("too many header fields", 431);
  head_.headers.add(std::string(line.substr(0, colon)), std::string(value));
  return {};
}

Result<void> Http1Parser::choose_body() {
  line_.clear();
  const message::Headers& headers = head_.headers;
  const std::vector<std::string_view> lengths = headers.all("content-length");
  const std::vector<std::string_view> encodings = headers.all("transfer-encoding");
  if (side_ == Side::Requests) {
    const std::size_t hosts = headers.all("host").size();
    if (hosts > 1 || (hosts == 0 && head_.minor == 1)) return refuse("one Host header is needed");
    if (headers.has("expect")) {
      if (!list_has(headers, "expect", "100-continue")) return refuse("unknown expectation", 417);
      head_.expect_continue = head_.minor == 1;
    }
  }
  head_.keep_alive = head_.minor == 1 ? !list_has(headers, "connection", "close")
                                      : list_has(headers, "connection", "keep-alive");
  head_.wants_upgrade = head_.minor == 1 && list_has(headers, "connection", "upgrade");

  std::uint64_t length = 0;
  if (lengths.size() > 1) return refuse("more than one Content-Length");
  if (!lengths.empty() && !parse_digits(lengths[0], length, 10)) {
    return refuse("malformed Content-Length");
  }
  if (!encodings.empty()) {
    if (!lengths.empty()) return refuse("Content-Length beside Transfer-Encoding");
    if (head_.minor == 0) return refuse("Transfer-Encoding in HTTP/1.0");
    if (encodings.size() != 1 || !same_text(encodings[0], "chunked")) {
      return refuse("unsupported transfer encoding", 501);
    }
  }
  const bool bodyless = side_ == Side::Responses && (no_body_ || head_.status < 200 ||
                                                     head_.status == 204 || head_.status == 304);
  left_ = length;
  head_bytes_ = 0;
  if (bodyless) {
    state_ = State::End;
  } else if (!encodings.empty()) {
    state_ = State::ChunkSize;
  } else if (!lengths.empty() || side_ == Side::Requests) {
    state_ = length > 0 ? State::Fixed : State::End;
  } else {
    state_ = State::UntilClose;
    head_.keep_alive = false;
  }
  head_.has_body = state_ != State::End;
  return {};
}

Result<void> Http1Parser::parse_chunk_size() {
  const std::string_view line = line_;
  const std::string_view digits = trimmed(line.substr(0, line.find(';')));
  // 15 digits can't overflow.
  if (digits.size() > 15 || !parse_digits(digits, left_, 16) || !is_field_value(line)) {
    return refuse("malformed chunk size");
  }
  state_ = left_ == 0 ? State::Trailers : State::ChunkData;
  return {};
}

bool Http1Parser::finish() {
  if (state_ != State::UntilClose) return false;
  state_ = State::Head;
  return true;
}

}  // namespace thole::http
