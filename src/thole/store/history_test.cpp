// Snapshots, Txns and watches against a model that forgets nothing; and what a long run costs.

#include <gtest/gtest.h>
#include <malloc.h>

#include <map>
#include <random>

#include "thole/store/testing.hpp"

namespace thole::store {
namespace {

using State = std::map<std::string, std::string>;

std::string text_of(const State& state) {
  std::string text;
  for (const auto& [key, bytes] : state) text += cat(key, "=", bytes, "; ");
  return text;
}

TEST(StoreModel, AgreesAtEveryRevisionOfTheWindow) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(cat("seed ", seed));
    std::mt19937_64 random(seed);
    VirtualExecutor executor;
    StoreOptions options;
    options.history_changes = 50 + random() % 2'000;
    StoreSeams seams;
    seams.sequencer = &executor;
    auto store = Store::in_memory(options, seams);
    const Revision base = store->newest();
    std::vector<std::string> states = {""};
    State state;
    std::vector<std::pair<LogReader, State>> watches;

    for (int step = 0; step < 1'200; ++step) {
      Txn txn;
      State next = state;
      bool holds = true;
      bool changes = false;
      for (std::size_t i = 0, count = 1 + random() % 3; i < count; ++i) {
        const std::string name = cat("n", 100 + i * 100 + random() % 30);
        const Key key{random() % 5 ? "pods" : "nodes", name};
        const auto at = next.find(cat(key.resource, " ", name));
        const bool present = at != next.end();
        const auto choice = random() % 10;
        if (choice < 6) {
          const bool absent = random() % 8 == 0;
          txn.push_back(Op::put(key, absent ? Expect::absent() : Expect(), cat(step)));
          holds &= !absent || !present;
          next[cat(key.resource, " ", name)] = cat(step);
          changes = true;
        } else if (choice < 9) {
          txn.push_back(Op::erase(key, {}));
          if (present) next.erase(at);
          changes |= present;
        } else {
          txn.push_back(Op::check(key, Expect::present()));
          holds &= present;
        }
      }
      const auto done = executor.run(store->commit(executor, std::move(txn)));
      ASSERT_EQ(done.has_value(), holds);
      if (holds && changes) {
        state = std::move(next);
        states.push_back(text_of(state));
      }
      ASSERT_EQ(store->newest(), base + states.size() - 1);
      if (random() % 40 == 0) {
        for (int probe = 0; probe < 3; ++probe) {
          const Revision at = base + random() % states.size();
          const auto past = store->snapshot_at(at);
          ASSERT_EQ(past.has_value(), at >= store->oldest());
          if (past) ASSERT_EQ(show(*past), states[at - base]);
        }
        watches.emplace_back(*store->read_log(store->newest()), state);
      }
      if (!watches.empty() && random() % 20 == 0) {
        auto& [reader, seen] = watches[random() % watches.size()];
        LogReader::Step read;
        while ((read = reader.next()) == LogReader::Step::Change) {
          const Change& change = *reader.change();
          const std::string key = cat(change.resource(), " ", change.name());
          ASSERT_EQ(change.before() ? change.before()->bytes() : "-",
                    seen.contains(key) ? seen[key] : "-");
          if (change.after()) {
            seen[key] = change.after()->bytes();
          } else {
            seen.erase(key);
          }
        }
        if (read == LogReader::Step::Nothing) {
          ASSERT_EQ(text_of(seen), text_of(state));
          ASSERT_EQ(reader.position(), store->newest());
        } else {
          ASSERT_LT(reader.position(), store->oldest());
        }
      }
    }
  }
}

TEST(History, OfAMillionUpdatesOfOneObjectStaysBounded) {
  VirtualExecutor executor;
  StoreSeams seams;
  seams.sequencer = &executor;
  auto store = Store::in_memory({}, seams);
  const std::string bytes(1'024, 'x');
  const std::size_t before = mallinfo2().uordblks;
  std::size_t most = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    (void)executor.run(store->commit(executor, {Op::put({"pods", "a"}, {}, bytes)}));
    if (i % 50'000 == 0) most = std::max(most, mallinfo2().uordblks - before);
  }
  EXPECT_LT(most, 100u << 20);
  executor.advance(std::chrono::minutes(10));
  EXPECT_LT(mallinfo2().uordblks - before, 1u << 20);
}

}  // namespace
}  // namespace thole::store
