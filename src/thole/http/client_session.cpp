#include "thole/http/client_session.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <deque>
#include <map>
#include <utility>

#include "thole/base/text.hpp"
#include "thole/http/http1_parser.hpp"
#include "thole/http/http2_common.hpp"

namespace thole::http {
namespace {

constexpr auto field_of = make_field<nghttp2_nv>;

constexpr std::uint32_t stream_window = 1024 * 1024;
constexpr std::int32_t connection_window = 16 * 1024 * 1024;
constexpr std::uint32_t frame_size_max = 64 * 1024;

Error unavailable(std::string message) {
  return Error{ErrorKind::ServiceUnavailable, std::move(message), nullptr, 0};
}

class Http1Client final : public ClientSession {
 public:
  explicit Http1Client(std::size_t header_bytes_max)
      : parser_(Http1Parser::Side::Responses, header_bytes_max) {}

  void submit(std::shared_ptr<Exchange> exchange) override {
    waiting_.push_back(std::move(exchange));
  }

  Result<void> receive(std::span<const std::byte> bytes) override {
    std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (;;) {
      if (!current_) {
        usable_ = usable_ && rest.empty();
        return rest.empty() ? Result<void>()
                            : fail(ErrorKind::ServiceUnavailable, "an answer to no request");
      }
      THOLE_TRY(const Http1Parser::Event event, parser_.next(rest));
      switch (event) {
        case Http1Parser::Event::NeedsMore:
          return {};
        case Http1Parser::Event::Head:
          take_head();
          break;
        case Http1Parser::Event::Body:
          current_->body += parser_.body();
          current_->tell();
          break;
        case Http1Parser::Event::End:
          if (parser_.head().status >= 200) finish();
          break;
      }
    }
  }

  bool wants_input() const override {
    return !current_ || current_->body.size() - current_->read < stream_window;
  }

  void produce(std::string& output, std::size_t) override {
    if (current_ || waiting_.empty() || !usable_) return;
    current_ = std::move(waiting_.front());
    waiting_.pop_front();
    const message::Request& request = current_->request;
    output += cat(request.method, ' ', request.target, " HTTP/1.1\r\n");
    for (const auto& [name, value] : request.headers) {
      if (is_token(name) && is_field_value(value)) output += cat(name, ": ", value, "\r\n");
    }
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
      output += cat("content-length: ", request.body.size(), "\r\n");
    }
    output += "\r\n";
    output += request.body;
    if (request.method == "HEAD") parser_.expect_no_body();
  }

  void on_read(Exchange&, std::size_t) override {}

  void cancel(Exchange& exchange) override {
    if (current_.get() == &exchange) {
      usable_ = false;  // The rest of the answer stands in the way.
      current_ = nullptr;
    }
    std::erase_if(waiting_, [&](const auto& e) { return e.get() == &exchange; });
  }

  void end(const Error& error) override {
    usable_ = false;
    auto open = std::exchange(waiting_, {});
    if (current_) open.push_front(std::exchange(current_, nullptr));
    for (const auto& exchange : open) exchange->fail_with(error);
  }

  void on_input_end() override {
    if (current_ && parser_.finish()) finish();
  }

  bool usable() const override { return usable_; }

 private:
  void take_head() {
    Http1Parser::Head& head = parser_.head();
    if (head.status < 200 && head.status != 101) return;  // The real answer follows.
    current_->status = head.status;
    current_->headers = head.headers;
    current_->has_head = true;
    usable_ = usable_ && head.keep_alive;
    current_->tell();
  }
  void finish() {
    const auto exchange = std::exchange(current_, nullptr);
    exchange->ended = true;
    exchange->tell();
  }

  Http1Parser parser_;
  bool usable_ = true;
  std::shared_ptr<Exchange> current_;
  std::deque<std::shared_ptr<Exchange>> waiting_;
};

class Http2Client final : public ClientSession {
 public:
  Http2Client(std::size_t header_bytes_max, bool tls);
  ~Http2Client() override { nghttp2_session_del(session_); }

  void submit(std::shared_ptr<Exchange> exchange) override;
  Result<void> receive(std::span<const std::byte> bytes) override {
    const ssize_t used = nghttp2_session_mem_recv(
        session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (used < 0) return fail(unavailable(nghttp2_strerror(static_cast<int>(used))));
    return {};
  }
  bool wants_input() const override { return true; }
  void produce(std::string& output, std::size_t size) override {
    const std::size_t before = output.size();
    while (output.size() - before < size) {
      const std::uint8_t* data = nullptr;
      const ssize_t count = nghttp2_session_mem_send(session_, &data);
      if (count <= 0) return;
      output.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(count));
    }
  }
  void on_read(Exchange& exchange, std::size_t size) override {
    nghttp2_session_consume(session_, exchange.stream, size);
  }
  void cancel(Exchange& exchange) override {
    if (!exchanges_.contains(exchange.stream)) return;
    nghttp2_session_consume_connection(session_, exchange.body.size() - exchange.read);
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, exchange.stream, NGHTTP2_CANCEL);
    exchanges_.erase(exchange.stream);
  }
  void end(const Error& error) override {
    usable_ = false;
    for (const auto& [id, exchange] : std::exchange(exchanges_, {})) exchange->fail_with(error);
  }
  bool usable() const override { return usable_ && nghttp2_session_want_read(session_) != 0; }

