#include <gtest/gtest.h>

#include <optional>

#include "thole/api/auth/errors.hpp"
#include "thole/api/auth/impersonation.hpp"
#include "thole/api/auth/rbac_authorizer.hpp"
#include "thole/api/auth/request_authenticator.hpp"
#include "thole/base/test_executor.hpp"
#include "thole/base/text.hpp"

namespace thole::api {
namespace {

template <typename T>
Result<T> run(TestExecutor& executor, Async<T> task) {
  std::optional<Result<T>> out;
  spawn(executor, "test",
        [](Async<T> inner, std::optional<Result<T>>& kept) -> asio::awaitable<void> {
          kept = co_await std::move(inner);
        }(std::move(task), out));
  executor.run();
  return std::move(*out);
}

// A store that holds the RBAC objects a test puts there.
struct Cluster {
  Cluster() {
    store::StoreSeams seams;
    seams.sequencer = &executor;
    store = store::Store::in_memory({}, seams);
    authorizer = std::make_unique<RbacAuthorizer>(*store);
  }
  void put(std::string plural, std::string name, std::string json) {
    store::Txn txn;
    txn.push_back(store::Op::put({"rbac.authorization.k8s.io/" + plural, std::move(name)},
                                 store::Expect::anything(), json));
    ASSERT_TRUE(run(executor, store->commit(executor, std::move(txn))));
  }
  std::string decide(const Attributes& attributes) {
    const Decision decision = authorizer->decide(attributes);
    return cat(decision.answer == Decision::Answer::Allow ? "yes" : "no", " ", decision.reason);
  }

