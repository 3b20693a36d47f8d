#include "thole/api/auth/errors.hpp"

#include <string>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {
namespace {

// What names a user or a path may hold must not look like HTML to a browser.
std::string without_markup(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string what_was_asked(const Attributes& attributes) {
  const std::string user = codec::go_quote(attributes.user.name);
  if (!attributes.resource_request) {
    return cat("User ", user, " cannot ", attributes.verb, " path ",
               codec::go_quote(attributes.path));
  }
  std::string resource = attributes.resource;
  if (!attributes.subresource.empty()) resource += "/" + attributes.subresource;
  const std::string start =
      cat("User ", user, " cannot ", attributes.verb, " resource ", codec::go_quote(resource),
          " in API group ", codec::go_quote(attributes.group));
  if (attributes.namespace_.empty()) return start + " at the cluster scope";
  return cat(start, " in the namespace ", codec::go_quote(attributes.namespace_));
}

}  // namespace

Error forbidden_error(const Attributes& attributes, std::string_view reason) {
  std::string message = without_markup(what_was_asked(attributes));
  if (!reason.empty()) message += cat(": ", reason);

  ErrorDetails details;
  std::string subject;
  if (attributes.resource_request) {
    details = {.name = attributes.name, .group = attributes.group, .kind = attributes.resource};
    subject = attributes.resource;
    if (!attributes.group.empty()) subject += "." + attributes.group;
    if (!attributes.name.empty()) subject += " " + codec::go_quote(attributes.name);
    subject += " is forbidden: ";
  } else {
    subject = "forbidden: ";
  }
  return {ErrorKind::Forbidden, subject + message,
          std::make_shared<const ErrorDetails>(std::move(details)), 0};
}

Error unauthorized_error() { return {ErrorKind::Unauthorized, "Unauthorized", nullptr, 0}; }

}  // namespace thole::api
