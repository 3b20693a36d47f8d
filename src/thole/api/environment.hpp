#pragma once
// What every verb works with, handed down once. The parts referred to outlive the Api.

#include <string>

#include "thole/api/admission.hpp"
#include "thole/api/authenticator.hpp"
#include "thole/api/authorizer.hpp"
#include "thole/api/resource_rules.hpp"
#include "thole/api/resources.hpp"
#include "thole/api/virtual_resource.hpp"
#include "thole/api/walks.hpp"
#include "thole/base/metrics.hpp"
#include "thole/base/seams.hpp"
#include "thole/schema/catalog.hpp"
#include "thole/store/store.hpp"

namespace thole::api {

struct Limits {
  std::size_t body_bytes_max = 3u << 20;
  int reads_in_flight_max = 400;
  int writes_in_flight_max = 200;
  Duration request_time_max = std::chrono::seconds(60);
  Duration watch_time_min = std::chrono::minutes(30);  // A watch ends at random in [1, 2) of it.
  std::size_t watch_queue_bytes_max = 1u << 20;
  std::size_t watch_queue_events_max = 1000;
  std::size_t gzip_bytes_min = 128 * 1024;
  int patch_retries_max = 5;
};

struct VersionInfo {
  std::string major = "1";
  std::string minor = "37";
  std::string git_version = "v1.37.2";
  std::string git_commit = "";
  std::string build_date = "";
  std::string go_version = "";  // Clients only show it.
  std::string platform = "linux/amd64";
};

struct Environment {
  const Seams& seams;
  store::Store& store;
  const schema::Catalog& catalog;
  const Resources& resources;
  const RulesTable& rules;
  const AdmissionChain& admission;
  const VirtualResources& virtuals;
  Walks& walks;
  Authenticator& authenticator;
  Authorizer& authorizer;
  Metrics& metrics;
  Limits limits;
  VersionInfo version;
};

}  // namespace thole::api
