#pragma once
// The options that requests carry in their query (or, for deletes, their body), read strictly as
// upstream's parameter codec does. Source: k8s.io/apimachinery/pkg/apis/meta/v1. Threads: any.

#include <cstdint>
#include <optional>
#include <string>

#include "thole/api/errors.hpp"
#include "thole/api/field_selector.hpp"
#include "thole/api/label_selector.hpp"
#include "thole/api/url.hpp"
#include "thole/codec/value.hpp"

namespace thole::api {

struct ListOptions {
  LabelSelector labels;
  FieldSelector fields;
  bool watch = false;
  bool bookmarks = false;
  std::string resource_version;
  std::string match;  // "", "Exact" or "NotOlderThan"
  std::optional<std::int64_t> timeout_seconds;
  std::int64_t limit = 0;
  std::string continue_token;
  std::optional<bool> send_initial_events;
};

// `watch_path`: the request came by /watch/, which is a watch whatever the query says.
Result<ListOptions> parse_list_options(const Query& query, bool watch_path = false);

enum class FieldValidation : std::uint8_t { Ignore, Warn, Strict };

struct WriteOptions {
  bool dry_run = false;
  std::string field_manager;
  FieldValidation field_validation = FieldValidation::Warn;
  bool force = false;
};

// `kind` is "CreateOptions", "UpdateOptions" or "PatchOptions", for messages.
Result<WriteOptions> parse_write_options(const Query& query, std::string_view kind);

struct DeleteOptions {
  std::optional<std::int64_t> grace_seconds;
  std::optional<std::string> uid;  // Preconditions.
  std::optional<std::string> resource_version;
  std::optional<bool> orphan_dependents;
  std::optional<std::string> propagation;
  bool dry_run = false;
};

// `body` is null when there was none; then the query counts.
Result<DeleteOptions> parse_delete_options(const Query& query, codec::Value body);

// A resourceVersion as a number; "" is 0. Fails with Invalid as upstream's.
Result<std::uint64_t> parse_resource_version(std::string_view text);

// Go's strconv.ParseBool as the query codec uses it: "", "false" and "0" are false, else true.
bool query_bool(const Query& query, std::string_view key);

}  // namespace thole::api
