// HTTP/2 on the server's side, over nghttp2's memory interface.

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <map>
#include <utility>

#include "thole/base/text.hpp"
#include "thole/http/http2_common.hpp"
#include "thole/http/session.hpp"

namespace thole::http {
namespace {

using message::Source;

constexpr auto field_of = make_field<nghttp2_nv>;

// 64 KiB of headers are four frames of the smallest size allowed, and the first is no continuation.
constexpr std::size_t continuations_max = 8;
constexpr std::size_t acknowledgements_max = 1'000;  // Of PING and SETTINGS, waiting to be sent.
constexpr std::size_t settings_entries_max = 32;

class Http2Session;

struct Stream {
  std::int32_t id = 0;
  message::Request request;
  std::size_t header_bytes = 0;
  bool headers_too_large = false;
  bool request_ended = false;  // END_STREAM came.
  bool handed_over = false;
  bool answered = false;
  bool completed = false;  // END_STREAM was sent.
  bool deferred = false;
  bool is_head = false;
  TimePoint progress;  // When its body, or its answer, last moved.
  std::shared_ptr<message::Cancellation> cancellation;
  message::Response response;
  Source* source = nullptr;  // In `response`.
  std::string_view left;     // In `response`.
};

class Http2Session final : public Session {
 public:
  Http2Session(SessionHost& host, const Limits& limits);
  ~Http2Session() override;

  Result<void> receive(std::span<const std::byte> bytes) override;
  bool wants_input() const override { return true; }
  void produce(std::string& output, std::size_t size) override;
  bool done() const override {
    return broken_ ||
           (!nghttp2_session_want_read(session_) && !nghttp2_session_want_write(session_));
  }
  void respond(StreamId stream, message::Response response) override;
  void begin_shutdown() override;
  TimePoint deadline() const override { return deadline_; }
  void on_time(TimePoint now) override;

  // What nghttp2 tells, in the order in which a stream lives.
  int on_begin_headers(std::int32_t id);
  int on_header(std::int32_t id, std::string_view name, std::string_view value, bool trailers);
  int on_frame(const nghttp2_frame& frame);
  int on_data(std::int32_t id, std::string_view piece);
  ssize_t on_read_body(Stream& stream, std::span<std::byte> buffer, std::uint32_t& flags);
  int on_frame_sent(const nghttp2_frame& frame);
  int on_stream_close(std::int32_t id, std::uint32_t error);

 private:
  Stream* find(std::int32_t id) {
    const auto it = streams_.find(id);
    return it == streams_.end() ? nullptr : &it->second;
  }
  void end_headers(Stream& stream, bool ended);
  void hand_over(Stream& stream);
  void drop_body(Stream& stream);
  void answer(Stream& stream, const nghttp2_data_provider* body);
  void answer_early(Stream& stream, int status, std::string text);
  void flood();
  void finish_goaway();
  void want_time(TimePoint at) { deadline_ = std::min(deadline_, at); }
  TimePoint check_streams(TimePoint now);

  SessionHost& host_;
  const Limits& limits_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, Stream> streams_;
  std::vector<std::int32_t> ready_;  // Deferred streams whose source has more.
  std::size_t handlers_ = 0;         // Requests handed over and not answered, also cancelled ones.
  std::size_t body_bytes_ = 0;       // Of bodies not handed over.
  RateLimit resets_;
  RateLimit control_frames_;
  bool broken_ = false;
  bool closing_ = false;
  bool goaway_sent_ = false;
  TimePoint last_input_;
  TimePoint ping_sent_{};  // Set while an answer is awaited.
  TimePoint deadline_;
};

// nghttp2 calls C functions; each finds the session and goes on in a member.
Http2Session& session_of(void* user) { return *static_cast<Http2Session*>(user); }

std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

void set_callbacks(nghttp2_session_callbacks* callbacks) {
  nghttp2_session_callbacks_set_on_begin_headers_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
          return 0;
        }
        return session_of(user).on_begin_headers(frame->hd.stream_id);
      });
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) {
        return session_of(user).on_header(frame->hd.stream_id, text_of(name, name_size),
                                          text_of(value, value_size),
                                          frame->headers.cat != NGHTTP2_HCAT_REQUEST);
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        return session_of(user).on_frame(*frame);
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                    std::size_t size,
                    void* user) { return session_of(user).on_data(id, text_of(data, size)); });
  nghttp2_session_callbacks_set_on_frame_send_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        return session_of(user).on_frame_sent(*frame);
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t error, void* user) {
        return session_of(user).on_stream_close(id, error);
      });
}

