#include "thole/schema/catalog.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

#include "thole/base/text.hpp"
#include "thole/schema/constraints.hpp"

namespace thole::schema {
namespace {

class CatalogTest : public testing::Test {
 protected:
  std::shared_ptr<const Catalog> catalog_ = Catalog::builtin();
};

TEST_F(CatalogTest, KnowsWhatAPodSpecIs) {
  const Type* pod = catalog_->type_of_kind("", "v1", "Pod");
  ASSERT_NE(pod, nullptr);
  EXPECT_EQ(pod->name, "io.k8s.api.core.v1.Pod");
  const Type* spec = pod->find("spec")->type;
  ASSERT_EQ(spec->shape, Shape::Struct);
  const Field* containers = spec->find("containers");
  EXPECT_EQ(containers->proto_number, 2U);
  EXPECT_TRUE(containers->required);
  EXPECT_EQ(containers->patch_merge_key, "name");
  EXPECT_EQ(containers->type->list_kind, ListKind::Map);
  EXPECT_EQ(containers->type->list_map_keys[0], "name");
  EXPECT_EQ(containers->type->element, catalog_->type("io.k8s.api.core.v1.Container"));
  EXPECT_TRUE(spec->find("terminationGracePeriodSeconds")->pointer);
  EXPECT_EQ(spec->find("restartPolicy")->type->enum_values.size(), 3U);
  EXPECT_EQ(pod->find("kind")->proto_number, 0U);  // TypeMeta is in JSON only.
}

TEST_F(CatalogTest, KeepsTheProtobufMessagesOfInlinedStructs) {
  const Field* secret = catalog_->type("io.k8s.api.core.v1.Volume")->find("secret");
  EXPECT_EQ(secret->proto_parents[0], 2);
  EXPECT_EQ(secret->proto_parents[1], 0);
  const Type* rule = catalog_->type("io.k8s.api.admissionregistration.v1.NamedRuleWithOperations");
  EXPECT_EQ(rule->find("apiGroups")->proto_parents, (std::array<std::uint8_t, 2>{2, 2}));
}

TEST_F(CatalogTest, GivesAUseOfAStructItsOwnMapKindAndLeavesTheStructAlone) {
  const Field* claim = catalog_->type("io.k8s.api.core.v1.PersistentVolumeSpec")->find("claimRef");
  EXPECT_EQ(claim->type->map_kind, MapKind::Granular);
  EXPECT_EQ(claim->type->name, "io.k8s.api.core.v1.ObjectReference");
  EXPECT_NE(claim->type->find("uid"), nullptr);
  EXPECT_EQ(catalog_->type("io.k8s.api.core.v1.ObjectReference")->map_kind, MapKind::Atomic);
}

TEST_F(CatalogTest, ListsResourcesAsDiscoveryDoes) {
  const Resource* deployments = catalog_->find("apps", "v1", "deployments");
  ASSERT_NE(deployments, nullptr);
  EXPECT_EQ(deployments->short_names[0], "deploy");
  EXPECT_EQ(deployments->subresources[0].name, "scale");
  EXPECT_EQ(deployments->subresources[0].group, "autoscaling");
  EXPECT_EQ(deployments->columns[1].name, "Ready");
  EXPECT_EQ(deployments, catalog_->find_kind("apps", "v1", "Deployment"));
  EXPECT_EQ(catalog_->find("apps", "v2", "deployments"), nullptr);
  EXPECT_EQ(catalog_->find("events.k8s.io", "v1", "events")->storage_group, "");
  EXPECT_FALSE(catalog_->find("resource.k8s.io", "v1beta1", "devicetaintrules") != nullptr &&
               catalog_->find("resource.k8s.io", "v1beta1", "devicetaintrules")->served_by_default);

  std::string groups;
  for (const Resource& resource : catalog_->resources()) {
    if (!resource.served_by_default) continue;
    const std::string version = cat(resource.group, "/", resource.version, " ");
    if (!groups.ends_with(version)) groups += version;
  }
  EXPECT_EQ(groups,
            "/v1 apiregistration.k8s.io/v1 apps/v1 events.k8s.io/v1 authentication.k8s.io/v1 "
            "authorization.k8s.io/v1 autoscaling/v2 autoscaling/v1 batch/v1 certificates.k8s.io/v1 "
            "networking.k8s.io/v1 policy/v1 rbac.authorization.k8s.io/v1 storage.k8s.io/v1 "
            "admissionregistration.k8s.io/v1 apiextensions.k8s.io/v1 scheduling.k8s.io/v1 "
            "coordination.k8s.io/v1 node.k8s.io/v1 discovery.k8s.io/v1 resource.k8s.io/v1 "
            "flowcontrol.apiserver.k8s.io/v1 storagemigration.k8s.io/v1 ");
}

// One sentence for each fault, so that a failure reads as a list of types.
std::string faults_of(const Type& type) {
  std::string faults;
  std::set<std::string_view> names;
  std::set<std::string> numbers;
  for (const Field& field : type.fields) {
    const std::string where = cat(type.name, ".", field.name);
    if (!names.insert(field.name).second) faults += cat(where, " twice\n");
    if (field.type == nullptr) {
      faults += cat(where, " without type\n");
      continue;
    }
    const std::string number =
        cat(int{field.proto_parents[0]}, ".", int{field.proto_parents[1]}, ".", field.proto_number);
    if (field.proto_number != 0 && !numbers.insert(number).second) {
      faults += cat(where, " has the number of another\n");
    }
    const Type* inner = field.type;
    while (inner->shape == Shape::List || inner->shape == Shape::Map) {
      if (inner->element == nullptr) return faults + cat(where, " without element\n");
      if (inner->list_kind == ListKind::Map) {
        for (std::string_view key : inner->list_map_keys) {
          if (inner->element->find(key) == nullptr) faults += cat(where, " without ", key, "\n");
        }
      }
      inner = inner->element;
    }
    if (!field.patch_merge_key.empty() && inner->find(field.patch_merge_key) == nullptr) {
      faults += cat(where, " merges by a field that is not there\n");
    }
  }
  return faults;
}

TEST_F(CatalogTest, HoldsTogetherInEveryKind) {
  std::string faults;
  std::size_t fields = 0;
  for (const Type* type : catalog_->types()) {
    faults += faults_of(*type);
    fields += type->fields.size();
  }
  EXPECT_EQ(faults, "");
  EXPECT_GT(catalog_->types().size(), 1300U);
  EXPECT_GT(fields, 4500U);
  for (const Resource& resource : catalog_->resources()) {
    ASSERT_NE(resource.type, nullptr) << resource.plural;
    EXPECT_FALSE(resource.verbs.empty()) << resource.plural;
    EXPECT_FALSE(resource.columns.empty()) << resource.plural;
    for (const Subresource& sub : resource.subresources) {
      EXPECT_NE(catalog_->type_of_kind(sub.group, sub.version, sub.kind), nullptr)
          << resource.plural << "/" << sub.name;
    }
  }
}

TEST_F(CatalogTest, KeepsTheValidationTagsOfTheSources) {
  const Field* tolerations = catalog_->type("io.k8s.api.core.v1.PodSpec")->find("tolerations");
  ASSERT_NE(tolerations->constraints, nullptr);
  EXPECT_EQ(tolerations->constraints->tags[0], "alpha(since: \"1.37\")=+k8s:optional");
}

TEST(CatalogFacts, AreRefusedWhenTheyAreBroken) {
  const auto why = [](std::string_view text) { return Catalog::parse(text).error().message; };
  EXPECT_EQ(why(""), "schema facts, line 0: the text breaks off before its end");
  EXPECT_EQ(why("thole-schema 2 v9\n"),
            "schema facts, line 1: this is no thole-schema of version 1");
  EXPECT_EQ(why("thole-schema 1 v9\npackage a\ntype T struct\n- f 1 U\nend\n"),
            "schema facts, line 5: no type a.U, which a field names");
  EXPECT_EQ(why("thole-schema 1 v9\npackage a\ntype T struct\ntype T struct\nend\n"),
            "schema facts, line 4: a second type of this name");
  EXPECT_EQ(why("thole-schema 1 v9\n- f 1 string\nend\n"),
            "schema facts, line 2: a field outside of a type");
  // Every beginning of the real text is refused, whatever line it breaks off in.
  const std::string_view facts = embedded_facts();
  for (std::size_t size = 0; size + 4 < facts.size(); size += 9973) {
    EXPECT_FALSE(Catalog::parse(facts.substr(0, size)).has_value()) << size;
  }
}

// A figure for the log; the bound is loose because test builds are slow.
TEST(CatalogFacts, AreReadInMilliseconds) {
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < 20; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const auto catalog = Catalog::builtin();
    best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - start);
  }
  RecordProperty("best_microseconds", static_cast<int>(best.count() / 1000));
  EXPECT_LT(best, std::chrono::milliseconds(100));
}

}  // namespace
}  // namespace thole::schema
