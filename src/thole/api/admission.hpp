#pragma once
// Admission: a chain of plugins that may change an object before it is written, and then a chain
// that may refuse it. Plugins get the decoded object; none sees bytes.
// Source: k8s.io/apiserver/pkg/admission.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "thole/api/attributes.hpp"
#include "thole/base/async.hpp"
#include "thole/codec/value.hpp"
#include "thole/schema/type.hpp"

namespace thole::api {

enum class Operation { Create, Update, Delete, Connect };

// One request on its way through the chain. Lives until the chain has ended.
struct Admission {
  const Attributes& attributes;  // The name is filled in on create, also a generated one.
  Operation operation;
  const schema::Resource& resource;
  bool dry_run = false;
  codec::Arena& arena;                 // What plugins add to `object` is allocated here.
  codec::Value object;                 // Null on Delete. Mutating plugins change it in place.
  codec::Value old_object;             // Null on Create. Never changed.
  codec::Value options;                // CreateOptions, UpdateOptions, DeleteOptions as an object.
  std::vector<std::string>& warnings;  // Each becomes a Warning header.
};

class AdmissionPlugin {
 public:
  virtual ~AdmissionPlugin() = default;
  virtual std::string_view name() const = 0;
  virtual bool handles(Operation operation, std::string_view group,
                       std::string_view resource) const = 0;
  // Each answers with the Error that the client gets, or lets the request pass.
  virtual Async<void> admit(Admission& admission);
  virtual Async<void> validate(const Admission& admission);
};

class AdmissionChain {
 public:
  void add(std::unique_ptr<AdmissionPlugin> plugin) { plugins_.push_back(std::move(plugin)); }

  bool handles(Operation operation, std::string_view group, std::string_view resource) const;
  Async<void> admit(Admission& admission) const;
  Async<void> validate(const Admission& admission) const;

 private:
  std::vector<std::unique_ptr<AdmissionPlugin>> plugins_;
};

}  // namespace thole::api
