#include "thole/base/metrics.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace thole {
namespace {

TEST(Metrics, ShowsItselfAsPrometheusText) {
  Metrics metrics;
  auto& requests = metrics.counters("requests_total", "Requests by \\ verb.", {"verb", "code"});
  requests.with({"GET", "200"}).add(3);
  requests.with({"GET", "4\"04\n"}).add();
  metrics.gauge("inflight", "Now.").set(-2);
  auto& latency = metrics.histograms("latency_seconds", "How long.", {"verb"}, {0.5, 1});
  for (const double value : {0.25, 0.5, 0.75, 7.0}) latency.with({"GET"}).observe(value);
  metrics.gauge_from("memory", "Bytes.", [] { return 1.5; });

  EXPECT_EQ(metrics.render(),
            "# HELP inflight Now.\n"
            "# TYPE inflight gauge\n"
            "inflight -2\n"
            "# HELP latency_seconds How long.\n"
            "# TYPE latency_seconds histogram\n"
            "latency_seconds_bucket{verb=\"GET\",le=\"0.5\"} 2\n"
            "latency_seconds_bucket{verb=\"GET\",le=\"1\"} 3\n"
            "latency_seconds_bucket{verb=\"GET\",le=\"+Inf\"} 4\n"
            "latency_seconds_sum{verb=\"GET\"} 8.5\n"
            "latency_seconds_count{verb=\"GET\"} 4\n"
            "# HELP memory Bytes.\n"
            "# TYPE memory gauge\n"
            "memory 1.5\n"
            "# HELP requests_total Requests by \\\\ verb.\n"
            "# TYPE requests_total counter\n"
            "requests_total{verb=\"GET\",code=\"200\"} 3\n"
            "requests_total{verb=\"GET\",code=\"4\\\"04\\n\"} 1\n");
}

TEST(Metrics, GivesTheSameMemberForTheSameLabels) {
  Metrics metrics;
  Counter& first = metrics.counters("a", "", {"x"}).with({"1"});
  EXPECT_EQ(&first, &metrics.counters("a", "", {"x"}).with({"1"}));
  EXPECT_NE(&first, &metrics.counters("a", "", {"x"}).with({"2"}));
}

TEST(Metrics, BoundsHowManyMembersLabelsCanMake) {
  Metrics metrics;
  auto& family = metrics.counters("a", "", {"x"});
  for (int i = 0; i < 10'005; ++i) family.with({std::to_string(i)}).add();
  EXPECT_EQ(family.with({"other"}).value(), 5u);
  EXPECT_EQ(family.with({"never seen"}).value(), 5u);
}

TEST(Metrics, LosesNoCountWhenThreadsCountTogether) {
  Metrics metrics;
  Counter& counter = metrics.counter("a", "");
  Histogram& histogram = metrics.histogram("b", "", {1});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        counter.add();
        histogram.observe(2);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 4000u);
  EXPECT_EQ(histogram.count(), 4000u);
  EXPECT_EQ(histogram.sum(), 8000);
}

}  // namespace
}  // namespace thole
