#include "thole/api/respond.hpp"

#include "thole/api/errors.hpp"
#include "thole/api/stored.hpp"
#include "thole/api/tables/table.hpp"
#include "thole/base/blocking.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/gzip.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/yaml.hpp"

namespace thole::api {

message::Response respond_json(const MediaType& media, int status, std::string json) {
  message::Response response;
  response.status = status;
  response.headers.set("content-type", media.content_type());
  if (media.encoding == Encoding::Yaml || media.pretty) {
    const auto parsed = codec::parse_json(json);
    THOLE_ASSERT(parsed.has_value());  // We wrote it.
    json.clear();
    if (media.encoding == Encoding::Yaml) {
      codec::write_yaml(parsed->root, json);
    } else {
      codec::write_pretty_json(parsed->root, json);
    }
  } else if (!json.ends_with('\n')) {
    json += '\n';
  }
  response.body = std::move(json);
  return response;
}

message::Response respond_stored(const Call& call, int status, std::string_view name,
                                 const store::Value& value, store::Revision revision) {
  std::string json;
  switch (call.media.shape) {
    case Shape::Object:
      emit(value, object_head(call.resource()), revision, json);
      break;
    case Shape::Metadata:
      emit_metadata(value,
                    cat("\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/",
                        call.media.shape_version, "\","),
                    revision, json);
      break;
    case Shape::Table: {
      TableWriter table(call.resource(), call.media.shape_version, Columns::All,
                        call.executor().clock().wall());
      table.set_revision(revision);
      if (call.url.query.has("includeObject")) {
        table.set_include(call.url.query.get("includeObject"));
      }
      table.add(name, value, revision);
      table.finish(json);
      break;
    }
  }
  return respond_json(call.media, status, std::move(json));
}

message::Response respond_value(const Call& call, int status, const codec::Value& object) {
  return respond_json(call.media, status, codec::to_json(object));
}

message::Response respond_error(const MediaType& media, const Error& error) {
  MediaType form = media;
  form.shape = Shape::Object;
  message::Response response = respond_json(form, error.http_code(), status_json(error));
  if (error.details && error.details->retry_after_seconds > 0) {
    response.headers.set("retry-after", cat(error.details->retry_after_seconds));
  }
  return response;
}

message::Response respond_text(int status, std::string text) {
  message::Response response;
  response.status = status;
  response.headers.set("content-type", "text/plain; charset=utf-8");
  response.headers.set("x-content-type-options", "nosniff");
  response.body = std::move(text);
  return response;
}

asio::awaitable<void> compress(const Call& call, const Environment& environment,
                               message::Response& response) {
  auto* body = std::get_if<std::string>(&response.body);
  if (!body || body->size() < environment.limits.gzip_bytes_min) co_return;
  bool wanted = false;
  for (const std::string_view value : call.request.headers.all("accept-encoding")) {
    if (value.find("gzip") != value.npos) wanted = true;
  }
  if (!wanted) co_return;
  std::string packed;
  co_await run_blocking(environment.seams.blocking, call.executor(),
                        [&] { packed = codec::gzip(*body); });
  response.body = std::move(packed);
  response.headers.set("content-encoding", "gzip");
  response.headers.add("vary", "Accept-Encoding");
}

}  // namespace thole::api
