#pragma once
// Calls of the Kubernetes API with objects as JSON trees. An answer that is a metav1.Status with a
// failure becomes an Error of the same kind, code and message.
//
// Threads: the transport's executor.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "thole/client/body.hpp"
#include "thole/client/transport.hpp"
#include "thole/codec/value.hpp"

namespace thole::client {

struct ResourceRef {
  std::string group;  // "" for core
  std::string version;
  std::string plural;

  // "/api/v1/namespaces/x/pods"; without a namespace, of all.
  std::string path(std::string_view namespace_, std::string_view name = {},
                   std::string_view subresource = {}) const;
};

struct WatchEvent {
  std::string type;  // "ADDED", "MODIFIED", "DELETED", "BOOKMARK"
  codec::Document object;
};

// One open watch. Destroying it ends it.
class Watch {
 public:
  explicit Watch(std::unique_ptr<BodyReader> body) : body_(std::move(body)) {}
  // Nothing when the server has ended it. An ERROR event is returned as the Error it holds.
  Async<std::optional<WatchEvent>> next();
  // A pending `next` ends with Canceled.
  void close() { body_->close(); }

 private:
  std::unique_ptr<BodyReader> body_;
};

class Client {
 public:
  // `transport` outlives this and its watches. `user_agent` is what managedFields show.
  Client(Transport& transport, std::string user_agent)
      : transport_(transport), user_agent_(std::move(user_agent)) {}

  // Any path; the answer's body as a tree.
  Async<codec::Document> call(std::string method, std::string path, std::string body = {},
                              std::string content_type = "application/json");

  Async<codec::Document> get(ResourceRef resource, std::string namespace_, std::string name);
  // `query` is as in a URL: "labelSelector=a%3Db".
  Async<codec::Document> list(ResourceRef resource, std::string namespace_, std::string query = {});
  Async<codec::Document> create(ResourceRef resource, std::string namespace_, codec::Value object);
  Async<codec::Document> update(ResourceRef resource, std::string namespace_, std::string name,
                                codec::Value object, std::string subresource = {});
  Async<codec::Document> merge_patch(ResourceRef resource, std::string namespace_, std::string name,
                                     codec::Value patch, std::string subresource = {});
  Async<codec::Document> remove(ResourceRef resource, std::string namespace_, std::string name);
  Async<codec::Document> remove_all(ResourceRef resource, std::string namespace_);

  Async<Watch> watch(ResourceRef resource, std::string namespace_, std::string resource_version,
                     std::string query = {});

  Executor& executor() { return transport_.executor(); }

 private:
  Async<std::unique_ptr<BodyReader>> open(std::string method, std::string path, std::string body,
                                          std::string content_type, int& status);

  Transport& transport_;
  const std::string user_agent_;
};

}  // namespace thole::client
