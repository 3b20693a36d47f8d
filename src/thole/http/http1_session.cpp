// HTTP/1.1 on the server's side: one request at a time, keep-alive, pipelining with a bound.

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "thole/base/text.hpp"
#include "thole/http/http1_parser.hpp"
#include "thole/http/session.hpp"

namespace thole::http {
namespace {

using message::Source;

constexpr std::size_t chunk_size_max = 16 * 1024;
constexpr std::size_t chunk_overhead = 10;  // Eight digits, and a CRLF.

std::string_view reason_phrase(int status) {
  switch (status) {
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Request Entity Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Entity";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

class Http1Session final : public Session {
 public:
  Http1Session(SessionHost& host, const Limits& limits)
      : host_(host),
        limits_(limits),
        parser_(Http1Parser::Side::Requests, limits.header_bytes_max),
        deadline_(host.now() + limits.header_timeout) {}

  ~Http1Session() override { leave_request(); }

  Result<void> receive(std::span<const std::byte> bytes) override {
    input_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (phase_ == Phase::Idle && !input_.empty()) {
      phase_ = Phase::Head;
      deadline_ = host_.now() + limits_.header_timeout;
    }
    parse();
    return {};
  }

  bool wants_input() const override {
    return phase_ != Phase::Closed && input_.size() < limits_.pipeline_bytes;
  }

  void produce(std::string& output, std::size_t size) override {
    const std::size_t before = output.size();
    output += std::exchange(output_, {});
    if (phase_ != Phase::Answering) return;
    while (output.size() - before < size && send_body(output, size)) {
    }
    if (phase_ == Phase::Answering) return;
    if (phase_ == Phase::Idle) parse();  // The client may have sent the next request already.
  }

  bool done() const override { return phase_ == Phase::Closed && output_.empty(); }

  void respond(StreamId stream, message::Response response) override {
    if (stream != stream_ || phase_ != Phase::Handling) return;
    if (auto* upgrade = std::get_if<message::Upgrade>(&response.body)) {
      if (parser_.head().wants_upgrade && response.status == 101) {
        write_head(response, std::nullopt, false);
        upgrade_ = std::move(*upgrade);
        phase_ = Phase::Upgraded;
        leave_request();
        host_.on_output();
        return;
      }
      response =
          response_of(Error{ErrorKind::BadRequest, "this request can't be upgraded", nullptr, 400});
    }
    response_ = std::move(response);
    sent_ = 0;
    const bool bodyless = head_request_ || response_.status == 204 || response_.status == 304;
    source_ = nullptr;
    std::optional<std::size_t> length = 0;
    if (const auto* text = std::get_if<std::string>(&response_.body)) {
      left_ = *text;
      length = text->size();
    } else if (const auto* shared =
                   std::get_if<std::shared_ptr<const std::string>>(&response_.body)) {
      left_ = **shared;
      length = left_.size();
    } else if (auto* source = std::get_if<std::unique_ptr<Source>>(&response_.body)) {
      source_ = source->get();
      source_->set_notify([this] { host_.on_output(); });
      length = std::nullopt;
      if (closing_) source_->drain();
      if (http10_) keep_alive_ = false;  // Only the close can tell where the body ends.
    } else {
      left_ = {};
    }
    if (response_.status == 204 || response_.status == 304) length = std::nullopt;
    write_head(response_, length, source_ != nullptr && !http10_ && !bodyless);
    if (bodyless) {
      left_ = {};
      source_ = nullptr;
    }
    phase_ = Phase::Answering;
    deadline_ = TimePoint::max();
    host_.on_output();
  }

  void begin_shutdown() override {
    closing_ = true;
    keep_alive_ = false;
    if (source_ != nullptr) source_->drain();
    if (phase_ == Phase::Idle || (phase_ == Phase::Head && parser_.between_messages())) {
      phase_ = Phase::Closed;
    }
    host_.on_output();
  }

  TimePoint deadline() const override { return deadline_; }

  void on_time(TimePoint now) override {
    if (now < deadline_) return;
    if (phase_ == Phase::Body) {
      refuse(408, "the request's body did not come in time");
    } else {
      phase_ = Phase::Closed;  // Idle, or a head that never ends: no answer is expected.
    }
    deadline_ = TimePoint::max();
    host_.on_output();
  }

  message::Upgrade take_upgrade(std::string& unread) override {
    if (phase_ != Phase::Upgraded || !output_.empty()) return nullptr;
    if (upgrade_) unread = std::exchange(input_, {});
    return std::exchange(upgrade_, nullptr);
  }

 private:
  enum class Phase {
    Idle,       // Between requests.
    Head,       // In a request's head.
    Body,       // In its body.
    Handling,   // The handler has it.
    Answering,  // The response is on its way.
    Upgraded,
    Closed
  };

  void parse() {
    while (phase_ == Phase::Idle || phase_ == Phase::Head || phase_ == Phase::Body) {
      std::string_view rest = input_;
      if (phase_ == Phase::Idle) {
        if (rest.empty()) return;
        phase_ = Phase::Head;
        deadline_ = host_.now() + limits_.header_timeout;
      }
      const Result<Http1Parser::Event> event = parser_.next(rest);
      if (event && *event == Http1Parser::Event::Body) take_body(parser_.body());
      input_.erase(0, input_.size() - rest.size());
      if (!event) return refuse(event.error().http_code(), event.error().message);
      switch (*event) {
        case Http1Parser::Event::NeedsMore:
          return;
        case Http1Parser::Event::Head:
          begin_request();
          break;
        case Http1Parser::Event::Body:
          break;
        case Http1Parser::Event::End:
          hand_over();
          break;
      }
    }
  }

  void begin_request() {
    Http1Parser::Head& head = parser_.head();
    request_ = {};
    request_.method = std::move(head.method);
    request_.target = std::move(head.target);
    request_.headers = std::move(head.headers);
    request_.http_major = 1;
    request_.received = host_.now();
    head_request_ = request_.method == "HEAD";
    http10_ = head.minor == 0;
    keep_alive_ = head.keep_alive && !closing_;
    phase_ = Phase::Body;
    deadline_ = host_.now() + limits_.body_timeout;
    if (head.expect_continue && head.has_body && !body_known_too_large()) {
      output_ += "HTTP/1.1 100 Continue\r\n\r\n";
      host_.on_output();
    }
    if (body_known_too_large()) drop_body();
  }

  bool body_known_too_large() const {
    const std::string_view text = request_.headers.get("content-length");
    std::uint64_t length = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
    return !text.empty() && parsed.ec == std::errc() && length > limits_.body_bytes_max;
  }

  void take_body(std::string_view piece) {
    if (request_.body.size() + piece.size() > limits_.body_bytes_max) return drop_body();
    request_.body += piece;
  }

  // The rest of the body is never read, so the connection can't be used again.
  void drop_body() {
    request_.body_too_large = true;
    request_.body = {};
    keep_alive_ = false;
    hand_over();
  }

  void hand_over() {
    phase_ = Phase::Handling;
    deadline_ = TimePoint::max();
    cancellation_ = std::make_shared<message::Cancellation>();
    request_.cancellation = cancellation_;
    ++stream_;
    host_.on_stream_count(1);
    host_.on_request(stream_, std::exchange(request_, {}));
  }

  void leave_request() {
    if (!cancellation_) return;
    const auto cancellation = std::exchange(cancellation_, nullptr);
    source_ = nullptr;
    if (phase_ == Phase::Handling || phase_ == Phase::Answering) cancellation->fire();
    host_.on_stream_count(-1);
  }

  void refuse(int code, std::string_view why) {
    keep_alive_ = false;
    head_request_ = false;
    message::Response response;
    response.status = code;
    response.headers.add("content-type", "text/plain; charset=utf-8");
    write_head(response, why.size() + 1, false);
    output_ += cat(why, "\n");
    phase_ = Phase::Closed;
    host_.on_output();
  }

  void write_head(const message::Response& response, std::optional<std::size_t> length,
                  bool chunked) {
    output_ += cat("HTTP/1.1 ", response.status, ' ', reason_phrase(response.status), "\r\n");
    for (const auto& [name, value] : response.headers) {
      if (!is_token(name) || !is_field_value(value)) continue;  // Nothing may forge a line.
      output_ += cat(name, ": ", value, "\r\n");
    }
    if (!response.headers.has("date")) output_ += cat("date: ", host_.date(), "\r\n");
    if (length && !response.headers.has("content-length")) {
      output_ += cat("content-length: ", *length, "\r\n");
    }
    if (chunked) output_ += "transfer-encoding: chunked\r\n";
    if (response.status != 101) {
      if (!keep_alive_) output_ += "connection: close\r\n";
      if (keep_alive_ && http10_) output_ += "connection: keep-alive\r\n";
    }
    output_ += "\r\n";
  }

  // Whether to go on at once.
  bool send_body(std::string& output, std::size_t size) {
    if (source_ == nullptr) {
      const std::size_t count = std::min(left_.size() - sent_, size);
      output.append(left_, sent_, count);
      sent_ += count;
      if (sent_ == left_.size()) end_answer();
      return phase_ == Phase::Answering;
    }
    const std::size_t start = output.size();
    const std::size_t overhead = http10_ ? 0 : chunk_overhead;
    output.resize(start + overhead + chunk_size_max);
    const Source::Read read = source_->read(
        std::as_writable_bytes(std::span(output.data() + start + overhead, chunk_size_max)));
    if (read.state != Source::State::Data) {
      output.resize(start);
      if (read.state == Source::State::Again) return false;
      if (read.state == Source::State::End && !http10_) output += "0\r\n\r\n";
      // A cut body is told by the missing last chunk, so the connection has to end.
      if (read.state == Source::State::Abort) keep_alive_ = false;
      end_answer();
      return false;
    }
    output.resize(start + overhead + read.size);
    if (!http10_) {
      for (std::size_t i = 0; i < 8; ++i) {
        output[start + i] = "0123456789abcdef"[(read.size >> (4 * (7 - i))) & 15];
      }
      output[start + 8] = '\r';
      output[start + 9] = '\n';
      output += "\r\n";
    }
    return true;
  }

  void end_answer() {
    phase_ = keep_alive_ ? Phase::Idle : Phase::Closed;
    deadline_ = host_.now() + limits_.idle_timeout;
    leave_request();
    response_ = {};
    left_ = {};
  }

  SessionHost& host_;
  const Limits& limits_;
  Http1Parser parser_;
  Phase phase_ = Phase::Idle;
  bool closing_ = false;
  bool keep_alive_ = true;
  bool http10_ = false;
  bool head_request_ = false;
  TimePoint deadline_;
  std::string input_;   // Not parsed yet.
  std::string output_;  // Heads; bodies are produced when there is room.
  StreamId stream_ = 0;
  message::Request request_;
  std::shared_ptr<message::Cancellation> cancellation_;  // Set while a request is open.
  message::Response response_;
  Source* source_ = nullptr;  // In response_.
  std::string_view left_;     // In response_.
  std::size_t sent_ = 0;
  message::Upgrade upgrade_;
};

}  // namespace

std::unique_ptr<Session> make_http1_session(SessionHost& host, const Limits& limits) {
  return std::make_unique<Http1Session>(host, limits);
}

message::Response response_of(const Error& error) {
  message::Response response;
  response.status = error.http_code();
  response.headers.add("content-type", "text/plain; charset=utf-8");
  response.body = error.message + "\n";
  return response;
}

}  // namespace thole::http
