#include "thole/store/tree.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace thole::store {
namespace {

using Model = std::map<std::string, std::string>;

// Every rule a node must keep; returns the names below it.
std::vector<std::string> walk(const Node& node, std::string_view low, std::string_view high) {
  std::vector<std::string> names;
  EXPECT_GT(node.size(), 0u);
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < node.size(); ++i) {
    if (node.is_leaf()) {
      EXPECT_GE(node.key(i), low);
      EXPECT_TRUE(high.empty() || node.key(i) < high);
      bytes += node.key(i).size() + node.value(i)->footprint();
      names.emplace_back(node.key(i));
    } else {
      const std::string_view from = i == 0 ? low : node.key(i);
      const std::string_view to = i + 1 < node.size() ? node.key(i + 1) : high;
      EXPECT_EQ(node.child(i)->level() + 1, node.level());
      EXPECT_LE(node.child(i)->stamp(), node.stamp());
      const auto below = walk(*node.child(i), from, to);
      names.insert(names.end(), below.begin(), below.end());
      bytes += node.child(i)->bytes();
    }
  }
  EXPECT_EQ(node.count(), names.size());
  EXPECT_EQ(node.bytes(), bytes);
  return names;
}

void expect_equal(const Tree& tree, const Model& model) {
  std::vector<std::string> names;
  if (tree.root()) names = walk(*tree.root(), "", "");
  std::vector<std::string> wanted;
  for (const auto& [name, bytes] : model) wanted.push_back(name);
  ASSERT_EQ(names, wanted);
  ASSERT_EQ(tree.count(), model.size());
  for (const auto& [name, bytes] : model) ASSERT_EQ(tree.find(name)->bytes(), bytes);
}

std::string random_name(std::mt19937_64& random, std::size_t range) {
  std::string name = "ns" + std::to_string(random() % 3) + "/" + std::to_string(random() % range);
  if (random() % 8 == 0) name += std::string(random() % 40, 'x');
  return name;
}

TEST(Tree, AgreesWithAMapAlsoInEveryCopyThatWasKept) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::size_t range = 1 + random() % 800;
    Tree tree;
    Model model;
    std::vector<std::pair<Tree, Model>> kept;

    for (Revision step = 1; step <= 1'500; ++step) {
      const std::string name = random_name(random, range);
      const bool shrink = (step / 400) % 2 == 1;
      const auto present = model.find(name);
      ValuePtr old;
      if (random() % 4 < (shrink ? 3u : 1u)) {
        old = tree.erase(name, step);
      } else {
        old = tree.put(name, Value::make(std::to_string(step)), step);
      }
      ASSERT_EQ(static_cast<bool>(old), present != model.end());
      if (old) ASSERT_EQ(old->bytes(), present->second);
      model.erase(name);
      if (const Value* now = tree.find(name)) model[name] = now->bytes();

      if (random() % 100 == 0) kept.emplace_back(tree, model);
      if (random() % 150 == 0 && !kept.empty()) kept.erase(kept.begin());
      if (random() % 50 == 0) {
        const std::string probe = random_name(random, range);
        const auto less = std::distance(model.begin(), model.lower_bound(probe));
        ASSERT_EQ(tree.rank(probe), static_cast<std::uint64_t>(less));
      }
    }
    expect_equal(tree, model);
    for (const auto& [one, as_it_was] : kept) expect_equal(one, as_it_was);

    for (const auto& [name, bytes] : Model(model)) {
      ASSERT_EQ(tree.erase(name, 9'999)->bytes(), bytes);
    }
    ASSERT_EQ(tree.root(), nullptr);
  }
}

TEST(Tree, IsLoadedInOrderAndChangedAfterwards) {
  for (const std::size_t count : {0u, 1u, 27u, 28u, 29u, 784u, 785u, 5'000u}) {
    Tree::Loader loader;
    Model model;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = "n" + std::to_string(100'000 + i);
      model[name] = name;
      loader.add(name, Value::make(name));
    }
    Tree tree = loader.finish();
    expect_equal(tree, model);
    tree.put("n100000x", Value::make("between"), 1);
    tree.put("a", Value::make("first"), 1);
    model["n100000x"] = "between";
    model["a"] = "first";
    expect_equal(tree, model);
  }
}

TEST(Tree, FreesALoaderThatWasNotFinished) {
  Tree::Loader loader;
  for (int i = 100; i < 200; ++i) loader.add(std::to_string(i), Value::make("x"));
}

TEST(Tree, TakesFewBytesBesideTheValues) {
  Tree tree;
  for (int i = 0; i < 10'000; ++i) {
    const ValuePtr value = Value::make("0123456789");
    tree.put("default/config-" + std::to_string(100'000 + i), value, 1);
  }
  // Nodes, without the allocator's own bytes.
  std::uint64_t nodes = 0;
  const auto add = [&](auto& self, const Node& node) -> void {
    nodes += node.footprint();
    if (node.is_leaf()) return;
    for (std::uint32_t i = 0; i < node.size(); ++i) self(self, *node.child(i));
  };
  add(add, *tree.root());
  EXPECT_LE((nodes + 10'000 * sizeof(Value)) / 10'000, 100u);
}

}  // namespace
}  // namespace thole::store
