#pragma once
// A resource or subresource that is answered and not stored: access reviews, token requests,
// bindings, evictions, `finalize`. The verbs look here before they look at the store.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include "thole/api/attributes.hpp"
#include "thole/base/async.hpp"
#include "thole/codec/value.hpp"
#include "thole/schema/type.hpp"

namespace thole::api {

struct VirtualCall {
  const Attributes& attributes;
  codec::Arena& arena;
  codec::Value object;  // The decoded, defaulted body; null where there was none.
  bool dry_run = false;
};

class VirtualResource {
 public:
  virtual ~VirtualResource() = default;
  // The object (or Status) to answer with, with its apiVersion and kind; `call` lives until the
  // coroutine has ended.
  virtual Async<codec::Value> create(VirtualCall& call) = 0;
  virtual int success_code() const { return 201; }
};

class VirtualResources {
 public:
  void set(std::string group, std::string resource, std::string subresource,
           std::unique_ptr<VirtualResource> handler) {
    handlers_[{std::move(group), std::move(resource), std::move(subresource)}] = std::move(handler);
  }
  VirtualResource* find(const std::string& group, const std::string& resource,
                        const std::string& subresource) const {
    const auto found = handlers_.find({group, resource, subresource});
    return found == handlers_.end() ? nullptr : found->second.get();
  }

 private:
  std::map<std::tuple<std::string, std::string, std::string>, std::unique_ptr<VirtualResource>>
      handlers_;
};

}  // namespace thole::api
