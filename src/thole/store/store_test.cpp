#include "thole/store/store.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "thole/store/derived.hpp"
#include "thole/store/testing.hpp"

namespace thole::store {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

struct Fixture {
  explicit Fixture(StoreOptions options = {}) {
    StoreSeams seams;
    seams.sequencer = &executor;
    store = Store::in_memory(std::move(options), seams);
    base = store->newest();
  }

  Result<Committed> commit(Txn txn) { return executor.run(store->commit(executor, txn)); }
  // The revision since the start, or the error.
  std::string put(std::string name, std::string bytes, Expect expect = {}) {
    return told(commit({Op::put({"core/pods", std::move(name)}, expect, bytes)}));
  }
  std::string erase(std::string name, Expect expect = {}) {
    return told(commit({Op::erase({"core/pods", std::move(name)}, expect)}));
  }
  std::string told(const Result<Committed>& result) const {
    return result ? std::to_string(result->revision - base) : show(result.error());
  }
  std::string at(Revision since) const {
    const auto snapshot = store->snapshot_at(base + since);
    return snapshot ? show(*snapshot) : show(snapshot.error());
  }

  VirtualExecutor executor;
  std::unique_ptr<Store> store;
  Revision base = 0;
};

TEST(Store, GivesEachTxnTheNextRevision) {
  Fixture f;
  EXPECT_EQ(f.put("a", "1"), "1");
  EXPECT_EQ(f.put("b", "2"), "2");
  EXPECT_EQ(f.erase("a"), "3");
  EXPECT_EQ(show(f.store->snapshot()), "core/pods b=2; ");
  EXPECT_EQ(f.store->snapshot().find("core/pods", "b")->revision(), f.base + 2);
  EXPECT_EQ(f.store->snapshot().info("core/pods").last_changed, f.base + 3);
}

TEST(Store, StartsAboveEveryRevisionOfAnEarlierInstance) {
  Fixture first;
  for (int i = 0; i < 1'000; ++i) first.put("a", "x");
  Fixture second;
  second.executor.advance(seconds(1));
  StoreSeams seams;
  seams.sequencer = &second.executor;
  EXPECT_GT(Store::in_memory({}, seams)->newest(), first.store->newest());
}

TEST(Store, ChecksWhatAWriterExpects) {
  Fixture f;
  EXPECT_EQ(f.put("a", "1", Expect::at(7)), "Conflict: expected that core/pods a is at revision 7");
  EXPECT_EQ(f.put("a", "1", Expect::present()), "Conflict: expected that core/pods a is present");
  EXPECT_EQ(f.put("a", "1", Expect::absent()), "1");
  EXPECT_EQ(f.put("a", "1", Expect::absent()), "Conflict: expected that core/pods a is absent");
  EXPECT_EQ(f.put("a", "2", Expect::at(f.base + 1)), "2");
  EXPECT_EQ(f.erase("a", Expect::at(f.base + 1)),
            cat("Conflict: expected that core/pods a is at revision ", f.base + 1));
  EXPECT_EQ(f.erase("a", Expect::at(f.base + 2)), "3");
  EXPECT_EQ(f.store->newest(), f.base + 3);
}

TEST(Store, DoesAllOfATxnOrNothing) {
  Fixture f;
  f.put("a", "1");
  const auto refused = f.commit(
      {Op::put({"core/pods", "b"}, {}, "2"), Op::check({"core/pods", "a"}, Expect::absent())});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().details->causes[0].field, "1");
  EXPECT_EQ(show(f.store->snapshot()), "core/pods a=1; ");

  const auto done = f.commit({Op::put({"core/services", "s"}, Expect::absent(), "3"),
                              Op::erase({"core/pods", "a"}, {}),
                              Op::check({"core/pods", "zz"}, Expect::absent())});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->revision, f.base + 2);
  EXPECT_EQ(done->values[0]->bytes(), "3");
  EXPECT_EQ(done->values[0]->revision(), f.base + 2);
  EXPECT_EQ(done->values[1]->bytes(), "1");
  EXPECT_EQ(done->values[2], nullptr);
  EXPECT_EQ(show(f.store->snapshot()), "core/services s=3; ");
}