nghttp2_session* make_session(Http2Session* self) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* option = nullptr;
  THOLE_ASSERT(nghttp2_session_callbacks_new(&callbacks) == 0);
  THOLE_ASSERT(nghttp2_option_new(&option) == 0);
  set_callbacks(callbacks);
  // nghttp2's own bound closes an operator that drops a thousand watches; ours is in on_frame.
  nghttp2_option_set_stream_reset_rate_limit(option, 1'000'000'000, 1'000'000'000);
  nghttp2_option_set_max_continuations(option, continuations_max);
  nghttp2_option_set_max_outbound_ack(option, acknowledgements_max);
  nghttp2_option_set_max_settings(option, settings_entries_max);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_session* session = nullptr;
  THOLE_ASSERT(nghttp2_session_server_new2(&session, callbacks, self, option) == 0);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  return session;
}

Http2Session::Http2Session(SessionHost& host, const Limits& limits)
    : host_(host),
      limits_(limits),
      resets_(limits.resets_burst, limits.resets_per_second),
      control_frames_(limits.control_frames_burst, limits.control_frames_per_second),
      last_input_(host.now()),
      deadline_(host.now() + limits.header_timeout) {
  session_ = make_session(this);
  const std::array<nghttp2_settings_entry, 3> settings = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams_max},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits.header_bytes_max)},
  }};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                        static_cast<std::int32_t>(limits.connection_window_bytes));
}

Http2Session::~Http2Session() {
  nghttp2_session_del(session_);
  for (auto& [id, stream] : streams_) {
    host_.on_stream_count(-1);
    if (stream.cancellation) stream.cancellation->fire();
  }
}

Result<void> Http2Session::receive(std::span<const std::byte> bytes) {
  last_input_ = host_.now();
  const ssize_t used = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  host_.on_output();
  if (used >= 0) return {};
  broken_ = true;
  return fail(ErrorKind::BadRequest, nghttp2_strerror(static_cast<int>(used)));
}

int Http2Session::on_begin_headers(std::int32_t id) {
  // Cancelled requests free their stream at once while their handlers still run; without a bound
  // on those, a client could start any number of them.
  if (handlers_ >= 2 * limits_.streams_max) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    return 0;
  }
  Stream& stream = streams_[id];
  stream.id = id;
  stream.progress = host_.now();
  stream.request.received = stream.progress;
  host_.on_stream_count(1);
  want_time(stream.progress + std::min(limits_.body_timeout, limits_.ping_after));
  return 0;
}

int Http2Session::on_header(std::int32_t id, std::string_view name, std::string_view value,
                            bool trailers) {
  Stream* const stream = find(id);
  if (stream == nullptr) return 0;
  stream->header_bytes += name.size() + value.size() + 32;  // As RFC 9113, 6.5.2 counts.
  if (stream->header_bytes > limits_.header_bytes_max) stream->headers_too_large = true;
  if (stream->headers_too_large || trailers) return 0;
  message::Request& request = stream->request;
  if (!name.starts_with(':')) {
    request.headers.add(std::string(name), std::string(value));
  } else if (name == ":method") {
    request.method = value;
    stream->is_head = value == "HEAD";
  } else if (name == ":path") {
    request.target = value;
  } else if (name == ":authority") {
    request.headers.add("host", std::string(value));
  }
  return 0;
}

