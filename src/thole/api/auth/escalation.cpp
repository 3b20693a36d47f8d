#include "thole/api/auth/escalation.hpp"

#include <algorithm>
#include <set>

#include "thole/api/auth/rule_covers.hpp"
#include "thole/api/errors.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {
namespace {

using codec::Value;

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

std::vector<PolicyRule> rules_in(const Value& object) {
  std::vector<PolicyRule> rules;
  for (const Value& rule : object.get("rules").elements()) rules.push_back(policy_rule_of(rule));
  return rules;
}

std::vector<PolicyRule> full_authority() {
  PolicyRule everything;
  everything.verbs = everything.api_groups = everything.resources = {"*"};
  PolicyRule every_path;
  every_path.verbs = every_path.non_resource_urls = {"*"};
  return {everything, every_path};
}

bool aggregates(const Value& role) {
  return role.get("aggregationRule").get("clusterRoleSelectors").size() > 0;
}

// Whether only fields differ that the garbage collector needs to let an object go.
bool only_collector_fields(const Value& object, const Value& old) {
  codec::Arena arena;
  const auto without = [&](const Value& from) {
    Value copy = from.clone(arena);
    const Value metadata = copy.get("metadata");
    for (const std::string_view key : {"ownerReferences", "finalizers", "managedFields"}) {
      metadata.erase(key);
    }
    return copy;
  };
  return without(object) == without(old);
}

class EscalationCheck final : public AdmissionPlugin {
 public:
  explicit EscalationCheck(RbacAuthorizer& authorizer) : authorizer_(authorizer) {}

  std::string_view name() const override { return "RBACEscalation"; }

  bool handles(Operation operation, std::string_view group,
               std::string_view resource) const override {
    if (operation != Operation::Create && operation != Operation::Update) return false;
    return group == kGroup && (resource == "roles" || resource == "clusterroles" ||
                               resource == "rolebindings" || resource == "clusterrolebindings");
  }

  Async<void> admit(Admission& admission) override { co_return check(admission); }

 private:
  Result<void> check(const Admission& admission) const {
    const std::vector<std::string>& groups = admission.attributes.user.groups;
    if (std::find(groups.begin(), groups.end(), "system:masters") != groups.end()) return {};
    if (admission.operation == Operation::Update &&
        only_collector_fields(admission.object, admission.old_object)) {
      return {};
    }
    const std::string_view plural = admission.resource.plural;
    return plural == "roles" || plural == "clusterroles" ? check_role(admission)
                                                         : check_binding(admission);
  }

  Result<void> check_role(const Admission& admission) const {
    // The name as the path has it: the verb given for one name says nothing of an object yet to
    // be made.
    const std::string name =
        admission.attributes.verb == "create" ? std::string() : admission.attributes.name;
    if (may(admission, "escalate", std::string(admission.resource.plural), name)) return {};
    THOLE_CHECK(confirm(admission, rules_in(admission.object)));
    if (admission.resource.plural == "clusterroles" &&
        (aggregates(admission.object) || aggregates(admission.old_object))) {
      // It gathers rules yet unknown.
      THOLE_TRY(const auto missing, missing_rules(held(admission), full_authority()));
      if (!missing.empty()) {
        return refuse(admission, "must have cluster-admin privileges to use the aggregationRule");
      }
    }
    return {};
  }

  Result<void> check_binding(const Admission& admission) const {
    const Value ref = admission.object.get("roleRef");
    const std::string_view kind = ref.string_or("kind");
    const std::string name(ref.string_or("name"));
    const bool cluster = kind == "ClusterRole";
    if (!cluster && kind != "Role") {
      return fail(ErrorKind::Unknown,
                  cat("unsupported role reference kind: ", codec::go_quote(kind)));
    }
    const std::string plural = cluster ? "clusterroles" : "roles";
    if (ref.string_or("apiGroup") == kGroup && may(admission, "bind", plural, name)) return {};
    const PolicyRules rules =
        cluster ? authorizer_.policy()->cluster_role(name)
                : authorizer_.policy()->role(admission.attributes.namespace_, name);
    if (!rules) return fail(not_found(kGroup, plural, name));
    return confirm(admission, *rules);
  }

  // `plural` is the resource the verb is asked for, in the namespace of the request.
  bool may(const Admission& admission, std::string verb, std::string plural,
           std::string name) const {
    Attributes asked;
    asked.user = admission.attributes.user;
    asked.verb = std::move(verb);
    asked.resource_request = true;
    asked.group = kGroup;
    asked.version = "*";
    asked.resource = std::move(plural);
    asked.namespace_ = admission.attributes.namespace_;
    asked.name = std::move(name);
    return authorizer_.decide(asked).answer == Decision::Answer::Allow;
  }

  std::vector<PolicyRule> held(const Admission& admission) const {
    std::vector<std::string> ignored;
    return authorizer_.policy()->rules_for(admission.attributes.user,
                                           admission.attributes.namespace_, ignored);
  }

  Result<void> confirm(const Admission& admission, const std::vector<PolicyRule>& wanted) const {
    const UserInfo& user = admission.attributes.user;
    std::vector<std::string> errors;
    const std::vector<PolicyRule> owned =
        authorizer_.policy()->rules_for(user, admission.attributes.namespace_, errors);
    const Result<std::vector<PolicyRule>> missing = missing_rules(owned, wanted);
    if (!missing) return refuse(admission, missing.error().message);
    if (missing->empty()) return {};

    std::set<std::string> lines;
    for (const PolicyRule& rule : *missing) lines.insert(compact_text(rule));
    std::string why =
        cat("user ", codec::go_quote(user.name), " (groups=", quoted_list(user.groups),
            ") is attempting to grant RBAC permissions not currently held:");
    for (const std::string& line : lines) why += "\n" + line;
    if (!errors.empty()) why += "; resolution errors: [" + joined_errors(errors) + "]";
    return refuse(admission, why);
  }

  static std::string joined_errors(const std::vector<std::string>& errors) {
    if (errors.size() == 1) return errors.front();
    std::string out = "[";
    for (const std::string& error : errors) out += (out.size() > 1 ? ", " : "") + error;
    return out + "]";
  }

  static Result<void> refuse(const Admission& admission, std::string_view why) {
    return fail(forbidden(kGroup, admission.resource.plural, admission.attributes.name, why));
  }

  RbacAuthorizer& authorizer_;
};

}  // namespace

std::unique_ptr<AdmissionPlugin> escalation_check(RbacAuthorizer& authorizer) {
  return std::make_unique<EscalationCheck>(authorizer);
}

}  // namespace thole::api
