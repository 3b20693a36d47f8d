// The journal on a disk that is cut from its power, full, failing or damaged.

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <vector>

#include "thole/sim/draw.hpp"
#include "thole/store/crc32c.hpp"
#include "thole/store/log_format.hpp"
#include "thole/store/testing.hpp"
#include "thole/store/testing_disk.hpp"

namespace thole::store {
namespace {

// One life of a process that has a store on `storage`.
class Life {
 public:
  explicit Life(sim::Storage& storage, StoreOptions options = small())
      : disk(storage, executor), options_(std::move(options)) {}
  ~Life() {
    executor.drop_everything();
    store.reset();
    executor.drop_everything();
  }

  // Segments so small that a short run fills, recycles and checkpoints them.
  static StoreOptions small() {
    StoreOptions options;
    options.folder = "/data";
    options.log = {8u << 10, 16u << 10, 24u << 10};
    return options;
  }

  Result<void> open() {
    StoreSeams seams{&executor, nullptr, &disk, &random, &log};
    auto opened = executor.run(Store::open(options_, seams));
    if (!opened) return std::unexpected(opened.error());
    store = std::move(*opened);
    return {};
  }
  // Null when the disk died.
  std::optional<Result<void>> open_or_die() {
    StoreSeams seams{&executor, nullptr, &disk, &random, &log};
    std::optional<Result<void>> outcome;
    spawn(executor, "open", open_into(*this, options_, seams, outcome));
    while (!outcome && (executor.step() || executor.jump())) {
    }
    return outcome;
  }
  std::string put(std::string name, std::string bytes) {
    const auto done = executor.run(store->commit(executor, {Op::put({"pods", name}, {}, bytes)}));
    return done ? "ok" : show(done.error());
  }
  std::string state() const { return show(store->snapshot()); }

  VirtualExecutor executor;
  TestDisk disk;
  sim::Draw random{7};
  TestLog log;
  std::unique_ptr<Store> store;

 private:
  static asio::awaitable<void> open_into(Life& life, StoreOptions options, StoreSeams seams,
                                         std::optional<Result<void>>& outcome) {
    auto opened = co_await Store::open(std::move(options), seams);
    if (opened) {
      life.store = std::move(*opened);
      outcome.emplace();
    } else {
      outcome.emplace(std::unexpected(opened.error()));
    }
  }

