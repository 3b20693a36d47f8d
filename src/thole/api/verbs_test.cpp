#include "thole/api/testing.hpp"

namespace thole::api {
namespace {

const std::string kMaps = "/api/v1/namespaces/default/configmaps";

TEST(Verbs, CreateFillsInWhatTheServerOwns) {
  TestApi api;
  Answer made = api.post(kMaps, config_map("one", R"(,"labels":{"b":"2","a":"1"})"));
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.text({"kind"}), "ConfigMap");
  EXPECT_EQ(made.text({"metadata", "namespace"}), "default");
  EXPECT_EQ(made.text({"metadata", "uid"}).size(), 36u);
  EXPECT_EQ(made.text({"metadata", "labels"}), R"({"a":"1","b":"2"})");
  EXPECT_FALSE(made.text({"metadata", "resourceVersion"}).empty());
  EXPECT_TRUE(made.body.starts_with(R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":)"))
      << made.body;
  EXPECT_EQ(made.json().get("metadata").get("managedFields").elements()[0].string_or("manager"),
            "test");
  EXPECT_EQ(codec::to_json(
                made.json().get("metadata").get("managedFields").elements()[0].get("fieldsV1")),
            R"({"f:data":{".":{},"f:a":{}},"f:metadata":{"f:labels":{".":{},"f:a":{},"f:b":{}}}})");

  EXPECT_EQ(api.get(kMaps + "/one").body, made.body);
}

TEST(Verbs, CreateRefusesWhatUpstreamRefuses) {
  TestApi api;
  api.post(kMaps, config_map("one"));
  Answer again = api.post(kMaps, config_map("one"));
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.body, R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",)"
                        R"("message":"configmaps \"one\" already exists","reason":"AlreadyExists",)"
                        R"("details":{"name":"one","kind":"configmaps"},"code":409})"
                        "\n");
  EXPECT_EQ(api.post(kMaps, config_map("")).text({"message"}),
            "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is "
            "required");
  EXPECT_EQ(api.post(kMaps, config_map("One")).status, 422);
  EXPECT_EQ(api.post(kMaps, config_map("x", R"(,"namespace":"other")")).text({"message"}),
            "the namespace of the provided object does not match the namespace sent on the "
            "request");
  EXPECT_EQ(api.post(kMaps, config_map("x", R"(,"resourceVersion":"5")")).status, 500);
  EXPECT_EQ(api.post(kMaps, "{").status, 400);
  EXPECT_EQ(api.send("POST", kMaps, "x", {{"Content-Type", "text/plain"}}).status, 415);
}

TEST(Verbs, GenerateNameMakesNames) {
  TestApi api;
  Answer made = api.post(kMaps, R"({"metadata":{"generateName":"web-"}})");
  EXPECT_EQ(made.status, 201) << made.body;
  const std::string name = made.text({"metadata", "name"});
  EXPECT_TRUE(name.starts_with("web-"));
  EXPECT_EQ(name.size(), 9u);
}

TEST(Verbs, UnknownFieldsAreWarnedAboutRefusedOrIgnored) {
  TestApi api;
  const std::string body = R"({"metadata":{"name":"x"},"foo":1})";
  Answer warned = api.post(kMaps + "?dryRun=All", body);
  EXPECT_EQ(warned.status, 201) << warned.body;
  EXPECT_EQ(warned.headers.get("warning"), R"(299 - "unknown field \"foo\"")");
  Answer strict = api.post(kMaps + "?fieldValidation=Strict", body);
  EXPECT_EQ(strict.status, 400);
  EXPECT_NE(strict.body.find(R"(strict decoding error: unknown field \"foo\")"), std::string::npos);
  Answer ignored = api.post(kMaps + "?fieldValidation=Ignore", body);
  EXPECT_FALSE(ignored.headers.has("warning"));
}

