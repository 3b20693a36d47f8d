#include "thole/schema/protobuf.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/schema/catalog.hpp"
#include "thole/schema/decode.hpp"

namespace thole::schema {
namespace {

using namespace std::string_literals;

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// A field whose content has fewer than 128 bytes.
std::string sub(int number, const std::string& content) {
  return cat(static_cast<char>(number << 3 | 2), static_cast<char>(content.size())) + content;
}

class ProtobufTest : public testing::Test {
 protected:
  const Type* type_of(const ProtobufEnvelope& envelope) const {
    const std::string_view version = envelope.api_version;
    const std::size_t slash = version.find('/');
    if (envelope.kind.empty()) {
      return catalog_->type("io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent");
    }
    return slash == version.npos ? catalog_->type_of_kind("", version, envelope.kind)
                                 : catalog_->type_of_kind(version.substr(0, slash),
                                                          version.substr(slash + 1), envelope.kind);
  }

  std::string decoded(const std::string& raw, std::string_view type_name) {
    const Type* type = catalog_->type(type_name);
    if (type == nullptr) return "no such type";
    const auto value = decode_protobuf(raw, *type, arena_);
    return value ? codec::to_json(*value) : value.error().message;
  }

  std::shared_ptr<const Catalog> catalog_ = Catalog::builtin();
  codec::Arena arena_;
};

TEST_F(ProtobufTest, EveryKindIsWhatItsJsonSays) {
  const char* const folder = std::getenv("THOLE_API_TESTDATA");
  if (folder == nullptr) GTEST_SKIP() << "THOLE_API_TESTDATA is not set";
  int kinds = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::filesystem::path path = entry.path();
    if (path.extension() != ".pb") continue;
    const std::string bytes = read(path);
    const auto envelope = read_protobuf_envelope(bytes);
    ASSERT_TRUE(envelope) << path << envelope.error().message;
    const Type* type = type_of(*envelope);
    ASSERT_NE(type, nullptr) << path;
    const auto value = decode_protobuf(*envelope, *type, arena_);
    ASSERT_TRUE(value) << path << value.error().message;
    std::string out;
    codec::write_pretty_json(complete(*value, *type, arena_), out);
    EXPECT_EQ(out, read(path.replace_extension(".json"))) << path;
    ++kinds;
    for (std::size_t size = 0; size < envelope->raw.size(); size += 7) {
      static_cast<void>(decode_protobuf(envelope->raw.substr(0, size), *type, arena_));
    }
  }
  EXPECT_GE(kinds, 190);
}

TEST_F(ProtobufTest, ZerosAreAbsentUnlessGoHasAPointer) {
  // hostPort 0 and name "" of a port; runAsUser 0 of a security context.
  EXPECT_EQ(decoded("\x0a\x00\x10\x00\x18\x50"s, "io.k8s.api.core.v1.ContainerPort"),
            R"({"containerPort":80})");
  EXPECT_EQ(decoded("\x20\x00"s, "io.k8s.api.core.v1.SecurityContext"), R"({"runAsUser":0})");
}

TEST_F(ProtobufTest, ListsOfNumbersComePackedOrNot) {
  constexpr std::string_view context = "io.k8s.api.core.v1.PodSecurityContext";
  EXPECT_EQ(decoded("\x20\x05\x20\x06"s, context), R"({"supplementalGroups":[5,6]})");
  EXPECT_EQ(decoded(sub(4, "\x05\x06"), context), R"({"supplementalGroups":[5,6]})");
}

TEST_F(ProtobufTest, TheLastOfEqualKeysWinsAndBrokenTextIsReplaced) {
  constexpr std::string_view map = "io.k8s.api.core.v1.ConfigMap";
  EXPECT_EQ(decoded(sub(2, sub(1, "b")) + sub(2, sub(1, "a") + sub(2, "1")) +
                        sub(2, sub(1, "a") + sub(2, "\xff")),
                    map),
            R"({"data":{"a":")"
            "\xef\xbf\xbd"
            R"(","b":""}})");
}

TEST_F(ProtobufTest, MalformedMessagesAreRefused) {
  constexpr std::string_view map = "io.k8s.api.core.v1.ConfigMap";
  EXPECT_EQ(decoded("\x12\x05"
                    "ab"s,
                    map),
            "unexpected EOF");
  EXPECT_EQ(decoded("\x12"s, map), "unexpected EOF");
  EXPECT_EQ(decoded("\x00"s, map), "proto: illegal tag 0");
  EXPECT_EQ(decoded("\x13"s, map), "proto: illegal wireType 3");
  EXPECT_EQ(decoded("\x10\x01"s, map), "proto: wrong wireType = 0 for field 2");
  EXPECT_EQ(decoded(std::string(10, '\xff'), map), "proto: integer overflow");
  EXPECT_FALSE(read_protobuf_envelope("{}"));
  EXPECT_FALSE(read_protobuf_envelope("k8s\0"s));
}

}  // namespace
}  // namespace thole::schema
