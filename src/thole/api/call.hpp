#pragma once
// One request on its way: what it says, who sent it, and what is to be told with the answer. Lives
// in the frame of the coroutine that handles it.

#include <string>
#include <vector>

#include "thole/api/authenticator.hpp"
#include "thole/api/negotiate.hpp"
#include "thole/api/request_info.hpp"
#include "thole/api/resources.hpp"
#include "thole/api/url.hpp"
#include "thole/base/random.hpp"
#include "thole/codec/value.hpp"
#include "thole/message/message.hpp"
#include "thole/store/txn.hpp"

namespace thole::api {

struct Call {
  explicit Call(message::Request sent) : request(std::move(sent)) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  message::Request request;
  Url url;
  RequestInfo info;
  Caller caller;
  Served served;
  MediaType media;
  Random* random = nullptr;  // The executor's.
  codec::Arena arena;
  std::vector<std::string> warnings;

  const schema::Resource& resource() const { return *served.resource; }
  Executor& executor() const { return *request.executor; }
};

// Where an object of this resource lies in the store. Groups that share objects share the key.
std::string storage_resource(const schema::Resource& resource);
store::Key storage_key(const schema::Resource& resource, std::string_view namespace_,
                       std::string_view name);

}  // namespace thole::api
