#include "thole/sim/storage.hpp"

#include <gtest/gtest.h>

#include <set>

#include "thole/base/text.hpp"

namespace thole::sim {
namespace {

std::string sectors(std::string_view letters) {
  std::string bytes;
  for (const char letter : letters) bytes += std::string(Storage::kSector, letter);
  return bytes;
}

// The first byte of each sector, for short expectations.
std::string heads(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += Storage::kSector) {
    out += bytes[i] == 0 ? '0' : bytes[i];
  }
  return out;
}

TEST(Storage, LeavesEverySubsetOfUnsyncedSectorsAfterAPowerCut) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    Draw draw(seed);
    Storage storage;
    auto file = storage.create("log");
    file->write(0, sectors("abc"));
    file->sync();
    storage.sync_folder(".");
    file->write(0, sectors("AB"));
    file->write(Storage::kSector, sectors("X"));
    storage.power_cut(draw);
    seen.insert(heads(storage.find("log")->bytes()));
  }
  // The second sector had two contents after the flush; the third was never touched.
  EXPECT_EQ(seen, (std::set<std::string>{"abc", "aBc", "aXc", "Abc", "ABc", "AXc"}));
}

TEST(Storage, TearsAWriteInsideButNeverInsideASector) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Draw draw(seed);
    Storage storage;
    auto file = storage.create("log");
    storage.sync_folder(".");
    file->write(100, std::string(1000, 'x'));
    storage.power_cut(draw);
    const std::string bytes = storage.find("log")->bytes();
    std::string shape;
    for (const std::size_t at : {99, 100, 511, 512, 1023, 1024, 1099}) {
      if (at < bytes.size()) shape += bytes[at] == 0 ? '0' : bytes[at];
    }
    seen.insert(shape);
  }
  std::set<std::string> expected = {""};  // The size may be lost alone, and the sectors alone.
  for (const char* first : {"000", "0xx"}) {
    for (const char* second : {"00", "xx"}) {
      for (const char* third : {"00", "xx"}) expected.insert(cat(first, second, third));
    }
  }
  EXPECT_EQ(seen, expected);
}

TEST(Storage, KeepsASyncedFileWhateverHappens) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Draw draw(seed);
    Storage storage;
    storage.make_folders("/data");
    auto file = storage.create("/data/log");
    file->write(0, "hello");
    file->truncate(4);
    file->sync();
    storage.sync_folder("/data");
    storage.power_cut(draw);
    storage.power_cut(draw);
    EXPECT_EQ(storage.find("/data/log")->bytes(), "hell");
    EXPECT_TRUE(storage.folder_exists("/data"));
  }
}

TEST(Storage, ForgetsDirtyPagesAfterAFailedSync) {
  Draw draw(1);
  Storage storage;
  auto file = storage.create("log");
  storage.sync_folder(".");
  file->write(0, sectors("a"));
  file->sync();
  file->write(0, sectors("B"));
  file->forget_dirty();
  EXPECT_EQ(heads(file->bytes()), "B");  // Still in the cache, and never written again.
  file->sync();
  storage.power_cut(draw);
  EXPECT_EQ(heads(file->bytes()), "a");
}

TEST(Storage, CanHaveABitFlippedAtRest) {
  Draw draw(1);
  Storage storage;
  auto file = storage.create("log");
  storage.sync_folder(".");
  file->write(0, "hello");
  file->sync();
  file->flip_durable_bit(8 * 4 + 1);
  EXPECT_EQ(file->bytes(), "hellm");
  storage.power_cut(draw);
  EXPECT_EQ(storage.find("log")->bytes(), "hellm");
  file->flip_durable_bit(8 * 5);  // Beyond the end: nothing to flip.
  EXPECT_EQ(file->bytes(), "hellm");
}

TEST(Storage, MakesNamesDurableWithTheirFolderOnly) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    Draw draw(seed);
    Storage storage;
    storage.create("old")->sync();
    storage.sync_folder(".");
    storage.create("new")->sync();
    storage.rename("new", "old");
    storage.create("third");
    storage.power_cut(draw);
    std::string names;
    for (const std::string& name : storage.list(".")) names += cat(name, " ");
    seen.insert(names);
  }
  EXPECT_EQ(seen, (std::set<std::string>{"old ", "new old ", "old third ", "new old third "}));
}

// Without power cuts the storage is a plain file system. The model is a map of strings.
TEST(Storage, AgreesWithAModelWhileThePowerIsOn) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(cat("seed ", seed));
    Draw draw(seed);
    Storage storage;
    std::map<std::string, std::string> model;
    for (int step = 0; step < 200; ++step) {
      const std::string name(1, static_cast<char>('a' + draw.below(4)));
      const std::string other(1, static_cast<char>('a' + draw.below(4)));
      const bool there = model.contains(name);
      switch (draw.below(6)) {
        case 0:
          if (!there) {
            storage.create(name);
            model[name] = "";
          }
          break;
        case 1:
          ASSERT_EQ(storage.rename(name, other), there);
          if (there && name != other) {
            model[other] = model[name];
            model.erase(name);
          }
          break;
        case 2:
          ASSERT_EQ(storage.remove(name), there);
          model.erase(name);
          break;
        case 3:
          if (there) {
            const std::uint64_t offset = draw.below(2000);
            const std::string bytes(draw.below(1500), static_cast<char>('A' + draw.below(26)));
            storage.find(name)->write(offset, bytes);
            std::string& file = model[name];
            if (!bytes.empty() && file.size() < offset + bytes.size()) {
              file.resize(offset + bytes.size());
            }
            if (!bytes.empty()) file.replace(offset, bytes.size(), bytes);
          }
          break;
        case 4:
          if (there) {
            const std::uint64_t size = draw.below(3000);
            storage.find(name)->truncate(size);
            model[name].resize(size);
          }
          break;
        default:
          if (there) storage.find(name)->sync();
          storage.sync_folder(".");
      }
      std::vector<std::string> names;
      for (const auto& [path, bytes] : model) {
        names.push_back(path);
        ASSERT_EQ(storage.find(path)->bytes(), bytes);
      }
      ASSERT_EQ(storage.list("."), names);
    }
    // All synced, a cut changes nothing.
    for (const auto& [path, bytes] : model) storage.find(path)->sync();
    storage.sync_folder(".");
    storage.power_cut(draw);
    for (const auto& [path, bytes] : model) ASSERT_EQ(storage.find(path)->bytes(), bytes);
    ASSERT_EQ(storage.list(".").size(), model.size());
  }
}

}  // namespace
}  // namespace thole::sim
