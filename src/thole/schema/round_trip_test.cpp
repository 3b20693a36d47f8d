// Every kind with every field set, as the module k8s.io/api holds them in testdata/HEAD, goes
// through JSON and YAML and comes back byte for byte. The folder is found through
// THOLE_API_TESTDATA, which the build sets where the Go module is at hand; without it the test says
// that it was skipped.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "thole/codec/json.hpp"
#include "thole/codec/yaml.hpp"
#include "thole/schema/catalog.hpp"
#include "thole/schema/decode.hpp"

namespace thole::schema {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

const Type* type_of(const Catalog& catalog, const codec::Value& object) {
  const std::string_view api_version = object.string_or("apiVersion");
  const std::string_view kind = object.string_or("kind");
  const std::size_t slash = api_version.find('/');
  const bool core = slash == std::string_view::npos;
  // What a watch sends has neither; no other file is without them.
  if (kind.empty()) return catalog.type("io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent");
  return catalog.type_of_kind(core ? "" : api_version.substr(0, slash),
                              core ? api_version : api_version.substr(slash + 1), kind);
}

std::string trimmed(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

TEST(RoundTripTest, EveryKindComesBackByteForByte) {
  const char* const folder = std::getenv("THOLE_API_TESTDATA");
  if (folder == nullptr) GTEST_SKIP() << "THOLE_API_TESTDATA is not set";
  const auto catalog = Catalog::builtin();
  int kinds = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::filesystem::path& path = entry.path();
    if (path.extension() != ".json" && path.extension() != ".yaml") continue;
    const std::string text = read(path);
    const bool is_json = path.extension() == ".json";
    std::vector<std::string> duplicates;
    auto document = is_json ? codec::parse_json(text, {}, &duplicates)
                            : codec::parse_yaml(text, {}, &duplicates);
    ASSERT_TRUE(document) << path << document.error().message;
    EXPECT_TRUE(duplicates.empty());
    const Type* type = type_of(*catalog, document->root);
    EXPECT_NE(type, nullptr) << path;
    if (type == nullptr) continue;
    StrictErrors strict;
    const auto decoded = decode(document->root, *type, *document->arena, &strict);
    ASSERT_TRUE(decoded) << path << decoded.error().message;
    EXPECT_TRUE(strict.empty()) << path << strict.error_text();
    const codec::Value complete_object = complete(*decoded, *type, *document->arena);
    std::string out;
    if (is_json) {
      codec::write_pretty_json(complete_object, out);
    } else {
      codec::write_yaml(complete_object, out);
    }
    EXPECT_EQ(trimmed(out), trimmed(text)) << path;
    EXPECT_EQ(complete(complete_object, *type, *document->arena), complete_object) << path;
    if (is_json) ++kinds;
  }
  EXPECT_GE(kinds, 190);
}

}  // namespace
}  // namespace thole::schema