TEST(Store, UsesNoRevisionForATxnThatChangesNothing) {
  Fixture f;
  f.put("a", "1");
  EXPECT_EQ(f.erase("b"), "1");
  EXPECT_EQ(f.told(f.commit({Op::check({"core/pods", "a"}, Expect::present())})), "1");
  EXPECT_EQ(f.told(f.commit({})), "1");
}

TEST(Store, RefusesWhatIsOutOfBounds) {
  StoreOptions options;
  options.txn_ops_max = 2;
  options.name_bytes_max = 4;
  options.value_bytes_max = 100;
  Fixture f(std::move(options));
  EXPECT_EQ(f.put("abcd", "1"), "1");
  EXPECT_EQ(f.put("abcde", "1").substr(0, 7), "Invalid");
  EXPECT_EQ(f.put("", "1").substr(0, 7), "Invalid");
  EXPECT_EQ(f.put("a", std::string(60, 'x')), "2");
  EXPECT_EQ(f.put("a", std::string(101, 'x')),
            "RequestEntityTooLarge: an object may take at most 100 bytes");
  const Op op = Op::check({"core/pods", "a"}, {});
  EXPECT_EQ(f.told(f.commit({op, op})), "Invalid: a transaction names core/pods a twice");
  EXPECT_EQ(f.told(f.commit({op, op, op})),
            "RequestEntityTooLarge: a transaction may have at most 2 operations");
}

TEST(Store, DoesNotStampAValueThatItsWriterStillHolds) {
  Fixture f;
  const ValuePtr value = Value::make("x");
  ASSERT_TRUE(f.commit({Op::put({"core/pods", "a"}, {}, value)}));
  ASSERT_TRUE(f.commit({Op::put({"core/pods", "b"}, {}, value)}));
  EXPECT_EQ(value->revision(), 0u);
  EXPECT_EQ(f.store->snapshot().find("core/pods", "b")->revision(), f.base + 2);
}

TEST(Snapshot, CountsAndScansARangeOfNames) {
  Fixture f;
  for (const char* name : {"a/1", "a/2", "a/3", "b/1", "ab"}) f.put(name, "x");
  const Snapshot snapshot = f.store->snapshot();
  EXPECT_EQ(snapshot.count("core/pods"), 5u);
  EXPECT_EQ(snapshot.count("core/pods", "a/"), 3u);
  EXPECT_EQ(snapshot.count("core/pods", "a/", "a/2"), 2u);
  EXPECT_EQ(snapshot.count("core/pods", "a/", std::string("a/2") + '\0'), 1u);
  EXPECT_EQ(snapshot.count("core/pods", "c/"), 0u);
  EXPECT_EQ(snapshot.count("core/nothing"), 0u);
  std::string names;
  for (Cursor at = snapshot.scan("core/pods", "a/", "a/2"); at.valid(); at.next()) {
    names += cat(at.name(), " ");
  }
  EXPECT_EQ(names, "a/2 a/3 ");
  EXPECT_FALSE(snapshot.scan("core/pods", "b/2").valid());
  EXPECT_FALSE(Snapshot().scan("core/pods").valid());
}

TEST(Store, ShowsEveryRevisionOfTheWindowAndExpiresOlderOnesOnATimer) {
  Fixture f;
  f.put("a", "1");
  f.put("a", "2");
  f.executor.advance(minutes(4));
  f.erase("a");
  EXPECT_EQ(f.at(0), "");
  EXPECT_EQ(f.at(1), "core/pods a=1; ");
  EXPECT_EQ(f.at(2), "core/pods a=2; ");
  EXPECT_EQ(f.at(3), "");
  EXPECT_EQ(f.at(4).substr(0, 7), "Timeout");

  f.executor.advance(minutes(1) + seconds(15));  // Nobody writes; the window moves all the same.
  EXPECT_EQ(f.store->oldest(), f.base + 2);
  EXPECT_EQ(f.at(1).substr(0, 7), "Expired");
  EXPECT_EQ(f.at(2), "core/pods a=2; ");
  f.executor.advance(minutes(4));
  EXPECT_EQ(f.store->oldest(), f.base + 3);
  EXPECT_EQ(f.at(3), "");
}

