#include "thole/client/body.hpp"

#include <array>
#include <span>

namespace thole::client {
namespace {

Error too_large() {
  return {ErrorKind::RequestEntityTooLarge, "the server's answer is too large", nullptr, 0};
}

}  // namespace

BodyReader::BodyReader(Executor& executor, message::Response response)
    : response_(std::move(response)), ready_(std::make_shared<Signal>(executor)) {
  if (auto* text = std::get_if<std::string>(&response_.body)) {
    buffer_ = std::move(*text);
  } else if (auto* shared = std::get_if<std::shared_ptr<const std::string>>(&response_.body)) {
    buffer_ = **shared;
  } else if (auto* source = std::get_if<std::unique_ptr<message::Source>>(&response_.body)) {
    source_ = source->get();
    source_->set_notify([ready = std::weak_ptr(ready_)] {
      if (const auto signal = ready.lock()) signal->notify();
    });
  }
}

BodyReader::~BodyReader() = default;

void BodyReader::close() { ready_->close(); }

Async<bool> BodyReader::fill() {
  while (source_ && !ended_) {
    std::array<std::byte, 16 * 1024> bytes;
    const message::Source::Read read = source_->read(bytes);
    switch (read.state) {
      case message::Source::State::Data:
        buffer_.append(reinterpret_cast<const char*>(bytes.data()), read.size);
        co_return true;
      case message::Source::State::End:
        ended_ = true;
        break;
      case message::Source::State::Abort:
        co_return fail(ErrorKind::ServiceUnavailable, "the server's answer was cut off");
      case message::Source::State::Again: {
        const std::shared_ptr<Signal> ready = ready_;
        if (co_await ready->wait() == Signal::Outcome::Closed) {
          co_return fail(ErrorKind::Canceled, "closed");
        }
        break;
      }
    }
  }
  co_return false;
}

Async<std::string> BodyReader::read_all(std::size_t bytes_max) {
  for (;;) {
    if (buffer_.size() > bytes_max) co_return fail(too_large());
    THOLE_CO_TRY(const bool more, co_await fill());
    if (!more) co_return std::move(buffer_);
  }
}

Async<std::optional<std::string>> BodyReader::read_line(std::size_t bytes_max) {
  for (;;) {
    const std::size_t end = buffer_.find('\n', searched_);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      searched_ = 0;
      co_return std::optional(std::move(line));
    }
    searched_ = buffer_.size();
    if (buffer_.size() > bytes_max) co_return fail(too_large());
    THOLE_CO_TRY(const bool more, co_await fill());
    if (more) continue;
    if (buffer_.empty()) co_return std::optional<std::string>();
    searched_ = 0;
    co_return std::optional(std::exchange(buffer_, {}));
  }
}

}  // namespace thole::client