TEST(Verbs, UpdateChecksTheVersionAndWritesNothingForNothing) {
  TestApi api;
  Answer made = api.post(kMaps, config_map("one"));
  const std::string first = made.text({"metadata", "resourceVersion"});
  Answer same = api.put(kMaps + "/one", made.body);
  EXPECT_EQ(same.status, 200);
  EXPECT_EQ(same.text({"metadata", "resourceVersion"}), first);

  Answer changed = api.put(kMaps + "/one", config_map("one", R"(,"annotations":{"x":"y"})"));
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_NE(changed.text({"metadata", "resourceVersion"}), first);
  EXPECT_EQ(changed.text({"metadata", "uid"}), made.text({"metadata", "uid"}));

  Answer late = api.put(kMaps + "/one", config_map("one", cat(R"(,"resourceVersion":")", first,
                                                              R"(","labels":{"late":"1"})")));
  EXPECT_EQ(late.status, 409);
  EXPECT_EQ(late.text({"message"}),
            "Operation cannot be fulfilled on configmaps \"one\": the object has been modified; "
            "please apply your changes to the latest version and try again");
  EXPECT_EQ(late.text({"details"}), R"({"name":"one","kind":"configmaps"})");
  EXPECT_EQ(api.put(kMaps + "/two", config_map("two")).status, 404);
  EXPECT_EQ(api.put(kMaps + "/two", config_map("one")).status, 404);
}

TEST(Verbs, PatchesOfThreeKindsDoWhatTheySay) {
  TestApi api;
  api.post(kMaps, config_map("one"));
  EXPECT_EQ(api.patch(kMaps + "/one", "merge-patch+json", R"({"data":{"a":null,"b":"2"}})")
                .text({"data"}),
            R"({"b":"2"})");
  EXPECT_EQ(
      api.patch(kMaps + "/one", "json-patch+json", R"([{"op":"add","path":"/data/c","value":"3"}])")
          .text({"data"}),
      R"({"b":"2","c":"3"})");
  Answer strategic =
      api.patch(kMaps + "/one", "strategic-merge-patch+json", R"({"data":{"d":"4"}})");
  EXPECT_EQ(strategic.text({"data"}), R"({"b":"2","c":"3","d":"4"})");
  EXPECT_EQ(strategic.json().get("metadata").get("managedFields").size(), 2u);
  EXPECT_EQ(api.patch(kMaps + "/one", "apply-patch+yaml", "{}").status, 415);
  EXPECT_EQ(api.patch(kMaps + "/no", "merge-patch+json", "{}").status, 404);
  EXPECT_EQ(api.patch(kMaps + "/one", "merge-patch+json", "[]").status, 400);
}

TEST(Verbs, DeleteAnswersWithAStatusAndObeysPreconditions) {
  TestApi api;
  Answer made = api.post(kMaps, config_map("one"));
  Answer refused = api.send("DELETE", kMaps + "/one", R"({"preconditions":{"uid":"0000"}})",
                            {{"Content-Type", "application/json"}});
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.text({"details", "kind"}), "ConfigMap");
  Answer gone = api.send("DELETE", kMaps + "/one");
  EXPECT_EQ(gone.status, 200);
  EXPECT_EQ(gone.text({"status"}), "Success");
  EXPECT_EQ(gone.text({"details", "uid"}), made.text({"metadata", "uid"}));
  EXPECT_EQ(api.get(kMaps + "/one").text({"message"}), "configmaps \"one\" not found");
}

TEST(Verbs, FinalizersHoldAnObjectUntilTheLastOneIsGone) {
  TestApi api;
  api.post(kMaps, config_map("one", R"(,"finalizers":["example.com/x"])"));
  Answer marked = api.send("DELETE", kMaps + "/one");
  EXPECT_EQ(marked.status, 200);
  EXPECT_FALSE(marked.text({"metadata", "deletionTimestamp"}).empty());
  const std::string before = api.get(kMaps + "/one").text({"metadata", "resourceVersion"});
  Answer freed =
      api.patch(kMaps + "/one", "merge-patch+json", R"({"metadata":{"finalizers":null}})");
  EXPECT_EQ(freed.status, 200) << freed.body;
  EXPECT_EQ(freed.text({"metadata", "resourceVersion"}), before);
  EXPECT_EQ(api.get(kMaps + "/one").status, 404);
}

TEST(Verbs, ADeploymentIsDefaultedAndItsGenerationCounts) {
  TestApi api;
  const std::string path = "/apis/apps/v1/namespaces/default/deployments";
  Answer made =
      api.post(path, R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"w"},
    "spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},
    "spec":{"containers":[{"name":"c","image":"i:1","ports":[{"containerPort":80}]}]}}}})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.text({"spec", "replicas"}), "1");
  EXPECT_EQ(made.text({"spec", "strategy", "type"}), "RollingUpdate");
  EXPECT_EQ(made.text({"metadata", "generation"}), "1");
  Answer status = api.patch(path + "/w/status", "merge-patch+json",
                            R"({"status":{"replicas":1},"spec":{"replicas":9}})");
  EXPECT_EQ(status.status, 200) << status.body;
  EXPECT_EQ(status.text({"spec", "replicas"}), "1");
  EXPECT_EQ(status.text({"metadata", "generation"}), "1");
  Answer scaled = api.patch(path + "/w/scale", "merge-patch+json", R"({"spec":{"replicas":3}})");
  EXPECT_EQ(scaled.status, 200) << scaled.body;
  EXPECT_EQ(scaled.text({"spec", "replicas"}), "3");
  EXPECT_EQ(scaled.text({"status", "selector"}), "a=b");
  EXPECT_EQ(api.get(path + "/w").text({"metadata", "generation"}), "2");
  Answer image =
      api.patch(path + "/w", "strategic-merge-patch+json",
                R"({"spec":{"template":{"spec":{"containers":[{"name":"c","image":"i:2"}]}}}})");
  EXPECT_EQ(image.status, 200) << image.body;
  EXPECT_EQ(image.json()
                .at_path("spec", "template", "spec", "containers")
                .elements()[0]
                .string_or("image"),
            "i:2");
}

}  // namespace
}  // namespace thole::api
