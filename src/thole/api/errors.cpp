#include "thole/api/errors.hpp"

#include <set>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {

namespace {

Error make(ErrorKind kind, std::string message, ErrorDetails details) {
  return {kind, std::move(message), std::make_shared<const ErrorDetails>(std::move(details)), 0};
}

ErrorDetails about(std::string_view group, std::string_view kind, std::string_view name) {
  ErrorDetails details;
  details.group = group;
  details.kind = kind;
  details.name = name;
  return details;
}

class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }
  void text(std::string_view key, std::string_view value, bool keep_empty = false) {
    if (value.empty() && !keep_empty) return;
    begin(key);
    codec::write_json_string(value, out_);
  }
  void number(std::string_view key, int value) {
    begin(key);
    out_ += cat(value);
  }
  void begin(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += cat("\"", key, "\":");
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

void write_details(const ErrorDetails& details, std::string& out) {
  Members members(out);
  members.text("name", details.name);
  members.text("group", details.group);
  members.text("kind", details.kind);
  members.text("uid", details.uid);
  if (!details.causes.empty()) {
    members.begin("causes");
    out += '[';
    for (std::size_t i = 0; i < details.causes.size(); ++i) {
      if (i != 0) out += ',';
      Members cause(out);
      cause.text("reason", details.causes[i].reason);
      cause.text("message", details.causes[i].message);
      cause.text("field", details.causes[i].field);
      cause.end();
    }
    out += ']';
  }
  if (details.retry_after_seconds != 0) {
    members.number("retryAfterSeconds", details.retry_after_seconds);
  }
  members.end();
}

// A token for the rest of a list travels as a cause of this reason; it belongs into metadata.
std::string_view continue_token_of(const Error& error) {
  if (!error.details || error.details->causes.size() != 1) return {};
  const ErrorCause& cause = error.details->causes.front();
  return cause.reason == "ContinueToken" ? std::string_view(cause.message) : std::string_view();
}

}  // namespace

std::string qualified(std::string_view group, std::string_view resource) {
  return group.empty() ? std::string(resource) : cat(resource, ".", group);
}

Error not_found(std::string_view group, std::string_view resource, std::string_view name) {
  return make(ErrorKind::NotFound,
              cat(qualified(group, resource), " ", codec::go_quote(name), " not found"),
              about(group, resource, name));
}

Error already_exists(std::string_view group, std::string_view resource, std::string_view name) {
  return make(ErrorKind::AlreadyExists,
              cat(qualified(group, resource), " ", codec::go_quote(name), " already exists"),
              about(group, resource, name));
}

Error conflict(std::string_view group, std::string_view resource, std::string_view name,
               std::string_view why) {
  return make(ErrorKind::Conflict,
              cat("Operation cannot be fulfilled on ", qualified(group, resource), " ",
                  codec::go_quote(name), ": ", why),
              about(group, resource, name));
}

Error forbidden(std::string_view group, std::string_view resource, std::string_view name,
                std::string_view why) {
  std::string message;
  if (resource.empty()) {
    message = cat("forbidden: ", why);
  } else if (name.empty()) {
    message = cat(qualified(group, resource), " is forbidden: ", why);
  } else {
    message = cat(qualified(group, resource), " ", codec::go_quote(name), " is forbidden: ", why);
  }
  return make(ErrorKind::Forbidden, std::move(message), about(group, resource, name));
}

Error method_not_supported(std::string_view group, std::string_view resource,
                           std::string_view verb) {
  return make(ErrorKind::MethodNotAllowed,
              cat(verb, " is not supported on resources of kind ",
                  codec::go_quote(qualified(group, resource))),
              about(group, resource, ""));
}

Error bad_request(std::string message) {
  return {ErrorKind::BadRequest, std::move(message), nullptr, 0};
}

Error invalid(std::string_view group, std::string_view kind, std::string_view name, Causes causes) {
  std::vector<std::string> texts;
  std::set<std::string> seen;
  for (const ErrorCause& cause : causes) {
    std::string text = cat(cause.field, ": ", cause.message);
    if (seen.insert(text).second) texts.push_back(std::move(text));
  }
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  if (texts.size() > 1) all = cat("[", all, "]");
  ErrorDetails details = about(group, kind, name);
  details.causes = std::move(causes);
  return make(ErrorKind::Invalid,
              cat(qualified(group, kind), " ", codec::go_quote(name),
                  " is invalid: ", all.empty() ? std::string("<nil>") : all),
              std::move(details));
}

Error expired(std::string message) { return {ErrorKind::Expired, std::move(message), nullptr, 0}; }

Error too_large_resource_version(std::uint64_t asked, std::uint64_t current) {
  ErrorDetails details;
  details.causes.push_back({"ResourceVersionTooLarge", "Too large resource version", ""});
  details.retry_after_seconds = 1;
  return make(ErrorKind::Timeout,
              cat("Too large resource version: ", asked, ", current: ", current),
              std::move(details));
}

ErrorCause cause_required(std::string field, std::string_view detail) {
  return {"FieldValueRequired",
          detail.empty() ? std::string("Required value") : cat("Required value: ", detail),
          std::move(field)};
}

ErrorCause cause_invalid(std::string field, std::string_view value, std::string_view detail) {
  return {"FieldValueInvalid", cat("Invalid value: ", value, detail.empty() ? "" : ": ", detail),
          std::move(field)};
}

ErrorCause cause_forbidden(std::string field, std::string_view detail) {
  return {"FieldValueForbidden",
          detail.empty() ? std::string("Forbidden") : cat("Forbidden: ", detail), std::move(field)};
}

std::string status_json(const Error& error) {
  std::string out;
  Members members(out);
  members.text("kind", "Status");
  members.text("apiVersion", "v1");
  members.begin("metadata");
  if (const std::string_view token = continue_token_of(error); !token.empty()) {
    out += cat("{\"continue\":\"", token, "\"}");
  } else {
    out += "{}";
  }
  members.text("status", "Failure");
  members.text("message", error.message);
  members.text("reason", reason_of(error.kind));
  if (error.details && continue_token_of(error).empty()) {
    members.begin("details");
    write_details(*error.details, out);
  }
  members.number("code", error.http_code());
  members.end();
  out += '\n';
  return out;
}

std::string success_json(std::string_view group, std::string_view resource, std::string_view name,
                         std::string_view uid) {
  ErrorDetails details = about(group, resource, name);
  details.uid = uid;
  std::string out = R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success",)"
                    R"("details":)";
  write_details(details, out);
  out += "}\n";
  return out;
}

}  // namespace thole::api