int Http2Session::on_frame(const nghttp2_frame& frame) {
  const bool ended = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  bool control = false;
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
      if (Stream* const stream = find(frame.hd.stream_id)) end_headers(*stream, ended);
      break;
    case NGHTTP2_DATA:
      control = frame.hd.length == 0 && !ended;
      if (Stream* const stream = find(frame.hd.stream_id); stream != nullptr && ended) {
        stream->request_ended = true;
        hand_over(*stream);
      }
      break;
    case NGHTTP2_RST_STREAM:
      if (!resets_.take(host_.now())) flood();
      break;
    case NGHTTP2_PING:
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) == 0) {
        control = true;
      } else {
        ping_sent_ = {};
        if (closing_) finish_goaway();
      }
      break;
    case NGHTTP2_SETTINGS:
      control = (frame.hd.flags & NGHTTP2_FLAG_ACK) == 0;
      break;
    case NGHTTP2_PRIORITY:
      control = true;
      break;
    default:
      break;
  }
  if (control && !control_frames_.take(host_.now())) flood();
  return 0;
}

void Http2Session::flood() {
  nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
}

void Http2Session::end_headers(Stream& stream, bool ended) {
  if (ended) stream.request_ended = true;
  if (stream.answered || stream.handed_over) return;
  if (stream.headers_too_large) {
    return answer_early(stream, 431, "the request's headers are too large");
  }
  if (ended) return hand_over(stream);
  const std::string_view text = stream.request.headers.get("content-length");
  std::uint64_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  if (length > limits_.body_bytes_max) return drop_body(stream);
  if (stream.request.headers.get("expect") == "100-continue") {
    nghttp2_nv status = field_of(":status", "100");
    nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id, nullptr, &status, 1, nullptr);
  }
}

int Http2Session::on_data(std::int32_t id, std::string_view piece) {
  Stream* const stream = find(id);
  if (stream == nullptr || stream->handed_over || stream->answered) return 0;
  if (stream->request.body.size() + piece.size() > limits_.body_bytes_max) {
    drop_body(*stream);
    return 0;
  }
  if (body_bytes_ + piece.size() > limits_.body_bytes_connection_max) {
    answer_early(*stream, 429, "too many large requests at once");
    return 0;
  }
  // Bodies come in frames of 16 KiB; telling the size ahead saves moving them about.
  if (stream->request.body.empty()) {
    const std::string_view text = stream->request.headers.get("content-length");
    std::uint64_t length = 0;
    std::from_chars(text.data(), text.data() + text.size(), length);
    stream->request.body.reserve(std::min<std::uint64_t>(length, limits_.body_bytes_max));
  }
  stream->request.body += piece;
  body_bytes_ += piece.size();
  stream->progress = host_.now();
  return 0;
}

void Http2Session::drop_body(Stream& stream) {
  body_bytes_ -= stream.request.body.size();
  stream.request.body = {};
  stream.request.body_too_large = true;
  hand_over(stream);
}

void Http2Session::hand_over(Stream& stream) {
  if (stream.handed_over || stream.answered) return;
  stream.handed_over = true;
  body_bytes_ -= stream.request.body.size();
  ++handlers_;
  stream.cancellation = std::make_shared<message::Cancellation>();
  stream.request.cancellation = stream.cancellation;
  host_.on_request(static_cast<StreamId>(stream.id), std::exchange(stream.request, {}));
}

void Http2Session::answer_early(Stream& stream, int status, std::string text) {
  body_bytes_ -= stream.request.body.size();
  stream.request = {};
  stream.response = {};
  stream.response.status = status;
  stream.response.headers.add("content-type", "text/plain; charset=utf-8");
  if (status == 429) stream.response.headers.add("retry-after", "1");
  stream.response.body = std::move(text) + "\n";
  stream.left = std::get<std::string>(stream.response.body);
  nghttp2_data_provider body{};
  answer(stream, &body);
}

