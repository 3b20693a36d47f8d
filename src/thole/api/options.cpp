#include "thole/api/options.hpp"

#include <charconv>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {

namespace {

Result<std::int64_t> query_int(const Query& query, std::string_view key) {
  const std::string_view text = query.get(key);
  std::int64_t number = 0;
  if (text.empty()) return number;
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (read.ec == std::errc::result_out_of_range) {
    return fail(bad_request(
        cat("strconv.ParseInt: parsing ", codec::go_quote(text), ": value out of range")));
  }
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || digits.empty()) {
    return fail(
        bad_request(cat("strconv.ParseInt: parsing ", codec::go_quote(text), ": invalid syntax")));
  }
  return number;
}

ErrorCause not_supported(std::string field, std::string_view value, std::string_view supported) {
  return {"FieldValueNotSupported",
          cat("Unsupported value: ", codec::go_quote(value), ": supported values: ", supported),
          std::move(field)};
}

Causes check_list(const ListOptions& options) {
  Causes causes;
  if (!options.match.empty()) {
    if (options.resource_version.empty()) {
      causes.push_back(
          cause_forbidden("resourceVersionMatch",
                          "resourceVersionMatch is forbidden unless resourceVersion is provided"));
    }
    if (!options.continue_token.empty()) {
      causes.push_back(cause_forbidden(
          "resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
    }
    if (options.match != "Exact" && options.match != "NotOlderThan") {
      causes.push_back(
          not_supported("resourceVersionMatch", options.match, R"("Exact", "NotOlderThan", "")"));
    }
    if (options.match == "Exact" && options.resource_version == "0") {
      causes.push_back(
          cause_forbidden("resourceVersionMatch",
                          "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
    }
  }
  if (options.send_initial_events) {
    causes.push_back(
        cause_forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  return causes;
}

Causes check_watch(const ListOptions& options) {
  Causes causes;
  if (options.send_initial_events && options.match != "NotOlderThan") {
    causes.push_back(
        cause_forbidden("resourceVersionMatch",
                        "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
  }
  if (!options.match.empty()) {
    if (!options.send_initial_events) {
      causes.push_back(cause_forbidden(
          "resourceVersionMatch",
          "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
    }
    if (options.match != "NotOlderThan") {
      causes.push_back(not_supported("resourceVersionMatch", options.match, R"("NotOlderThan")"));
    }
    if (!options.continue_token.empty()) {
      causes.push_back(cause_forbidden(
          "resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
    }
  }
  return causes;
}

Result<bool> check_dry_run(std::vector<std::string_view> values, std::string_view kind) {
  for (const std::string_view value : values) {
    if (value != "All") {
      return fail(invalid("meta.k8s.io", kind, "", {not_supported("dryRun", value, "\"All\"")}));
    }
  }
  return !values.empty();
}

}  // namespace

bool query_bool(const Query& query, std::string_view key) {
  if (!query.has(key)) return false;
  std::string value(query.get(key));
  for (char& c : value) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return value != "false" && value != "0";
}

Result<std::uint64_t> parse_resource_version(std::string_view text) {
  std::uint64_t number = 0;
  if (text.empty()) return number;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    const std::string_view why =
        read.ec == std::errc::result_out_of_range ? ": value out of range" : ": invalid syntax";
    return fail(
        invalid("", "", "",
                {cause_invalid("resourceVersion", codec::go_quote(text),
                               cat("strconv.ParseUint: parsing ", codec::go_quote(text), why))}));
  }
  return number;
}

Result<ListOptions> parse_list_options(const Query& query, bool watch_path) {
  ListOptions options;
  if (const auto text = query.get("labelSelector"); !text.empty()) {
    THOLE_TRY(options.labels, parse_label_selector(text));
  }
  if (const auto text = query.get("fieldSelector"); !text.empty()) {
    THOLE_TRY(options.fields, parse_field_selector(text));
  }
  options.watch = query_bool(query, "watch");
  options.bookmarks = query_bool(query, "allowWatchBookmarks");
  options.resource_version = query.get("resourceVersion");
  options.match = query.get("resourceVersionMatch");
  if (query.has("timeoutSeconds")) {
    THOLE_TRY(options.timeout_seconds, query_int(query, "timeoutSeconds"));
  }
  THOLE_TRY(options.limit, query_int(query, "limit"));
  options.continue_token = query.get("continue");
  if (query.has("sendInitialEvents")) {
    options.send_initial_events = query_bool(query, "sendInitialEvents");
  }
  Causes causes = options.watch ? check_watch(options) : check_list(options);
  if (!causes.empty()) return fail(invalid("meta.k8s.io", "ListOptions", "", std::move(causes)));
  options.watch = options.watch || watch_path;
  return options;
}

Result<WriteOptions> parse_write_options(const Query& query, std::string_view kind) {
  WriteOptions options;
  THOLE_TRY(options.dry_run, check_dry_run(query.all("dryRun"), kind));
  options.field_manager = query.get("fieldManager");
  options.force = query_bool(query, "force");
  Causes causes;
  if (options.field_manager.size() > 128) {
    causes.push_back(
        {"FieldValueTooLong", "Too long: may not be more than 128 bytes", "fieldManager"});
  }
  for (const char c : options.field_manager) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      causes.push_back(cause_invalid("fieldManager", codec::go_quote(options.field_manager),
                                     "should only contain printable characters"));
      break;
    }
  }
  if (const std::string_view text = query.get("fieldValidation"); text == "Ignore") {
    options.field_validation = FieldValidation::Ignore;
  } else if (text == "Strict") {
    options.field_validation = FieldValidation::Strict;
  } else if (!text.empty() && text != "Warn") {
    causes.push_back(not_supported("fieldValidation", text, R"("", "Ignore", "Strict", "Warn")"));
  }
  if (!causes.empty()) return fail(invalid("meta.k8s.io", kind, "", std::move(causes)));
  return options;
}

Result<DeleteOptions> parse_delete_options(const Query& query, codec::Value body) {
  DeleteOptions options;
  std::vector<std::string_view> dry_run;
  if (body.is_object()) {
    if (const auto grace = body.get("gracePeriodSeconds"); grace.is_int()) {
      options.grace_seconds = grace.as_int();
    }
    const codec::Value wants = body.get("preconditions");
    if (const auto uid = wants.get("uid"); uid.is_string()) options.uid = uid.as_string();
    if (const auto version = wants.get("resourceVersion"); version.is_string()) {
      options.resource_version = version.as_string();
    }
    if (const auto orphan = body.get("orphanDependents"); orphan.is_bool()) {
      options.orphan_dependents = orphan.as_bool();
    }
    if (const auto policy = body.get("propagationPolicy"); policy.is_string()) {
      options.propagation = policy.as_string();
    }
    for (const codec::Value& entry : body.get("dryRun").elements()) {
      dry_run.push_back(entry.is_string() ? entry.as_string() : "");
    }
  } else {
    if (query.has("gracePeriodSeconds")) {
      THOLE_TRY(options.grace_seconds, query_int(query, "gracePeriodSeconds"));
    }
    if (query.has("orphanDependents")) {
      options.orphan_dependents = query_bool(query, "orphanDependents");
    }
    if (query.has("propagationPolicy")) options.propagation = query.get("propagationPolicy");
    dry_run = query.all("dryRun");
  }
  THOLE_TRY(options.dry_run, check_dry_run(std::move(dry_run), "DeleteOptions"));
  Causes causes;
  if (options.propagation && options.orphan_dependents) {
    causes.push_back(cause_invalid("propagationPolicy", codec::go_quote(*options.propagation),
                                   "orphanDependents and deletionPropagation cannot be both set"));
  }
  if (options.propagation && *options.propagation != "Foreground" &&
      *options.propagation != "Background" && *options.propagation != "Orphan") {
    causes.push_back(not_supported("propagationPolicy", *options.propagation,
                                   R"("Background", "Foreground", "Orphan", "nil")"));
  }
  if (!causes.empty()) {
    return fail(invalid("meta.k8s.io", "DeleteOptions", "", std::move(causes)));
  }
  return options;
}

}  // namespace thole::api
