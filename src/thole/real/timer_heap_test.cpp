#include "thole/real/timer_heap.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace thole::real {
namespace {

// The model is a map ordered by time and age; the heap must fire the same timers in its order.
TEST(TimerHeap, FiresAsASortedMapWould) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    TimerHeap heap;
    std::map<std::pair<int, int>, int> model;  // (time, age) to id, which is the age too.
    std::map<int, std::pair<std::unique_ptr<Timer>, int>> handles;
    std::vector<int> fired;
    int added = 0;

    for (int step = 0; step < 200; ++step) {
      const auto choice = random() % 10;
      if (choice < 6) {
        const int when = static_cast<int>(random() % 50);
        const int id = added++;
        handles[id] = {heap.add(TimePoint(Duration(when)), [&fired, id] { fired.push_back(id); }),
                       when};
        model[{when, id}] = id;
      } else if (choice < 9 && !handles.empty()) {
        auto it = std::next(handles.begin(), static_cast<long>(random() % handles.size()));
        model.erase({it->second.second, it->first});
        handles.erase(it);  // Fired ones are dropped here too, without effect.
      } else {
        const int now = static_cast<int>(random() % 50);
        std::vector<Task> due;
        heap.take_due(TimePoint(Duration(now)), due);
        for (Task& task : due) task();
        std::vector<int> expected;
        while (!model.empty() && model.begin()->first.first <= now) {
          expected.push_back(model.begin()->second);
          model.erase(model.begin());
        }
        ASSERT_EQ(fired, expected);
        fired.clear();
      }
      ASSERT_EQ(heap.size(), model.size());
      ASSERT_EQ(heap.next().has_value(), !model.empty());
      if (!model.empty()) {
        ASSERT_EQ(*heap.next(), TimePoint(Duration(model.begin()->first.first)));
      }
    }
  }
}

TEST(TimerHeap, MayBeDestroyedWithATimerThatItsOwnTaskOwns) {
  auto alive = std::make_shared<int>(0);
  {
    TimerHeap heap;
    auto holder = std::make_shared<std::unique_ptr<Timer>>();
    *holder = heap.add(TimePoint(), [holder, alive] {});
  }
  EXPECT_EQ(alive.use_count(), 1);
}

}  // namespace
}  // namespace thole::real
