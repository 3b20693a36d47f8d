#include "thole/api/auth/reviews.hpp"

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/time.hpp"

namespace thole::api {
namespace {

using codec::Arena;
using codec::Value;

constexpr std::string_view kAuthorization = "authorization.k8s.io";
constexpr std::string_view kAuthentication = "authentication.k8s.io";

Value strings(Arena& arena, const std::vector<std::string>& items) {
  const Value list = Value::array(arena);
  for (const std::string& item : items) list.push_back(arena, Value::string(arena, item));
  return list;
}

std::vector<std::string> strings_of(const Value& list) {
  std::vector<std::string> out;
  for (const Value& item : list.elements()) {
    if (item.is_string()) out.emplace_back(item.as_string());
  }
  return out;
}

// authentication.k8s.io/v1 UserInfo.
Value user_info(Arena& arena, const UserInfo& user) {
  const Value out = Value::object(arena);
  out.set(arena, "username", Value::string(arena, user.name));
  if (!user.uid.empty()) out.set(arena, "uid", Value::string(arena, user.uid));
  if (!user.groups.empty()) out.set(arena, "groups", strings(arena, user.groups));
  if (!user.extra.empty()) {
    const Value extra = Value::object(arena);
    for (const auto& [key, values] : user.extra) extra.set(arena, key, strings(arena, values));
    out.set(arena, "extra", extra);
  }
  return out;
}

// Upstream leaves the kind out of these messages, so ours do.
Error invalid(std::string_view group, std::vector<ErrorCause> causes) {
  std::string text;
  for (const ErrorCause& cause : causes) {
    if (!text.empty()) text += ", ";
    text += cat(cause.field, ": ", cause.message);
  }
  if (causes.size() > 1) text = "[" + text + "]";
  return {ErrorKind::Invalid, cat(".", group, " \"\" is invalid: ", text),
          std::make_shared<const ErrorDetails>(
              ErrorDetails{.group = std::string(group), .causes = std::move(causes)}),
          0};
}

// Only managedFields, and for a local review the namespace, may stand in metadata.
bool has_metadata(const Value& object, bool local) {
  for (const codec::Member& member : object.get("metadata").members()) {
    if (member.key == "managedFields" || member.key == "creationTimestamp") continue;
    if (local && member.key == "namespace") continue;
    return true;
  }
  return false;
}

void check_selector(const Value& selector, std::string_view path, std::vector<ErrorCause>& causes) {
  if (!selector.is_object()) return;
  const std::string_view raw = selector.string_or("rawSelector");
  const std::size_t count = selector.get("requirements").size();
  if (!raw.empty() && count > 0) {
    causes.push_back({"FieldValueInvalid",
                      cat("Invalid value: ", codec::go_quote(raw),
                          ": may not specified at the same time as requirements"),
                      cat(path, ".rawSelector")});
  }
  if (raw.empty() && count == 0) {
    causes.push_back({"FieldValueRequired",
                      cat("Required value: when ", path,
                          " is specified, requirements or rawSelector is required"),
                      cat(path, ".requirements")});
  }
}

void check_spec(const Value& object, bool self, std::vector<ErrorCause>& causes) {
  const Value spec = object.get("spec");
  const Value resource = spec.get("resourceAttributes");
  const Value other = spec.get("nonResourceAttributes");
  if (resource.is_object() == other.is_object()) {
    causes.push_back({"FieldValueInvalid",
                      cat("Invalid value: ", other.is_object() ? codec::to_json(other) : "null",
                          ": exactly one of nonResourceAttributes or resourceAttributes must be "
                          "specified"),
                      "spec"});
  }
  if (!self && spec.string_or("user").empty() && spec.get("groups").size() == 0) {
    causes.push_back({"FieldValueInvalid",
                      "Invalid value: \"\": at least one of user or group must be specified",
                      "spec.user"});
  }
  check_selector(resource.get("fieldSelector"), "spec.resourceAttributes.fieldSelector", causes);
  check_selector(resource.get("labelSelector"), "spec.resourceAttributes.labelSelector", causes);
}

Attributes asked(const Value& spec, UserInfo user) {
  Attributes out;
  out.user = std::move(user);
  if (const Value resource = spec.get("resourceAttributes"); resource.is_object()) {
    out.resource_request = true;
    out.verb = resource.string_or("verb");
    out.group = resource.string_or("group");
    out.version = resource.string_or("version");
    if (out.version.empty()) out.version = "*";
    out.resource = resource.string_or("resource");
    out.subresource = resource.string_or("subresource");
    out.namespace_ = resource.string_or("namespace");
    out.name = resource.string_or("name");
  } else {
    const Value path = spec.get("nonResourceAttributes");
    out.verb = path.string_or("verb");
    out.path = path.string_or("path");
  }
  return out;
}

UserInfo user_of_spec(const Value& spec) {
  UserInfo user{.name = std::string(spec.string_or("user")),
                .uid = std::string(spec.string_or("uid")),
                .groups = strings_of(spec.get("groups"))};
  for (const codec::Member& member : spec.get("extra").members()) {
    user.extra.emplace_back(std::string(member.key), strings_of(member.value));
  }
  return user;
}

enum class Whose : std::uint8_t { Own, Anyones, Local };

class AccessReview : public VirtualResource {
 public:
  AccessReview(RbacAuthorizer& authorizer, Whose whose) : authorizer_(authorizer), whose_(whose) {}

