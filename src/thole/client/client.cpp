#include "thole/client/client.hpp"

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::client {
namespace {

using codec::Document;
using codec::Value;

constexpr std::size_t kAnswerBytesMax = std::size_t{1} << 30;
constexpr std::size_t kEventBytesMax = std::size_t{16} << 20;

ErrorKind kind_of_reason(std::string_view reason, std::int64_t code) {
  for (int i = 0; i <= static_cast<int>(ErrorKind::Canceled); ++i) {
    const auto kind = static_cast<ErrorKind>(i);
    if (!reason.empty() && reason_of(kind) == reason) return kind;
  }
  if (code == 404) return ErrorKind::NotFound;
  if (code == 409) return ErrorKind::Conflict;
  if (code == 410) return ErrorKind::Gone;
  if (code == 503) return ErrorKind::ServiceUnavailable;
  return ErrorKind::Unknown;
}

// A metav1.Status as the Error it tells.
Error error_of(const Value& status, int http_status) {
  const std::int64_t code = status.int_or("code", http_status);
  Error error{kind_of_reason(status.string_or("reason"), code),
              std::string(status.string_or("message")), nullptr, static_cast<int>(code)};
  if (error.message.empty()) error.message = cat("the server answered ", code);
  if (const Value details = status.get("details"); details.is_object()) {
    ErrorDetails made{.name = std::string(details.string_or("name")),
                      .group = std::string(details.string_or("group")),
                      .kind = std::string(details.string_or("kind")),
                      .uid = std::string(details.string_or("uid"))};
    made.retry_after_seconds = static_cast<int>(details.int_or("retryAfterSeconds", 0));
    for (const Value& cause : details.get("causes").elements()) {
      made.causes.push_back({std::string(cause.string_or("reason")),
                             std::string(cause.string_or("message")),
                             std::string(cause.string_or("field"))});
    }
    error.details = std::make_shared<const ErrorDetails>(std::move(made));
  }
  return error;
}

std::string with_query(std::string path, std::string_view query) {
  return query.empty() ? path : cat(path, "?", query);
}

}  // namespace

std::string ResourceRef::path(std::string_view namespace_, std::string_view name,
                              std::string_view subresource) const {
  std::string out = group.empty() ? cat("/api/", version) : cat("/apis/", group, "/", version);
  if (!namespace_.empty()) out += cat("/namespaces/", namespace_);
  out += cat("/", plural);
  if (!name.empty()) out += cat("/", name);
  if (!subresource.empty()) out += cat("/", subresource);
  return out;
}

Async<std::unique_ptr<BodyReader>> Client::open(std::string method, std::string path,
                                                std::string body, std::string content_type,
                                                int& status) {
  message::Request request;
  request.method = std::move(method);
  request.target = std::move(path);
  request.headers.add("accept", "application/json");
  request.headers.add("user-agent", user_agent_);
  if (!body.empty()) request.headers.add("content-type", std::move(content_type));
  request.body = std::move(body);
  THOLE_CO_TRY(message::Response response, co_await transport_.send(std::move(request)));
  status = response.status;
  co_return std::make_unique<BodyReader>(transport_.executor(), std::move(response));
}

Async<Document> Client::call(std::string method, std::string path, std::string body,
                             std::string content_type) {
  int status = 0;
  THOLE_CO_TRY(auto reader, co_await open(std::move(method), std::move(path), std::move(body),
                                          std::move(content_type), status));
  THOLE_CO_TRY(const std::string text, co_await reader->read_all(kAnswerBytesMax));
  Result<Document> document = codec::parse_json(text);
  if (status >= 400) {
    co_return fail(error_of(document ? document->root : Value(), status));
  }
  co_return std::move(document);
}

Async<Document> Client::get(ResourceRef resource, std::string namespace_, std::string name) {
  co_return co_await call("GET", resource.path(namespace_, name));
}

Async<Document> Client::list(ResourceRef resource, std::string namespace_, std::string query) {
  co_return co_await call("GET", with_query(resource.path(namespace_), query));
}

Async<Document> Client::create(ResourceRef resource, std::string namespace_, Value object) {
  co_return co_await call("POST", resource.path(namespace_), codec::to_json(object));
}

Async<Document> Client::update(ResourceRef resource, std::string namespace_, std::string name,
                               Value object, std::string subresource) {
  co_return co_await call("PUT", resource.path(namespace_, name, subresource),
                          codec::to_json(object));
}

Async<Document> Client::merge_patch(ResourceRef resource, std::string namespace_, std::string name,
                                    Value patch, std::string subresource) {
  co_return co_await call("PATCH", resource.path(namespace_, name, subresource),
                          codec::to_json(patch), "application/merge-patch+json");
}

Async<Document> Client::remove(ResourceRef resource, std::string namespace_, std::string name) {
  co_return co_await call("DELETE", resource.path(namespace_, name));
}

Async<Document> Client::remove_all(ResourceRef resource, std::string namespace_) {
  co_return co_await call("DELETE", resource.path(namespace_));
}

Async<Watch> Client::watch(ResourceRef resource, std::string namespace_,
                           std::string resource_version, std::string query) {
  std::string full = cat("watch=1&allowWatchBookmarks=true&resourceVersion=", resource_version);
  if (!query.empty()) full += cat("&", query);
  int status = 0;
  THOLE_CO_TRY(auto reader,
               co_await open("GET", with_query(resource.path(namespace_), full), {}, {}, status));
  if (status >= 400) {
    THOLE_CO_TRY(const std::string text, co_await reader->read_all(kEventBytesMax));
    const Result<Document> document = codec::parse_json(text);
    co_return fail(error_of(document ? document->root : Value(), status));
  }
  co_return Watch(std::move(reader));
}

Async<std::optional<WatchEvent>> Watch::next() {
  THOLE_CO_TRY(std::optional<std::string> line, co_await body_->read_line(kEventBytesMax));
  if (!line) co_return std::optional<WatchEvent>();
  THOLE_CO_TRY(Document document, codec::parse_json(*line));
  const std::string type(document.root.string_or("type"));
  const Value object = document.root.get("object");
  if (type == "ERROR") co_return fail(error_of(object, 500));
  co_return std::optional(WatchEvent{type, Document{std::move(document.arena), object}});
}

}  // namespace thole::client
