#pragma once
// The objects that a new cluster starts with: namespaces, RBAC policy, flow control, priority
// classes, API services and the kubernetes Service with what belongs to it.
//
// They are prepared texts in the program (tools/bootstrapgen writes objects.jsonl; cluster.jsonl
// holds what depends on flags), so that a first start parses and defaults nothing.

#include <cstdint>
#include <string>
#include <vector>

#include "thole/base/clock.hpp"
#include "thole/base/random.hpp"

namespace thole::api {

struct BootstrapOptions {
  std::string advertise_address = "127.0.0.1";  // What the kubernetes Service leads to.
  std::uint16_t port = 6443;
  std::string service_cidr = "10.0.0.0/24";
  std::string service_ip = "10.0.0.1";  // The first address of `service_cidr`.
  std::string client_ca_pem;
};

struct BootstrapObject {
  std::string group, version, kind;
  std::string namespace_;  // Empty for objects of the cluster.
  std::string name;
  std::string json;  // The whole object as it is shown, without a resourceVersion.
};

// All of them, in the order in which they should be created.
std::vector<BootstrapObject> bootstrap_objects(const BootstrapOptions& options, WallTime now,
                                               Random& random);

}  // namespace thole::api
