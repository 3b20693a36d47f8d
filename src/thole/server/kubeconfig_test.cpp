#include "thole/server/kubeconfig.hpp"

#include <gtest/gtest.h>

#include "thole/codec/yaml.hpp"

namespace thole::server {
namespace {

Identity identity() {
  Identity made;
  made.authority.certificate_pem = "CA";
  made.admin = {"CERTIFICATE", "KEY"};
  return made;
}

std::string ours(std::string url) { return make_kubeconfig({"thole", std::move(url)}, identity()); }

constexpr std::string_view kTheirs = R"(apiVersion: v1
kind: Config
clusters:
- name: work
  cluster: {server: "https://work.example.com"}
users:
- name: me
  user: {token: secret}
contexts:
- name: work
  context: {cluster: work, user: me, namespace: team}
current-context: work
)";

// The current context and, for each context, its server.
std::string show(const Result<std::string>& text) {
  if (!text) return "error: " + text.error().message;
  const auto config = codec::parse_yaml(*text);
  if (!config) return "unreadable: " + config.error().message;
  std::string shown = "current=" + std::string(config->root.string_or("current-context"));
  for (codec::Value context : config->root.get("contexts").elements()) {
    for (codec::Value cluster : config->root.get("clusters").elements()) {
      if (cluster.string_or("name") != context.get("context").string_or("cluster")) continue;
      shown += " " + std::string(context.string_or("name")) + "=" +
               std::string(cluster.get("cluster").string_or("server"));
    }
  }
  return shown;
}

TEST(Kubeconfig, MakesAFileWhenThereWasNone) {
  EXPECT_EQ(show(merge_kubeconfig("", ours("https://127.0.0.1:1"), "thole")),
            "current=thole thole=https://127.0.0.1:1");
}

TEST(Kubeconfig, KeepsOtherPeoplesEntriesAndRemembersTheirContext) {
  const auto merged = merge_kubeconfig(kTheirs, ours("https://127.0.0.1:1"), "thole");
  EXPECT_EQ(show(merged), "current=thole work=https://work.example.com thole=https://127.0.0.1:1");
  EXPECT_NE(merged->find("token: secret"), std::string::npos);
  EXPECT_NE(merged->find("namespace: team"), std::string::npos);

  const auto again = merge_kubeconfig(*merged, ours("https://127.0.0.1:2"), "thole");
  EXPECT_EQ(show(again), "current=thole work=https://work.example.com thole=https://127.0.0.1:2");
  EXPECT_EQ(show(remove_from_kubeconfig(*again, "thole")),
            "current=work work=https://work.example.com");
}

TEST(Kubeconfig, RefusesToOverwriteAnEntryItDidNotWrite) {
  std::string theirs(kTheirs);
  for (std::size_t at; (at = theirs.find("name: work")) != std::string::npos;) {
    theirs.replace(at, 10, "name: thole");
  }
  const auto merged = merge_kubeconfig(theirs, ours("https://127.0.0.1:1"), "thole");
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().kind, ErrorKind::Conflict);
  EXPECT_NE(merged.error().message.find("--name"), std::string::npos);
  EXPECT_EQ(remove_from_kubeconfig(theirs, "thole"), theirs);
}

TEST(Kubeconfig, RefusesWhatIsNoKubeconfig) {
  EXPECT_EQ(merge_kubeconfig("- a\n- b\n", ours("u"), "thole").error().kind, ErrorKind::Invalid);
  EXPECT_EQ(merge_kubeconfig("{", ours("u"), "thole").error().kind, ErrorKind::Invalid);
}

}  // namespace
}  // namespace thole::server