  TestExecutor executor;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<RbacAuthorizer> authorizer;
};

UserInfo user(std::string name, std::vector<std::string> groups = {}) {
  return {.name = std::move(name), .groups = std::move(groups)};
}

Attributes about(UserInfo who, std::string verb, std::string resource, std::string space = {},
                 std::string name = {}, std::string subresource = {}) {
  Attributes out;
  out.user = std::move(who);
  out.verb = std::move(verb);
  out.resource_request = true;
  out.resource = std::move(resource);
  out.subresource = std::move(subresource);
  out.namespace_ = std::move(space);
  out.name = std::move(name);
  return out;
}

TEST(Forbidden, SaysItInUpstreamsWords) {
  EXPECT_EQ(forbidden_error(about(user("x"), "list", "pods", "y"), "").message,
            "pods is forbidden: User \"x\" cannot list resource \"pods\" in API group \"\" in the "
            "namespace \"y\"");
  Attributes one = about(user("x"), "patch", "deployments", "", "web", "status");
  one.group = "apps";
  EXPECT_EQ(forbidden_error(one, "why").message,
            "deployments.apps \"web\" is forbidden: User \"x\" cannot patch resource "
            "\"deployments/status\" in API group \"apps\" at the cluster scope: why");
  Attributes path;
  path.user = user("<b>");
  path.verb = "get";
  path.path = "/foo";
  EXPECT_EQ(forbidden_error(path, "").message,
            "forbidden: User \"&lt;b&gt;\" cannot get path \"/foo\"");
}

TEST(Rbac, GrantsWhatABindingGives) {
  Cluster c;
  c.put("clusterroles", "reader",
        R"({"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods","*/scale"]},)"
        R"({"verbs":["get"],"nonResourceURLs":["/healthz","/api/*"]}]})");
  c.put("clusterrolebindings", "readers",
        R"({"roleRef":{"kind":"ClusterRole","name":"reader"},"subjects":[)"
        R"({"kind":"Group","name":"dev"}]})");
  const UserInfo dev = user("ann", {"dev"});
  EXPECT_EQ(
      c.decide(about(dev, "get", "pods", "n")),
      "yes RBAC: allowed by ClusterRoleBinding \"readers\" of ClusterRole \"reader\" to Group "
      "\"dev\"");
  EXPECT_EQ(c.decide(about(dev, "list", "pods", "n")), "no ");
  EXPECT_EQ(c.decide(about(dev, "get", "pods", "n", "p", "log")), "no ");
  EXPECT_TRUE(c.decide(about(dev, "get", "anything", "n", "p", "scale")).starts_with("yes"));
  EXPECT_EQ(c.decide(about(user("bob"), "get", "pods", "n")), "no ");

  Attributes path;
  path.user = dev;
  path.verb = "get";
  path.path = "/api/v1";
  EXPECT_TRUE(c.decide(path).starts_with("yes"));
  path.path = "/apis";
  EXPECT_EQ(c.decide(path), "no ");
}

TEST(Rbac, KeepsARoleBindingToItsNamespaceAndAServiceAccountToItsOwn) {
  Cluster c;
  c.put("roles", "n/r",
        R"({"rules":[{"verbs":["*"],"apiGroups":["*"],"resources":["secrets"],)"
        R"("resourceNames":["s"]}]})");
  c.put("rolebindings", "n/b",
        R"({"roleRef":{"kind":"Role","name":"r"},"subjects":[{"kind":"ServiceAccount",)"
        R"("name":"robot"}]})");
  const UserInfo robot = user("system:serviceaccount:n:robot");
  EXPECT_EQ(c.decide(about(robot, "get", "secrets", "n", "s")),
            "yes RBAC: allowed by RoleBinding \"b/n\" of Role \"r\" to ServiceAccount \"robot/n\"");
  EXPECT_EQ(c.decide(about(robot, "get", "secrets", "n", "other")), "no ");
  EXPECT_EQ(c.decide(about(robot, "list", "secrets", "n")), "no ");
  EXPECT_EQ(c.decide(about(robot, "get", "secrets", "m", "s")), "no ");
  EXPECT_EQ(c.decide(about(user("system:serviceaccount:m:robot"), "get", "secrets", "n", "s")),
            "no ");
}

TEST(Rbac, FollowsChangesAndNamesARoleThatIsMissing) {
  Cluster c;
  c.put("clusterrolebindings", "b",
        R"({"roleRef":{"kind":"ClusterRole","name":"gone"},"subjects":[{"kind":"User",)"
        R"("name":"ann"}]})");
  EXPECT_EQ(c.decide(about(user("ann"), "get", "pods")),
            "no RBAC: clusterrole.rbac.authorization.k8s.io \"gone\" not found");
  c.put("clusterroles", "gone",
        R"({"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["*"]}]})");
  EXPECT_TRUE(c.decide(about(user("ann"), "get", "pods")).starts_with("yes"));
  EXPECT_EQ(c.decide(about(user("root", {"system:masters"}), "delete", "nodes")), "yes ");
}

TEST(Tokens, ReadsTheFileAsUpstreamDoes) {
  const auto table =
      TokenTable::parse("t1,ann,7,\"dev,ops\"\r\n\"t\"\"2\",bob,8\n\n,nobody,9\n", "f");
  ASSERT_TRUE(table);
  ASSERT_NE(table->find("t1"), nullptr);
  EXPECT_EQ(table->find("t1")->groups, (std::vector<std::string>{"dev", "ops"}));
  ASSERT_NE(table->find("t\"2"), nullptr);
  EXPECT_EQ(table->find("t\"2")->uid, "8");
  EXPECT_EQ(table->find(""), nullptr);
  EXPECT_EQ(TokenTable::parse("a,b\n", "f").error().message,
            "token file 'f' must have at least 3 columns (token, user name, user uid), found 2");
  EXPECT_FALSE(TokenTable::parse("\"a,b,c\n", "f"));
}

class Door : public ::testing::Test {
 protected:
  // Who the request runs as, or the error.
  std::string ask(message::Request request) {
    TokenTable table;
    table.add("secret", user("ann", {"dev"}));
    RequestAuthenticator authenticator(
        {.tokens = std::make_shared<const TokenTable>(std::move(table))}, cluster_.executor,
        *cluster_.authorizer);
    RequestInfo info;
    info.resource_request = true;
    info.verb = "list";
    info.resource = "pods";
    const Result<Caller> caller = run(cluster_.executor, authenticator.authenticate(request, info));
    if (!caller) return cat(caller.error().http_code(), " ", caller.error().message);
    std::string text = caller->user.name;
    for (const std::string& group : caller->user.groups) text += " " + group;
    return text;
  }
  static message::Request with(std::vector<std::pair<std::string, std::string>> headers) {
    message::Request request;
    for (auto& [name, value] : headers) request.headers.add(name, value);
    return request;
  }
  Cluster cluster_;
};

TEST_F(Door, KnowsATokenAndRefusesABadOne) {
  EXPECT_EQ(ask(with({{"authorization", "Bearer secret"}})), "ann dev system:authenticated");
  EXPECT_EQ(ask(with({{"Authorization", "bearer secret"}})), "ann dev system:authenticated");
  EXPECT_EQ(ask(with({{"authorization", "Bearer wrong"}})), "401 Unauthorized");
  EXPECT_EQ(ask(with({{"authorization", "Basic c2VjcmV0"}})),
            "system:anonymous system:unauthenticated");
  EXPECT_EQ(ask(with({})), "system:anonymous system:unauthenticated");
}

TEST_F(Door, TrustsTheTransportAndNotAHeaderForAnIdentityInProcess) {
  message::Request request = with({{"x-remote-user", "root"}});
  EXPECT_EQ(ask(request), "system:anonymous system:unauthenticated");
  request.peer.in_process = message::Peer::InProcess{"loop", {"g"}};
  EXPECT_EQ(ask(request), "loop g system:authenticated");
}

TEST_F(Door, ImpersonatesOnlyForThoseWhoMay) {
  EXPECT_EQ(ask(with({{"authorization", "Bearer secret"}, {"impersonate-user", "bob"}})),
            "403 pods is forbidden: User \"ann\" cannot impersonate-on:user-info:list resource "
            "\"pods\" in API group \"\" at the cluster scope");
  EXPECT_EQ(ask(with({{"impersonate-group", "g1"}})),
            "400 requested &user.DefaultInfo{Name:\"\", UID:\"\", Groups:[]string{\"g1\"}, "
            "Extra:map[string][]string(nil)} without impersonating a user name");
  cluster_.put("clusterroles", "i",
               R"({"rules":[{"verbs":["impersonate"],"apiGroups":[""],)"
               R"("resources":["users","serviceaccounts"]}]})");
  cluster_.put("clusterrolebindings", "i",
               R"({"roleRef":{"kind":"ClusterRole","name":"i"},"subjects":[{"kind":"Group",)"
               R"("name":"dev"}]})");
  EXPECT_EQ(ask(with({{"authorization", "Bearer secret"}, {"impersonate-user", "bob"}})),
            "bob system:authenticated");
  EXPECT_EQ(ask(with({{"authorization", "Bearer secret"},
                      {"impersonate-user", "system:serviceaccount:n:r"}})),
            "system:serviceaccount:n:r system:serviceaccounts system:serviceaccounts:n "
            "system:authenticated");
  EXPECT_TRUE(ask(with({{"authorization", "Bearer secret"},
                        {"impersonate-user", "bob"},
                        {"impersonate-group", "system:masters"}}))
                  .starts_with("403"));
}

}  // namespace
}  // namespace thole::api