TEST(Store, BoundsTheWindowByCountAndByBytes) {
  StoreOptions by_count;
  by_count.history_changes = 10;
  Fixture f(std::move(by_count));
  for (int i = 0; i < 100; ++i) f.put("a", std::to_string(i));
  EXPECT_EQ(f.store->oldest(), f.base + 90);

  StoreOptions by_bytes;
  by_bytes.history_bytes = 20'000;
  Fixture g(std::move(by_bytes));
  for (int i = 0; i < 100; ++i) g.put("a", std::string(1'000, 'x'));
  EXPECT_GT(g.store->oldest(), g.base + 80);
  EXPECT_LT(g.store->oldest(), g.base + 95);
}

std::string read(LogReader& reader) {
  std::string text;
  for (;;) {
    switch (reader.next()) {
      case LogReader::Step::Change:
        text += show(*reader.change());
        break;
      case LogReader::Step::Overrun:
        return text + "overrun";
      case LogReader::Step::Nothing:
        return text;
    }
  }
}

TEST(LogReader, ContinuesAfterTheRevisionItWasGiven) {
  Fixture f;
  f.put("a", "1");
  f.put("a", "2");
  LogReader reader = *f.store->read_log(f.base + 1);
  EXPECT_EQ(read(reader), cat(f.base + 2, " core/pods a 1 > 2; "));
  EXPECT_EQ(reader.position(), f.base + 2);
  EXPECT_EQ(read(reader), "");
  f.erase("a");
  EXPECT_EQ(read(reader), cat(f.base + 3, " core/pods a 2 > -; "));
  EXPECT_EQ(f.store->read_log(f.base + 4).error().kind, ErrorKind::Timeout);
  EXPECT_EQ(f.store->read_log(f.base - 1).error().kind, ErrorKind::Expired);
}

TEST(LogReader, StandsBehindATxnOnlyWithItsLastChange) {
  Fixture f;
  LogReader reader = *f.store->read_log(f.base);
  ASSERT_TRUE(f.commit({Op::put({"r", "a"}, {}, "1"), Op::put({"r", "b"}, {}, "2")}));
  ASSERT_EQ(reader.next(), LogReader::Step::Change);
  EXPECT_EQ(reader.position(), f.base);
  ASSERT_EQ(reader.next(), LogReader::Step::Change);
  EXPECT_EQ(reader.position(), f.base + 1);
}

TEST(LogReader, SeesAnOverrunOnlyWhenItMissedSomething) {
  StoreOptions options;
  options.history_changes = 3;
  Fixture f(std::move(options));
  f.put("a", "0");
  LogReader idle = *f.store->read_log(f.base + 1);
  LogReader slow = *f.store->read_log(f.base);
  for (int i = 0; i < 3; ++i) f.put("a", "x");
  EXPECT_EQ(read(idle).substr(0, 20), cat(f.base + 2, " cor"));
  f.put("a", "y");
  EXPECT_EQ(read(slow), "overrun");
  EXPECT_EQ(read(slow), "overrun");

  EXPECT_EQ(read(idle), cat(f.base + 5, " core/pods a x > y; "));
  f.executor.advance(minutes(6));  // The window is empty; who has read all of it missed nothing.
  EXPECT_EQ(f.store->oldest(), f.base + 5);
  EXPECT_EQ(read(idle), "");
  f.put("b", "z");
  EXPECT_EQ(read(idle), cat(f.base + 6, " core/pods b - > z; "));
}

TEST(Subscription, IsWokenAtMostOnceABatchAndNotAfterItsEnd) {
  Fixture f;
  int news = 0;
  auto subscription = std::make_unique<Subscription>();
  *subscription = f.store->subscribe(f.executor, [&] { ++news; });
  f.put("a", "1");
  f.executor.run_ready();
  EXPECT_EQ(news, 1);
  f.erase("nothing");
  f.executor.run_ready();
  EXPECT_EQ(news, 1);
  f.put("a", "2");
  subscription.reset();
  f.executor.run_ready();
  f.put("a", "3");
  f.executor.run_ready();
  EXPECT_LE(news, 2);
}

struct Kept final : Attachment {
  explicit Kept(int what) : number(what) {}
  int number;
};

TEST(Change, KeepsWhatReadersAttach) {
  const ChangePtr change = Change::make(1, "r", "n", nullptr, Value::make("x"));
  const auto is = [](int wanted) {
    return
        [wanted](const Attachment& one) { return static_cast<const Kept&>(one).number == wanted; };
  };
  EXPECT_EQ(change->find(is(1)), nullptr);
  change->attach(std::make_unique<Kept>(1));
  change->attach(std::make_unique<Kept>(2));
  EXPECT_EQ(static_cast<const Kept*>(change->find(is(1)))->number, 1);
  EXPECT_EQ(static_cast<const Kept*>(change->find(is(2)))->number, 2);
}

TEST(Derived, IsMadeAgainOnlyWhenItsResourcesChanged) {
  Fixture f;
  int made = 0;
  Derived<std::string> derived({"core/pods", "core/nodes"}, [&](const Snapshot& snapshot) {
    ++made;
    return std::make_shared<const std::string>(show(snapshot));
  });
  f.put("a", "1");
  EXPECT_EQ(*derived.get(f.store->snapshot()), "core/pods a=1; ");
  ASSERT_TRUE(f.commit({Op::put({"core/secrets", "s"}, {}, "1")}));
  derived.get(f.store->snapshot());
  EXPECT_EQ(made, 1);
  ASSERT_TRUE(f.commit({Op::put({"core/nodes", "n"}, {}, "1")}));
  derived.get(f.store->snapshot());
  EXPECT_EQ(made, 2);

  const auto fork = f.store->fork(f.executor);
  Derived<std::string> copy(derived);
  copy.get(fork->snapshot());
  EXPECT_EQ(made, 2);
}

TEST(Store, AnswersServiceUnavailableWhenClosed) {
  Fixture f;
  f.put("a", "1");
  ASSERT_TRUE(f.executor.run(f.store->close(f.executor)));
  EXPECT_EQ(f.put("a", "2"), "ServiceUnavailable: the store is closed");
  EXPECT_EQ(show(f.store->snapshot()), "core/pods a=1; ");
}

TEST(Fork, GoesItsOwnWay) {
  Fixture f;
  f.put("a", "1");
  const auto fork = f.store->fork(f.executor);
  EXPECT_EQ(fork->newest(), f.store->newest());
  EXPECT_EQ(fork->oldest(), f.store->newest());
  ASSERT_TRUE(f.executor.run(fork->commit(f.executor, {Op::put({"core/pods", "b"}, {}, "fork")})));
  f.put("a", "2");
  EXPECT_EQ(show(fork->snapshot()), "core/pods a=1; core/pods b=fork; ");
  EXPECT_EQ(show(f.store->snapshot()), "core/pods a=2; ");
}

TEST(Fork, AThousandWriteTenObjectsEachAndTheParentStaysAsItIs) {
  Fixture f;
  Txn txn;
  for (int i = 0; i < 5'000; ++i) {
    txn.push_back(Op::put({"core/configmaps", cat("default/c", 10'000 + i)}, {}, "parent"));
  }
  ASSERT_TRUE(f.commit(std::move(txn)));
  const std::string before = show(f.store->snapshot());
  std::vector<std::unique_ptr<Store>> forks;
  for (int i = 0; i < 1'000; ++i) forks.push_back(f.store->fork(f.executor));
  for (int round = 0; round < 10; ++round) {
    for (std::size_t i = 0; i < forks.size(); ++i) {
      const std::string name = cat("default/c", 10'000 + (i * 37 + round * 501) % 5'000);
      ASSERT_TRUE(f.executor.run(
          forks[i]->commit(f.executor, {Op::put({"core/configmaps", name}, {}, cat("f", i))})));
    }
  }
  for (std::size_t i = 0; i < forks.size(); ++i) {
    EXPECT_EQ(forks[i]->newest(), f.base + 11);
    const std::string name = cat("default/c", 10'000 + (i * 37) % 5'000);
    EXPECT_EQ(forks[i]->snapshot().find("core/configmaps", name)->bytes(), cat("f", i));
  }
  EXPECT_EQ(show(f.store->snapshot()), before);
  forks.clear();
  f.executor.run_ready();
  EXPECT_EQ(show(f.store->snapshot()), before);
}

}  // namespace
}  // namespace thole::store
