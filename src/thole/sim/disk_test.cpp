#include "thole/sim/disk.hpp"

#include <gtest/gtest.h>

#include "thole/base/text.hpp"
#include "thole/sim/world.hpp"

namespace thole::sim {
namespace {

using namespace std::chrono_literals;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

TEST(SimDisk, RefusesAsAnOperatingSystemDoes) {
  World world(1);
  world.run([](Seams seams) -> asio::awaitable<void> {
    Disk& disk = seams.disk;
    const auto missing = co_await disk.open("/data/log", Disk::Open::Read);
    EXPECT_EQ(missing.error().kind, ErrorKind::NotFound);
    EXPECT_EQ(missing.error().message, "open /data/log: No such file or directory");
    const auto no_folder = co_await disk.open("/data/log", Disk::Open::CreateNew);
    EXPECT_EQ(no_folder.error().kind, ErrorKind::NotFound);
    co_await disk.make_dir("/data/deep");
    auto file = co_await disk.open("/data/log", Disk::Open::CreateNew);
    const auto twice = co_await disk.open("/data/log", Disk::Open::CreateNew);
    EXPECT_EQ(twice.error().kind, ErrorKind::AlreadyExists);
    auto reader = co_await disk.open("/data/log", Disk::Open::Read);
    EXPECT_EQ((co_await (*reader)->write_at(0, bytes_of("x"))).error().kind,
              ErrorKind::InternalError);
    auto lock = co_await disk.lock("/data/lock");
    EXPECT_EQ((co_await disk.lock("/data/lock")).error().kind, ErrorKind::Conflict);
    lock->reset();
    EXPECT_TRUE((co_await disk.lock("/data/lock")).has_value());
    EXPECT_EQ((co_await disk.list("/data")).value(), (std::vector<std::string>{"deep", "log"}));
    EXPECT_EQ((co_await disk.remove("/data/none")).error().kind, ErrorKind::NotFound);
  }(world.seams()));
}

TEST(SimDisk, RunsFullAndKeepsWhatFits) {
  World world(1);
  world.disk_faults().capacity_bytes = 1000;
  world.run([](Seams seams) -> asio::awaitable<void> {
    auto file = co_await seams.disk.open("log", Disk::Open::CreateNew);
    const std::string large(900, 'x');
    EXPECT_TRUE((co_await (*file)->write_at(0, bytes_of(large))).has_value());
    const auto full = co_await (*file)->write_at(800, bytes_of(large));
    EXPECT_EQ(full.error().message, "write log: No space left on device");
    EXPECT_EQ((co_await (*file)->size()).value(), 1000u);
    EXPECT_TRUE((co_await (*file)->write_at(100, bytes_of(large))).has_value());  // Overwrites.
    EXPECT_EQ((co_await seams.disk.free_bytes(".")).value(), 0u);
    EXPECT_EQ((co_await (*file)->truncate(1001)).error().kind, ErrorKind::InternalError);
  }(world.seams()));
  EXPECT_EQ(world.counts().of("disk full").reached, 2u);
}

TEST(SimDisk, InjectsEveryFaultAndCountsIt) {
  World world(5);
  DiskFaults& faults = world.disk_faults();
  faults.write_error = faults.read_error = faults.sync_error = faults.flipped_bit = 200'000;
  faults.slow_operation = 200'000;
  world.run([](Seams seams) -> asio::awaitable<void> {
    auto file = co_await seams.disk.open("log", Disk::Open::CreateNew);
    int failures = 0;
    std::vector<std::byte> buffer(100);
    for (int i = 0; i < 100; ++i) {
      failures += (co_await (*file)->write_at(0, buffer)).has_value() ? 0 : 1;
      failures += (co_await (*file)->read_at(0, buffer)).has_value() ? 0 : 1;
      failures += (co_await (*file)->sync()).has_value() ? 0 : 1;
    }
    EXPECT_GT(failures, 30);
  }(world.seams()));
  for (const char* fault : {"disk write error", "disk read error", "disk sync error",
                            "disk flipped bit", "disk slow"}) {
    EXPECT_GT(world.counts().of(fault).reached, 0u) << fault << "\n" << world.counts().show();
  }
}

// A program that appends numbers to a log and says which are safe. Whenever the power goes, what it
// has said must be there afterwards.
struct Appender {
  Appender(Seams given, int& said) : seams(given), safe(said) {
    spawn(seams.sequencer, "append", append());
  }
  asio::awaitable<void> append() {
    const auto lock = co_await seams.disk.lock("lock");
    EXPECT_TRUE(lock.has_value());  // The dead don't hold it.
    auto file = co_await seams.disk.open("log", Disk::Open::CreateNew);
    if (file) co_await seams.disk.sync_dir(".");
    if (!file) file = co_await seams.disk.open("log", Disk::Open::ReadWrite);
    for (;;) {
      const std::string record(100, static_cast<char>('a' + safe % 26));
      co_await (*file)->write_at(static_cast<std::uint64_t>(safe) * 100, bytes_of(record));
      if (flush) co_await (*file)->sync();
      ++safe;
    }
  }
  Seams seams;
  int& safe;
  bool flush = true;
};

// How many of the records that were said to be safe are not there, over many power cuts.
int lost_records(bool flush, bool power) {
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    World world(seed);
    Draw draw = world.draw("script");
    Process& process = world.process("appender");
    int safe = 0;
    for (int round = 0; round < 4; ++round) {
      process.start([&](Seams seams) {
        auto program = std::make_shared<Appender>(seams, safe);
        program->flush = flush;
        return program;
      });
      world.run_for(draw.between(0ms, 20ms));
      power ? process.power_off() : process.kill();
      world.run_for(1ms);
      const auto file = process.storage().find("log");
      const std::string bytes = file ? file->bytes() : "";
      for (int i = 0; i < safe; ++i) {
        const std::string record(100, static_cast<char>('a' + i % 26));
        if (bytes.size() < static_cast<std::size_t>(i + 1) * 100 ||
            bytes.substr(static_cast<std::size_t>(i) * 100, 100) != record) {
          ++lost;
        }
      }
    }
  }
  return lost;
}

TEST(SimDisk, LosesNothingThatWasFlushedAndFindsWhoForgotToFlush) {
  EXPECT_EQ(lost_records(true, true), 0);
  EXPECT_EQ(lost_records(false, false), 0);  // kill -9 keeps the page cache.
  EXPECT_GT(lost_records(false, true), 0);   // The planted bug.
}

}  // namespace
}  // namespace thole::sim