  Async<Value> create(VirtualCall& call) override {
    const Value object = call.object;
    const Value spec = object.get("spec");
    std::vector<ErrorCause> causes;
    const bool local = whose_ == Whose::Local;
    check_spec(object, whose_ == Whose::Own, causes);
    if (has_metadata(object, local)) {
      causes.push_back({"FieldValueInvalid",
                        cat("Invalid value: ", codec::to_json(object.get("metadata")),
                            local ? ": must be empty except for namespace" : ": must be empty"),
                        "metadata"});
    }
    if (local) check_local(object, causes);
    if (!causes.empty()) co_return fail(invalid(kAuthorization, std::move(causes)));
    if (local && object.get("metadata").string_or("namespace") != call.attributes.namespace_) {
      co_return fail(ErrorKind::BadRequest,
                     cat("spec.resourceAttributes.namespace must match namespace: ",
                         call.attributes.namespace_));
    }

    const Attributes attributes =
        asked(spec, whose_ == Whose::Own ? call.attributes.user : user_of_spec(spec));
    const Decision decision = authorizer_.decide(attributes);
    Arena& arena = call.arena;
    const Value status = Value::object(arena);
    const bool allowed = decision.answer == Decision::Answer::Allow;
    status.set(arena, "allowed", Value::boolean(allowed));
    if (decision.answer == Decision::Answer::Deny) {
      status.set(arena, "denied", Value::boolean(true));
    }
    if (!decision.reason.empty()) {
      status.set(arena, "reason", Value::string(arena, decision.reason));
    }
    object.set(arena, "status", status);
    co_return object;
  }

 private:
  static void check_local(const Value& object, std::vector<ErrorCause>& causes) {
    const Value spec = object.get("spec");
    const Value resource = spec.get("resourceAttributes");
    if (resource.is_object() &&
        resource.string_or("namespace") != object.get("metadata").string_or("namespace")) {
      causes.push_back({"FieldValueInvalid",
                        cat("Invalid value: ", codec::go_quote(resource.string_or("namespace")),
                            ": must match metadata.namespace"),
                        "spec.resourceAttributes.namespace"});
    }
    if (const Value path = spec.get("nonResourceAttributes"); path.is_object()) {
      causes.push_back(
          {"FieldValueInvalid",
           cat("Invalid value: ", codec::to_json(path), ": disallowed on this kind of request"),
           "spec.nonResourceAttributes"});
    }
  }

  RbacAuthorizer& authorizer_;
  const Whose whose_;
};

class RulesReview : public VirtualResource {
 public:
  explicit RulesReview(RbacAuthorizer& authorizer) : authorizer_(authorizer) {}