 private:
  static Http2Client& self(void* user) { return *static_cast<Http2Client*>(user); }
  Exchange* find(std::int32_t id) {
    const auto it = exchanges_.find(id);
    return it == exchanges_.end() ? nullptr : it->second.get();
  }
  void on_header(std::int32_t id, std::string_view name, std::string_view value);
  void on_frame(const nghttp2_frame& frame);
  void on_data(std::int32_t id, std::string_view piece);
  void on_close(std::int32_t id, std::uint32_t code);
  static ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* data, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source* from, void*);

  nghttp2_session* session_ = nullptr;
  std::string_view scheme_;
  std::map<std::int32_t, std::shared_ptr<Exchange>> exchanges_;
  bool usable_ = true;
};

std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

Http2Client::Http2Client(std::size_t header_bytes_max, bool tls) : scheme_(tls ? "https" : "http") {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* option = nullptr;
  THOLE_ASSERT(nghttp2_session_callbacks_new(&callbacks) == 0);
  THOLE_ASSERT(nghttp2_option_new(&option) == 0);
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) {
        self(user).on_header(frame->hd.stream_id, text_of(name, name_size),
                             text_of(value, value_size));
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        self(user).on_frame(*frame);
        return 0;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                    std::size_t size, void* user) {
        self(user).on_data(id, text_of(data, size));
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
        self(user).on_close(id, code);
        return 0;
      });
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_peer_max_concurrent_streams(option, 100);
  THOLE_ASSERT(nghttp2_session_client_new2(&session_, callbacks, this, option) == 0);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window},
      {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, frame_size_max},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(header_bytes_max)}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, connection_window);
}

void Http2Client::submit(std::shared_ptr<Exchange> exchange) {
  const message::Request& request = exchange->request;
  std::vector<nghttp2_nv> fields = {
      field_of(":method", request.method), field_of(":scheme", scheme_),
      field_of(":authority", request.headers.get("host")), field_of(":path", request.target)};
  std::vector<std::string> names;
  names.reserve(request.headers.size());
  for (const auto& [name, value] : request.headers) {
    if (!field_is_sendable(name, value)) continue;
    names.push_back(lower_case(name));
    fields.push_back(field_of(names.back(), value));
  }
  const std::string size = cat(request.body.size());
  if (!request.body.empty()) fields.push_back(field_of("content-length", size));
  nghttp2_data_provider provider{};
  provider.source.ptr = exchange.get();
  provider.read_callback = &Http2Client::read_body;
  exchange->stream = nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(),
                                            request.body.empty() ? nullptr : &provider, nullptr);
  if (exchange->stream < 0) {
    usable_ = false;
    return exchange->fail_with(unavailable(nghttp2_strerror(exchange->stream)));
  }
  exchanges_.emplace(exchange->stream, std::move(exchange));
}

ssize_t Http2Client::read_body(nghttp2_session*, std::int32_t, std::uint8_t* data, std::size_t size,
                               std::uint32_t* flags, nghttp2_data_source* from, void*) {
  Exchange& exchange = *static_cast<Exchange*>(from->ptr);
  const std::string& body = exchange.request.body;
  const std::size_t count = std::min(size, body.size() - exchange.sent);
  std::memcpy(data, body.data() + exchange.sent, count);
  exchange.sent += count;
  if (exchange.sent == body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(count);
}

void Http2Client::on_header(std::int32_t id, std::string_view name, std::string_view value) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr || exchange->has_head) return;
  if (name == ":status") {
    std::from_chars(value.data(), value.data() + value.size(), exchange->status);
  } else if (exchange->status >= 200) {
    exchange->headers.add(std::string(name), std::string(value));
  }
}

void Http2Client::on_frame(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_GOAWAY) usable_ = false;
  Exchange* const exchange = find(frame.hd.stream_id);
  if (exchange == nullptr) return;
  if (frame.hd.type == NGHTTP2_HEADERS && exchange->status >= 200) exchange->has_head = true;
  if ((frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA) &&
      (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
    exchange->ended = true;
  }
  if (exchange->has_head) exchange->tell();
}

void Http2Client::on_data(std::int32_t id, std::string_view piece) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr) {
    nghttp2_session_consume_connection(session_, piece.size());
    return;
  }
  exchange->body += piece;
}

void Http2Client::on_close(std::int32_t id, std::uint32_t code) {
  const auto it = exchanges_.find(id);
  if (it == exchanges_.end()) return;
  const auto exchange = it->second;
  exchanges_.erase(it);
  exchange->fail_with(
      unavailable(cat("the server reset the stream: ", nghttp2_http2_strerror(code))));
}

}  // namespace

std::unique_ptr<ClientSession> make_http1_client(std::size_t header_bytes_max) {
  return std::make_unique<Http1Client>(header_bytes_max);
}
std::unique_ptr<ClientSession> make_http2_client(std::size_t header_bytes_max, bool tls) {
  return std::make_unique<Http2Client>(header_bytes_max, tls);
}

}  // namespace thole::http