  StoreOptions options_;
};

TEST(Crc32c, HasTheValuesOfItsSpecification) {
  EXPECT_EQ(crc32c(0, "123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(0, std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(0, std::string(32, '\xff')), 0x62a8ab43u);
  sim::Draw draw(1);
  for (std::size_t size = 0; size < 100; ++size) {
    std::string bytes(size, '\0');
    draw.fill(std::as_writable_bytes(std::span(bytes)));
    EXPECT_EQ(crc32c(5, bytes), crc32c_by_table(5, bytes));
    EXPECT_EQ(crc32c(crc32c(0, bytes.substr(0, size / 3)), bytes.substr(size / 3)),
              crc32c(0, bytes));
  }
}

TEST(Journal, FindsEverythingAgainAfterARestart) {
  sim::Storage storage;
  Revision base = 0;
  Revision newest = 0;
  std::string state;
  {
    Life life(storage);
    ASSERT_TRUE(life.open());
    base = life.store->newest();
    const auto done = life.executor.run(
        life.store->commit(life.executor, {Op::put({"pods", "a"}, {}, Value::make("1", Note{7, 8})),
                                           Op::put({"nodes", "n"}, {}, Value::make("2"))}));
    ASSERT_TRUE(done);
    life.put("a", "3");
    life.put("b", "4");
    ASSERT_TRUE(
        life.executor.run(life.store->commit(life.executor, {Op::erase({"nodes", "n"}, {})})));
    state = life.state();
    newest = life.store->newest();
    ASSERT_TRUE(life.executor.run(life.store->close(life.executor)));
  }
  Life life(storage);
  ASSERT_TRUE(life.open());
  EXPECT_EQ(life.state(), state);
  EXPECT_EQ(life.store->newest(), newest);
  EXPECT_EQ(life.store->snapshot().find("pods", "a")->revision(), base + 2);
  // The history came along: a watch goes on, and the past can be seen.
  EXPECT_EQ(life.store->oldest(), base);
  const Snapshot past = *life.store->snapshot_at(base + 1);
  EXPECT_EQ(show(past), "nodes n=2; pods a=1; ");
  EXPECT_EQ(past.find("pods", "a")->note().back(), 8u);
  LogReader reader = *life.store->read_log(base + 3);
  ASSERT_EQ(reader.next(), LogReader::Step::Change);
  EXPECT_EQ(show(*reader.change()), cat(base + 4, " nodes n 2 > -; "));
  EXPECT_EQ(reader.next(), LogReader::Step::Nothing);
}

TEST(Journal, MakesNewNotesWhenTheirVersionChanged) {
  for (const bool through_checkpoint : {false, true}) {
    sim::Storage storage;
    {
      Life life(storage);
      ASSERT_TRUE(life.open());
      life.put("a", "12345");
      for (int i = 0; through_checkpoint && i < 60; ++i) life.put("b", std::string(1'000, 'x'));
      life.executor.advance(std::chrono::seconds(1));
    }
    StoreOptions options = Life::small();
    options.note_version = 1;
    options.make_note = [](std::string_view, std::string_view bytes) {
      return Note{static_cast<std::uint32_t>(bytes.size())};
    };
    Life life(storage, options);
    ASSERT_TRUE(life.open());
    ASSERT_EQ(life.store->snapshot().find("pods", "a")->note().size(), 1u);
    EXPECT_EQ(life.store->snapshot().find("pods", "a")->note()[0], 5u);
  }
}

TEST(Journal, RefusesASecondProcess) {
  sim::Storage storage;
  Life first(storage);
  ASSERT_TRUE(first.open());
  Life second(storage);
  const auto refused = second.open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
  ASSERT_TRUE(first.executor.run(first.store->close(first.executor)));
  EXPECT_TRUE(second.open());
}

TEST(Journal, StaysSmallBecauseCheckpointsReplaceTheLog) {
  sim::Storage storage;
  Life life(storage);
  ASSERT_TRUE(life.open());
  for (int i = 0; i < 3'000; ++i) {
    ASSERT_EQ(life.put(cat("n", i % 10), std::string(500, 'x')), "ok");
    life.executor.advance(std::chrono::milliseconds(1));
  }
  life.executor.advance(std::chrono::seconds(2));
  EXPECT_LT(storage.used_bytes(), 200u << 10);
  EXPECT_LT(storage.list("/data").size(), 12u);
}

// Cuts the power at a point of a run, and compares what is there afterwards.
struct Script {
  std::vector<std::string> states;  // After so many Txns.
  std::size_t answered = 0;
  Revision base = 0;
  std::map<std::string, std::string> now;

  explicit Script(Revision start) : base(start) { states.emplace_back(); }

  Txn next(sim::Draw& draw) {
    Txn txn;
    const std::string bytes = cat(states.size(), ":", std::string(draw.below(300), 'x'));
    const std::size_t count = 1 + draw.below(3);
    const std::uint64_t first = draw.below(20);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = cat("n", 10 + (first + i) % 20);
      if (i > 0 && draw.below(4) == 0) {
        txn.push_back(Op::erase({"pods", name}, {}));
        now.erase(name);
      } else {
        txn.push_back(Op::put({"pods", name}, {}, bytes));
        now[name] = bytes;
      }
    }
    std::string text;
    for (const auto& [name, value] : now) text += cat("pods ", name, "=", value, "; ");
    states.push_back(text);
    return txn;
  }
};

asio::awaitable<void> write(Life& life, Txn txn, std::size_t& answered) {
  const auto done = co_await life.store->commit(life.executor, std::move(txn));
  if (done) ++answered;
}

void expect_recovered(const Life& life, const Script& run, Revision base) {
  const std::size_t there = life.store->newest() - base;
  ASSERT_GE(there, run.answered);
  ASSERT_LT(there, run.states.size());
  ASSERT_EQ(life.state(), run.states[there]);
  // The log repeats and misses nothing from wherever it begins.
  const Revision oldest = life.store->oldest();
  ASSERT_EQ(show(*life.store->snapshot_at(oldest)), run.states[oldest - base]);
  LogReader reader = *life.store->read_log(oldest);
  Revision last = oldest;
  while (reader.next() == LogReader::Step::Change) {
    ASSERT_TRUE(reader.change()->revision() == last || reader.change()->revision() == last + 1);
    last = reader.change()->revision();
  }
  ASSERT_EQ(last, life.store->newest());
  for (Revision at = oldest; at <= last; at += 1 + (last - oldest) / 5) {
    ASSERT_EQ(show(*life.store->snapshot_at(at)), run.states[at - base]);
  }
}

// Returns whether the run ended before the cut.
bool run_until_cut(std::uint64_t seed, std::uint64_t cut_at, bool at_syncs) {
  sim::Storage storage;
  sim::Draw draw(seed);
  Revision base = 0;
  std::optional<Script> run;
  bool ended = false;
  {
    Life life(storage);
    life.disk.dies_after_sync_only = at_syncs;
    life.disk.die_at = cut_at;
    if (const auto opened = life.open_or_die()) {
      EXPECT_TRUE(*opened);
      base = life.store->newest();
      run.emplace(base);
      while (run->states.size() <= 1'000 && !life.disk.dead()) {
        for (std::size_t i = 0, group = 1 + draw.below(9); i < group; ++i) {
          spawn(life.executor, "writer", write(life, run->next(draw), run->answered));
        }
        life.executor.run_ready();
        if (draw.below(10) == 0) life.executor.advance(std::chrono::milliseconds(5));
      }
      ended = !life.disk.dead();
    }
  }
  storage.power_cut(draw);
  Life life(storage);
  const auto opened = life.open();
  EXPECT_TRUE(opened) << show(opened.error());
  if (opened && run && run->answered > 0) {
    expect_recovered(life, *run, base);
    EXPECT_EQ(life.put("after", "x"), "ok");
  }
  return ended;
}

TEST(Journal, KeepsWhatItAnsweredWhereverThePowerIsCut) {
  std::uint64_t flushes = 1;
  while (!run_until_cut(flushes, flushes, true)) {
    ASSERT_FALSE(HasFailure()) << "at flush " << flushes;
    ++flushes;
  }
  EXPECT_GT(flushes, 200u);
}

TEST(Journal, KeepsWhatItAnsweredWhicheverOperationIsTheLast) {
  for (std::uint64_t at = 1;; at += 1 + at / 100) {
    const bool ended = run_until_cut(at, at, false);
    ASSERT_FALSE(HasFailure()) << "at operation " << at;
    if (ended) break;
  }
}

TEST(Journal, SurvivesManyCrashesOfOneFolder) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    sim::Storage storage;
    sim::Draw draw(seed);
    std::optional<Script> run;
    for (int crash = 0; crash < 60; ++crash) {
      Life life(storage);
      life.disk.die_at = 1 + draw.below(60);
      const auto opened = life.open_or_die();
      if (opened) {
        ASSERT_TRUE(*opened) << show(opened->error());
        if (run && run->states.size() > 1) {
          ASSERT_NO_FATAL_FAILURE(expect_recovered(life, *run, run->base));
          // What was not answered may have happened or not; from here on it is known.
          const std::size_t there = life.store->newest() - run->base;
          run->states.resize(there + 1);
          run->answered = there;
          run->now.clear();
          for (Cursor at = life.store->snapshot().scan("pods"); at.valid(); at.next()) {
            run->now[std::string(at.name())] = at.value().bytes();
          }
        } else {
          run.emplace(life.store->newest());
        }
        while (!life.disk.dead()) {
          for (std::size_t i = 0, group = 1 + draw.below(4); i < group; ++i) {
            spawn(life.executor, "writer", write(life, run->next(draw), run->answered));
          }
          life.executor.run_ready();
          if (draw.below(4) == 0) life.executor.advance(std::chrono::milliseconds(5));
        }
      }
      life.executor.drop_everything();
      if (draw.below(2) == 0) storage.power_cut(draw);  // Else the process alone died.
    }
  }
}

TEST(Journal, AnswersInternalErrorWhileTheDiskFailsAndGoesOnAfterwards) {
  sim::Storage storage;
  std::string state;
  {
    Life life(storage);
    ASSERT_TRUE(life.open());
    ASSERT_EQ(life.put("a", "1"), "ok");
    const Revision newest = life.store->newest();
    life.disk.failing_sync = true;
    EXPECT_EQ(life.put("a", "2"),
              "InternalError: the journal /data/log-0000000000000001 can't be written: "
              "sync /data/spare-0000000000000000: Input/output error");
    EXPECT_EQ(life.put("a", "3").substr(0, 50),
              "InternalError: the journal /data can't be written:");
    EXPECT_EQ(life.state(), "pods a=1; ");
    EXPECT_EQ(life.store->newest(), newest);
    life.disk.failing_sync = false;
    EXPECT_EQ(life.put("b", "4"), "ok");
    EXPECT_EQ(life.store->newest(), newest + 1);
    state = life.state();
  }
  sim::Draw draw(3);
  storage.power_cut(draw);
  Life life(storage);
  ASSERT_TRUE(life.open());
  EXPECT_EQ(life.state(), state);
}

TEST(Journal, GoesOnWhenAFullDiskHasRoomAgain) {
  sim::Storage storage;
  Life life(storage);
  ASSERT_TRUE(life.open());
  ASSERT_EQ(life.put("a", "1"), "ok");
  life.disk.full = true;
  std::string answer = "ok";
  int written = 0;
  for (; answer == "ok" && written < 1'000; ++written) {
    answer = life.put("b", std::string(400, 'x'));
  }
  EXPECT_EQ(answer.substr(0, 50), "InternalError: the journal /data can't be written:");
  EXPECT_NE(answer.find("No space left"), std::string::npos);
  EXPECT_GT(written, 5);  // What was prepared ahead can still be used.
  EXPECT_EQ(life.store->snapshot().find("pods", "a")->bytes(), "1");
  life.disk.full = false;
  EXPECT_EQ(life.put("c", "2"), "ok");
  const std::string state = life.state();
  ASSERT_TRUE(life.executor.run(life.store->close(life.executor)));
  Life again(storage);
  ASSERT_TRUE(again.open());
  EXPECT_EQ(again.state(), state);
}

// Ten writes of known place: the frames lie one behind the other in the first segment.
struct Damaged {
  Damaged() {
    Life life(storage);
    EXPECT_TRUE(life.open());
    base = life.store->newest();
    for (int i = 1; i <= 10; ++i) life.put("a", cat("value-", i));
    EXPECT_TRUE(life.executor.run(life.store->close(life.executor)));
  }
  std::size_t offset_of(int i) const { return storage.find(path)->bytes().find(cat("value-", i)); }
  void flip(std::size_t offset) {
    const auto inode = storage.find(path);
    const std::string byte(1, static_cast<char>(inode->bytes()[offset] ^ 4));
    inode->write(offset, byte);
    inode->sync();
  }
  std::string opened(std::optional<Revision> repair_to = {}) {
    StoreOptions options = Life::small();
    options.repair_to = repair_to;
    Life life(storage, options);
    const auto done = life.open();
    if (!done) return show(done.error());
    const std::string state = cat(life.store->newest() - base, " ", life.state());
    EXPECT_TRUE(life.executor.run(life.store->close(life.executor)));
    return state;
  }

  const std::string path = "/data/log-0000000000000001";
  sim::Storage storage;
  Revision base = 0;
};

TEST(Journal, RefusesDamageInTheMiddleAndRepairsWhenTold) {
  Damaged d;
  d.flip(d.offset_of(5));
  const std::string refused = d.opened();
  EXPECT_NE(refused.find(d.path), std::string::npos) << refused;
  EXPECT_NE(refused.find("damaged at offset "), std::string::npos) << refused;
  EXPECT_NE(refused.find(cat("thole serve --repair-to ", d.base + 4)), std::string::npos)
      << refused;
  EXPECT_EQ(d.opened(d.base + 4), "4 pods a=value-4; ");
  EXPECT_EQ(d.opened(), "4 pods a=value-4; ");
}

TEST(Journal, CutsAlsoWhatIsWholeWhenToldTo) {
  Damaged d;
  EXPECT_EQ(d.opened(d.base + 7), "7 pods a=value-7; ");
  EXPECT_EQ(d.opened(), "7 pods a=value-7; ");
}

TEST(Journal, DropsATornTail) {
  Damaged d;
  d.flip(d.offset_of(10));
  EXPECT_EQ(d.opened(), "9 pods a=value-9; ");
}

TEST(Journal, RefusesADamagedHeaderAndAMissingFormat) {
  Damaged d;
  d.flip(20);
  EXPECT_NE(d.opened().find("at offset 0: its header is damaged"), std::string::npos);
  Damaged other;
  other.storage.remove("/data/FORMAT");
  EXPECT_NE(other.opened().find("/data/FORMAT is missing"), std::string::npos);
}

TEST(Journal, RefusesAMissingSegmentAndADamagedCheckpoint) {
  sim::Storage storage;
  {
    Life life(storage);
    ASSERT_TRUE(life.open());
    for (int i = 0; i < 100; ++i) life.put(cat("n", i), std::string(700, 'x'));
    life.executor.advance(std::chrono::seconds(1));
    for (int i = 0; i < 15; ++i) life.put("b", std::string(700, 'y'));
    ASSERT_TRUE(life.executor.run(life.store->close(life.executor)));
  }
  std::vector<std::string> logs;
  std::string checkpoint;
  for (const std::string& name : storage.list("/data")) {
    if (number_in(name, "log")) logs.push_back("/data/" + name);
    if (number_in(name, "checkpoint")) checkpoint = "/data/" + name;
  }
  ASSERT_FALSE(checkpoint.empty());
  ASSERT_GE(logs.size(), 2u);
  const auto whole = storage.find(logs[0]);
  storage.remove(logs[0]);
  Life gap(storage);
  const auto refused = gap.open();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("missing"), std::string::npos) << show(refused.error());

  const auto inode = storage.find(checkpoint);
  inode->write(3'000, "damage");
  Life damaged(storage);
  const auto no = damaged.open();
  ASSERT_FALSE(no);
  EXPECT_NE(no.error().message.find("is damaged at offset 64"), std::string::npos)
      << show(no.error());
}

// The example of docs/design/journal.md.
TEST(LogFormat, HasTheBytesOfItsDescription) {
  const ChangePtr change = Change::make(9, "pods", "a", nullptr, Value::make("x", {}, 9));
  std::string digits;
  for (const char byte : encode_frame({{}, 3}, 5, {&change, 1})) {
    digits += "0123456789abcdef"[(byte >> 4) & 15];
    digits += "0123456789abcdef"[byte & 15];
  }
  EXPECT_EQ(digits,
            "17000000654a541905000000000000000900000000000000090000000000000001000000"
            "00000000"
            "0000000001040001000000000001000000706f6473617800");
}

TEST(LogFormat, TakesNoFrameFromAnotherPlace) {
  const FramePlace place{{std::byte{1}}, 3};
  const ChangePtr change = Change::make(9, "pods", "a", nullptr, Value::make("x", Note{1}, 9));
  const std::string frame = encode_frame(place, 5, {&change, 1});
  EXPECT_EQ(frame.size() % kFrameAlign, 0u);
  const auto head = check_frame(place, frame);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->batch, 5u);
  EXPECT_EQ(head->size(), frame.size());
  const auto changes = decode_changes(*head, frame);
  ASSERT_TRUE(changes);
  EXPECT_EQ((*changes)[0].bytes, "x");
  EXPECT_FALSE(check_frame({{std::byte{1}}, 4}, frame));
  EXPECT_FALSE(check_frame({{std::byte{2}}, 3}, frame));
  for (std::size_t bit = 0; bit < (kFrameHeaderBytes + head->length) * 8; ++bit) {
    std::string bad = frame;
    bad[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    EXPECT_FALSE(check_frame(place, bad)) << bit;
  }
  for (std::size_t size = 0; size < kFrameHeaderBytes + head->length; ++size) {
    EXPECT_FALSE(check_frame(place, frame.substr(0, size)));
  }
}

}  // namespace
}  // namespace thole::store