void Http2Session::respond(StreamId id, message::Response response) {
  if (handlers_ > 0) --handlers_;
  Stream* const stream = find(static_cast<std::int32_t>(id));
  if (stream == nullptr || stream->answered) return;
  if (std::holds_alternative<message::Upgrade>(response.body)) {
    response = response_of(
        Error{ErrorKind::BadRequest, "HTTP/2 connections can't be upgraded", nullptr, 400});
  }
  stream->response = std::move(response);
  message::Response& ours = stream->response;
  if (const auto* text = std::get_if<std::string>(&ours.body)) {
    stream->left = *text;
  } else if (const auto* shared = std::get_if<std::shared_ptr<const std::string>>(&ours.body)) {
    stream->left = **shared;
  } else if (auto* source = std::get_if<std::unique_ptr<Source>>(&ours.body)) {
    stream->source = source->get();
    stream->source->set_notify([this, stream_id = stream->id] {
      ready_.push_back(stream_id);
      host_.on_output();
    });
    if (closing_) stream->source->drain();
  }
  nghttp2_data_provider body{};
  const bool bodyless = stream->is_head || ours.status == 204 || ours.status == 304 ||
                        (stream->source == nullptr && stream->left.empty());
  answer(*stream, bodyless ? nullptr : &body);
}

void Http2Session::answer(Stream& stream, const nghttp2_data_provider* body) {
  stream.answered = true;
  stream.progress = host_.now();
  want_time(stream.progress + limits_.write_timeout);
  // HTTP/2 wants names in lower case, and no fields that speak of the connection. nghttp2 copies.
  std::vector<nghttp2_nv> fields;
  std::vector<std::string> names;
  names.reserve(stream.response.headers.size());
  std::array<char, 24> number{};
  const auto digits = [&](char* at, auto value) {
    char* const end = std::to_chars(at, number.data() + number.size(), value).ptr;
    return std::string_view(at, static_cast<std::size_t>(end - at));
  };
  fields.push_back(field_of(":status", digits(number.data(), stream.response.status)));
  for (const auto& [name, value] : stream.response.headers) {
    if (!field_is_sendable(name, value)) continue;
    names.push_back(lower_case(name));
    fields.push_back(field_of(names.back(), value));
  }
  if (!stream.response.headers.has("date")) fields.push_back(field_of("date", host_.date()));
  if (stream.source == nullptr && !stream.response.headers.has("content-length") &&
      stream.response.status != 204 && stream.response.status != 304) {
    fields.push_back(field_of("content-length", digits(number.data() + 4, stream.left.size())));
  }
  nghttp2_data_provider provider{};
  provider.source.ptr = &stream;
  provider.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* data, std::size_t size,
                              std::uint32_t* flags, nghttp2_data_source* from, void* user) {
    return session_of(user).on_read_body(*static_cast<Stream*>(from->ptr),
                                         std::as_writable_bytes(std::span(data, size)), *flags);
  };
  nghttp2_submit_response(session_, stream.id, fields.data(), fields.size(),
                          body != nullptr ? &provider : nullptr);
  host_.on_output();
}

ssize_t Http2Session::on_read_body(Stream& stream, std::span<std::byte> buffer,
                                   std::uint32_t& flags) {
  stream.progress = host_.now();
  if (stream.source == nullptr) {
    const std::size_t count = std::min(buffer.size(), stream.left.size());
    std::memcpy(buffer.data(), stream.left.data(), count);
    stream.left.remove_prefix(count);
    if (stream.left.empty()) flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }
  const Source::Read read = stream.source->read(buffer);
  switch (read.state) {
    case Source::State::Data:
      THOLE_ASSERT(read.size > 0 && read.size <= buffer.size());
      return static_cast<ssize_t>(read.size);
    case Source::State::Again:
      stream.deferred = true;
      return NGHTTP2_ERR_DEFERRED;
    case Source::State::End:
      flags |= NGHTTP2_DATA_FLAG_EOF;
      return 0;
    case Source::State::Abort:
      break;
  }
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

void Http2Session::produce(std::string& output, std::size_t size) {
  for (const std::int32_t id : std::exchange(ready_, {})) {
    Stream* const stream = find(id);
    if (stream == nullptr || !std::exchange(stream->deferred, false)) continue;
    nghttp2_session_resume_data(session_, id);
  }
  const std::size_t before = output.size();
  while (output.size() - before < size) {
    const std::uint8_t* data = nullptr;
    const ssize_t count = nghttp2_session_mem_send(session_, &data);
    if (count <= 0) {
      broken_ |= count < 0;
      break;
    }
    output.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(count));
  }
  if (closing_ && !goaway_sent_ && streams_.empty()) {
    finish_goaway();
    produce(output, size);
  }
}

