#include "thole/api/auth/escalation.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "thole/api/auth/rule_covers.hpp"
#include "thole/base/test_executor.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/schema/catalog.hpp"

namespace thole::api {
namespace {

// A store with RBAC objects in it, and the plugin asked as a write would ask it.
class Escalation : public ::testing::Test {
 protected:
  Escalation() {
    store::StoreSeams seams;
    seams.sequencer = &executor_;
    store_ = store::Store::in_memory({}, seams);
    authorizer_ = std::make_unique<RbacAuthorizer>(*store_);
    plugin_ = escalation_check(*authorizer_);
  }

  void put(std::string plural, std::string name, std::string json) {
    store::Txn txn;
    txn.push_back(store::Op::put({"rbac.authorization.k8s.io/" + plural, std::move(name)},
                                 store::Expect::anything(), json));
    const auto committed = run(store_->commit(executor_, std::move(txn)));
    ASSERT_TRUE(committed);
  }

  // Ann holds `rules` in the namespace n.
  void ann_holds(std::string rules) {
    put("roles", "n/held", cat(R"({"rules":)", rules, "}"));
    put("rolebindings", "n/held",
        R"({"roleRef":{"kind":"Role","name":"held"},)"
        R"("subjects":[{"kind":"User","name":"ann"}]})");
  }

  // What the client gets: "" when the write goes on.
  std::string create(std::string plural, std::string object, UserInfo user = {"ann", "", {}, {}}) {
    return ask(Operation::Create, std::move(plural), std::move(object), "{}", std::move(user));
  }
  std::string update(std::string plural, std::string object, std::string old) {
    return ask(Operation::Update, std::move(plural), std::move(object), std::move(old),
               {"ann", "", {}, {}});
  }

 private:
  std::string ask(Operation operation, std::string plural, std::string object, std::string old,
                  UserInfo user) {
    const schema::Resource* resource = nullptr;
    for (const std::string_view kind :
         {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"}) {
      const schema::Resource* one = catalog_->find_kind("rbac.authorization.k8s.io", "v1", kind);
      if (one && one->plural == plural) resource = one;
    }
    Attributes attributes;
    attributes.user = std::move(user);
    attributes.verb = operation == Operation::Create ? "create" : "update";
    attributes.resource_request = true;
    attributes.group = "rbac.authorization.k8s.io";
    attributes.resource = plural;
    attributes.name = "x";
    if (resource->namespaced) attributes.namespace_ = "n";
    codec::Document fresh = *codec::parse_json(object);
    codec::Document before = *codec::parse_json(old);
    std::vector<std::string> warnings;
    Admission admission{attributes, operation,   *resource,      false,   *fresh.arena,
                        fresh.root, before.root, codec::Value(), warnings};
    EXPECT_TRUE(plugin_->handles(operation, attributes.group, plural));
    const Result<void> result = run(plugin_->admit(admission));
    return result ? std::string() : cat(result.error().http_code(), " ", result.error().message);
  }

  template <typename T>
  Result<T> run(Async<T> task) {
    std::optional<Result<T>> out;
    spawn(executor_, "test",
          [](Async<T> inner, std::optional<Result<T>>& kept) -> asio::awaitable<void> {
            kept = co_await std::move(inner);
          }(std::move(task), out));
    executor_.run();
    return std::move(*out);
  }

  TestExecutor executor_;
  std::shared_ptr<const schema::Catalog> catalog_ = schema::Catalog::builtin();
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<RbacAuthorizer> authorizer_;
  std::unique_ptr<AdmissionPlugin> plugin_;
};

constexpr const char* kReadPods =
    R"([{"verbs":["get","list"],"apiGroups":[""],"resources":["pods"]}])";

std::string role_of(std::string_view rules) {
  return cat(R"({"metadata":{"name":"x"},"rules":)", rules, "}");
}
std::string bind(std::string_view kind, std::string_view name) {
  return cat(R"({"metadata":{"name":"x"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io",)",
             R"("kind":")", kind, R"(","name":")", name, R"("}})");
}

TEST_F(Escalation, LetsPassWhatTheCallerHoldsAndNamesWhatHeDoesNot) {
  ann_holds(kReadPods);
  EXPECT_EQ(create("roles", role_of(kReadPods)), "");
  EXPECT_EQ(create("roles",
                   role_of(R"([{"verbs":["list","watch","delete"],"apiGroups":["",)"
                           R"("apps"],"resources":["pods"]}])"),
                   {"ann", "", {"dev", "system:authenticated"}, {}}),
            "403 roles.rbac.authorization.k8s.io \"x\" is forbidden: user \"ann\" (groups=[\"dev\" "
            "\"system:authenticated\"]) is attempting to grant RBAC permissions not currently "
            "held:\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"watch\" \"delete\"]}\n"
            "{APIGroups:[\"apps\"], Resources:[\"pods\"], Verbs:[\"list\" \"watch\" \"delete\"]}");
}

TEST_F(Escalation, GivesNothingAcrossTheClusterForWhatIsHeldInOneNamespace) {
  ann_holds(kReadPods);
  EXPECT_TRUE(create("clusterroles", role_of(kReadPods)).starts_with("403"));
}

TEST_F(Escalation, LetsAdministratorsAndThoseWithTheVerbsPass) {
  EXPECT_EQ(create("clusterroles", role_of(kReadPods), {"root", "", {"system:masters"}, {}}), "");
  put("clusterroles", "target", cat(R"({"rules":)", kReadPods, "}"));
  EXPECT_TRUE(create("rolebindings", bind("ClusterRole", "target")).starts_with("403"));
  ann_holds(R"([{"verbs":["bind"],"apiGroups":["rbac.authorization.k8s.io"],)"
            R"("resources":["clusterroles"],"resourceNames":["target"]},)"
            R"({"verbs":["escalate"],"apiGroups":["rbac.authorization.k8s.io"],)"
            R"("resources":["roles"]}])");
  EXPECT_EQ(create("rolebindings", bind("ClusterRole", "target")), "");
  EXPECT_TRUE(create("clusterrolebindings", bind("ClusterRole", "target")).starts_with("403"));
  EXPECT_EQ(create("roles", role_of(kReadPods)), "");
  EXPECT_TRUE(create("clusterroles", role_of(kReadPods)).starts_with("403"));
}

TEST_F(Escalation, TakesEscalateForOneNameAsNoLeaveToMakeARoleOfThatName) {
  ann_holds(R"([{"verbs":["escalate"],"apiGroups":["rbac.authorization.k8s.io"],)"
            R"("resources":["roles"],"resourceNames":["x"]}])");
  EXPECT_TRUE(create("roles", role_of(kReadPods)).starts_with("403"));
  EXPECT_EQ(update("roles", role_of(kReadPods), role_of("[]")), "");
}

TEST_F(Escalation, AsksForARoleThatIsThere) {
  EXPECT_EQ(create("rolebindings", bind("Role", "gone")),
            "404 roles.rbac.authorization.k8s.io \"gone\" not found");
}

TEST_F(Escalation, LetsFinalizersGoWithoutAskingForTheRest) {
  const std::string held =
      R"({"metadata":{"name":"x","finalizers":["a"]},"rules":[{"verbs":["*"],"apiGroups":["*"],)"
      R"("resources":["*"]}]})";
  const std::string freed =
      R"({"metadata":{"name":"x"},"rules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}]})";
  const std::string labeled =
      R"({"metadata":{"name":"x","labels":{"a":"b"}},"rules":[{"verbs":["*"],"apiGroups":["*"],)"
      R"("resources":["*"]}]})";
  EXPECT_EQ(update("roles", freed, held), "");
  EXPECT_TRUE(update("roles", labeled, held).starts_with("403"));
}