  Async<Value> create(VirtualCall& call) override {
    const std::string_view namespace_ = call.object.get("spec").string_or("namespace");
    if (namespace_.empty()) co_return fail(ErrorKind::BadRequest, "no namespace on request");

    std::vector<std::string> errors;
    const std::vector<PolicyRule> rules =
        authorizer_.policy()->rules_for(call.attributes.user, namespace_, errors);

    Arena& arena = call.arena;
    const Value resource_rules = Value::array(arena);
    const Value other_rules = Value::array(arena);
    for (const PolicyRule& rule : rules) {
      if (!rule.resources.empty()) {
        const Value out = Value::object(arena);
        out.set(arena, "verbs", strings(arena, rule.verbs));
        if (!rule.api_groups.empty()) out.set(arena, "apiGroups", strings(arena, rule.api_groups));
        out.set(arena, "resources", strings(arena, rule.resources));
        if (!rule.resource_names.empty()) {
          out.set(arena, "resourceNames", strings(arena, rule.resource_names));
        }
        resource_rules.push_back(arena, out);
      }
      if (!rule.non_resource_urls.empty()) {
        const Value out = Value::object(arena);
        out.set(arena, "verbs", strings(arena, rule.verbs));
        out.set(arena, "nonResourceURLs", strings(arena, rule.non_resource_urls));
        other_rules.push_back(arena, out);
      }
    }

    const Value status = Value::object(arena);
    status.set(arena, "resourceRules", resource_rules);
    status.set(arena, "nonResourceRules", other_rules);
    status.set(arena, "incomplete", Value::boolean(false));
    if (!errors.empty()) status.set(arena, "evaluationError", Value::string(arena, errors.front()));
    // Upstream answers with an object of its own, without what was asked.
    const Value answer = Value::object(arena);
    answer.set(arena, "kind", Value::string("SelfSubjectRulesReview"));
    answer.set(arena, "apiVersion", Value::string("authorization.k8s.io/v1"));
    answer.set(arena, "metadata", Value::object(arena));
    answer.set(arena, "spec", Value::object(arena));
    answer.set(arena, "status", status);
    co_return answer;
  }

 private:
  RbacAuthorizer& authorizer_;
};

class WhoAmI : public VirtualResource {
 public:
  explicit WhoAmI(const Clock& clock) : clock_(clock) {}

  Async<Value> create(VirtualCall& call) override {
    Arena& arena = call.arena;
    const Value metadata = Value::object(arena);
    metadata.set(arena, "creationTimestamp",
                 Value::string(arena, codec::format_time(codec::to_timestamp(clock_.wall()))));
    const Value status = Value::object(arena);
    status.set(arena, "userInfo", user_info(arena, call.attributes.user));
    const Value answer = Value::object(arena);
    answer.set(arena, "kind", Value::string("SelfSubjectReview"));
    answer.set(arena, "apiVersion",
               Value::string(arena, cat(kAuthentication, "/", call.attributes.version)));
    answer.set(arena, "metadata", metadata);
    answer.set(arena, "status", status);
    co_return answer;
  }

 private:
  const Clock& clock_;
};

class TokenReview : public VirtualResource {
 public:
  explicit TokenReview(const RequestAuthenticator& authenticator) : authenticator_(authenticator) {}

  Async<Value> create(VirtualCall& call) override {
    const std::string_view token = call.object.get("spec").string_or("token");
    if (token.empty()) {
      co_return fail(ErrorKind::BadRequest, "token is required for TokenReview in authentication");
    }
    Arena& arena = call.arena;
    const Value status = Value::object(arena);
    if (const std::optional<UserInfo> user = authenticator_.user_of_token(token)) {
      status.set(arena, "authenticated", Value::boolean(true));
      status.set(arena, "user", user_info(arena, *user));
    } else {
      status.set(arena, "user", Value::object(arena));
      status.set(arena, "error", Value::string("invalid bearer token"));
    }
    call.object.set(arena, "status", status);
    co_return call.object;
  }

 private:
  const RequestAuthenticator& authenticator_;
};

}  // namespace

void add_reviews(VirtualResources& resources, RbacAuthorizer& authorizer,
                 const RequestAuthenticator& authenticator, const Clock& clock) {
  const std::string authorization(kAuthorization);
  const std::string authentication(kAuthentication);
  resources.set(authorization, "selfsubjectaccessreviews", "",
                std::make_unique<AccessReview>(authorizer, Whose::Own));
  resources.set(authorization, "subjectaccessreviews", "",
                std::make_unique<AccessReview>(authorizer, Whose::Anyones));
  resources.set(authorization, "localsubjectaccessreviews", "",
                std::make_unique<AccessReview>(authorizer, Whose::Local));
  resources.set(authorization, "selfsubjectrulesreviews", "",
                std::make_unique<RulesReview>(authorizer));
  resources.set(authentication, "selfsubjectreviews", "", std::make_unique<WhoAmI>(clock));
  resources.set(authentication, "tokenreviews", "", std::make_unique<TokenReview>(authenticator));
}

}  // namespace thole::api