int Http2Session::on_frame_sent(const nghttp2_frame& frame) {
  if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return 0;
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
  Stream* const stream = find(frame.hd.stream_id);
  if (stream == nullptr) return 0;
  stream->completed = true;
  // The answer is complete before the request is: its rest isn't wanted (RFC 9113, 8.1).
  if (!stream->request_ended) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
  }
  return 0;
}

int Http2Session::on_stream_close(std::int32_t id, std::uint32_t) {
  const auto it = streams_.find(id);
  if (it == streams_.end()) return 0;
  // The stream leaves the map first: what the cancellation runs must not find it.
  const auto node = streams_.extract(it);
  const Stream& stream = node.mapped();
  if (!stream.handed_over && !stream.answered) body_bytes_ -= stream.request.body.size();
  host_.on_stream_count(-1);
  if (stream.cancellation && !stream.completed) stream.cancellation->fire();
  if (streams_.empty()) want_time(host_.now() + limits_.idle_timeout);
  return 0;
}

void Http2Session::begin_shutdown() {
  if (closing_) return;
  closing_ = true;
  // In two steps (RFC 9113, 6.8): the first says that the end is near, the PING's answer says that
  // it was read, and the second names the last request that was served.
  nghttp2_submit_shutdown_notice(session_);
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
  for (auto& [id, stream] : streams_) {
    if (stream.source == nullptr) continue;
    stream.source->drain();
    ready_.push_back(id);
  }
  host_.on_output();
}

void Http2Session::finish_goaway() {
  if (std::exchange(goaway_sent_, true)) return;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  host_.on_output();
}

void Http2Session::on_time(TimePoint now) {
  if (now < deadline_) return;
  if (streams_.empty()) {
    deadline_ = last_input_ + limits_.idle_timeout;
    if (now < deadline_) return;
    nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR);
    deadline_ = TimePoint::max();
    host_.on_output();
    return;
  }
  deadline_ = check_streams(now);
  if (ping_sent_ != TimePoint{}) {
    if (now >= ping_sent_ + limits_.ping_timeout && last_input_ < ping_sent_) {
      broken_ = true;  // Nobody is there to be told.
      host_.on_output();
      return;
    }
    if (last_input_ >= ping_sent_) ping_sent_ = {};
  }
  if (ping_sent_ != TimePoint{}) return want_time(ping_sent_ + limits_.ping_timeout);
  if (now >= last_input_ + limits_.ping_after) {
    ping_sent_ = now;
    nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
    host_.on_output();
    return want_time(now + limits_.ping_timeout);
  }
  want_time(last_input_ + limits_.ping_after);
}

// Resets streams whose client neither sends its body nor takes ours. Returns when to look again.
TimePoint Http2Session::check_streams(TimePoint now) {
  TimePoint next = TimePoint::max();
  std::vector<std::int32_t> stalled;
  for (auto& [id, stream] : streams_) {
    const bool awaits_body = !stream.handed_over && !stream.answered;
    const bool awaits_window = stream.answered && !stream.deferred && !stream.completed;
    if (!awaits_body && !awaits_window) continue;
    const TimePoint until = awaits_body ? stream.progress + limits_.body_timeout
                                        : stream.progress + limits_.write_timeout;
    if (now >= until) {
      stalled.push_back(id);
    } else {
      next = std::min(next, until);
    }
  }
  for (const std::int32_t id : stalled) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
    host_.on_output();
  }
  return next;
}

}  // namespace

std::unique_ptr<Session> make_http2_session(SessionHost& host, const Limits& limits) {
  return std::make_unique<Http2Session>(host, limits);
}

}  // namespace thole::http