TEST_F(Escalation, WantsEverythingOfWhoUsesAnAggregationRule) {
  const std::string gathers =
      R"({"metadata":{"name":"x"},"aggregationRule":{"clusterRoleSelectors":[{}]}})";
  EXPECT_EQ(create("clusterroles", gathers),
            "403 clusterroles.rbac.authorization.k8s.io \"x\" is forbidden: must have "
            "cluster-admin privileges to use the aggregationRule");
  EXPECT_TRUE(update("clusterroles", R"({"metadata":{"name":"x"}})", gathers).starts_with("403"));
  put("clusterroles", "all",
      R"({"rules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]},)"
      R"({"verbs":["*"],"nonResourceURLs":["*"]}]})");
  put("clusterrolebindings", "all",
      R"({"roleRef":{"kind":"ClusterRole","name":"all"},)"
      R"("subjects":[{"kind":"User","name":"ann"}]})");
  EXPECT_EQ(create("clusterroles", gathers), "");
}

TEST(RuleCovers, KnowsStarsSubresourcesNamesAndPaths) {
  const auto missing = [](PolicyRule held, PolicyRule wanted) {
    return missing_rules({held}, {wanted})->size();
  };
  const PolicyRule scales{{"*"}, {"apps"}, {"*/scale"}, {}, {}};
  EXPECT_EQ(missing(scales, {{"get"}, {"apps"}, {"deployments/scale"}, {}, {}}), 0u);
  EXPECT_EQ(missing(scales, {{"get"}, {"apps"}, {"deployments"}, {}, {}}), 1u);
  EXPECT_EQ(missing(scales, {{"get"}, {"*"}, {"deployments/scale"}, {}, {}}), 1u);
  const PolicyRule one{{"get"}, {""}, {"pods"}, {"a", "b"}, {}};
  EXPECT_EQ(missing(one, {{"get"}, {""}, {"pods"}, {"b"}, {}}), 0u);
  EXPECT_EQ(missing(one, {{"get"}, {""}, {"pods"}, {"b", "c"}, {}}), 1u);
  EXPECT_EQ(missing(one, {{"get"}, {""}, {"pods"}, {}, {}}), 1u);
  const PolicyRule paths{{"get"}, {}, {}, {}, {"/api/*"}};
  EXPECT_EQ(missing(paths, {{"get"}, {}, {}, {}, {"/api/v1", "/api/*"}}), 0u);
  EXPECT_EQ(missing(paths, {{"get"}, {}, {}, {}, {"/apis", "*"}}), 2u);
}

TEST(RuleCovers, RefusesToCompareWithoutEnd) {
  const std::vector<std::string> many(500, "x");
  EXPECT_FALSE(missing_rules({}, {{many, many, many, {}, {}}}));
}

}  // namespace
}  // namespace thole::api
