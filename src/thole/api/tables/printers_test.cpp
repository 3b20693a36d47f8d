#include <gtest/gtest.h>

#include "thole/api/tables/cells.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// The cells of an object, seen on 2026-01-02 at 00:00.
std::string cells(std::string_view group, std::string_view resource, std::string_view json) {
  const RowPrinter printer = find_printer(group, resource);
  if (printer == nullptr) return "no printer";
  const auto object = codec::parse_json(json);
  if (!object) return "no JSON";
  codec::Arena arena;
  const WallTime now{std::chrono::sys_days{std::chrono::year{2026} / 1 / 2}};
  RowContext row{arena, codec::Value::array(arena), now};
  printer(row, object->root);
  std::string out;
  for (const codec::Value& cell : row.cells.elements()) {
    out += cat(out.empty() ? "" : "|",
               cell.is_string() ? std::string(cell.as_string()) : codec::to_json(cell));
  }
  return out;
}

TEST(Printers, AgesHaveTwoOrThreeFigures) {
  EXPECT_EQ(human_duration(seconds(-2)), "<invalid>");
  EXPECT_EQ(human_duration(seconds(-1)), "0s");
  EXPECT_EQ(human_duration(seconds(119)), "119s");
  EXPECT_EQ(human_duration(seconds(120)), "2m");
  EXPECT_EQ(human_duration(minutes(9) + seconds(59)), "9m59s");
  EXPECT_EQ(human_duration(minutes(179)), "179m");
  EXPECT_EQ(human_duration(hours(7) + minutes(5)), "7h5m");
  EXPECT_EQ(human_duration(hours(47)), "47h");
  EXPECT_EQ(human_duration(hours(49)), "2d1h");
  EXPECT_EQ(human_duration(hours(24 * 729)), "729d");
  EXPECT_EQ(human_duration(hours(24 * 731)), "2y1d");
  EXPECT_EQ(human_duration(hours(24 * 365 * 8)), "8y");
}

TEST(Printers, ANamespaceHasItsPhaseAndAge) {
  EXPECT_EQ(cells("", "namespaces",
                  R"({"metadata":{"name":"a","creationTimestamp":"2026-01-01T23:00:00Z"},
                      "status":{"phase":"Active"}})"),
            "a|Active|60m");
  EXPECT_EQ(cells("", "namespaces", R"({"metadata":{"name":"a"}})"), "a||<unknown>");
}

TEST(Printers, APodSaysWhyItDoesNotRun) {
  EXPECT_EQ(cells("", "pods",
                  R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"c"}]},
                      "status":{"phase":"Running","containerStatuses":[{"name":"c",
                      "restartCount":3,"state":{"waiting":{"reason":"CrashLoopBackOff"}},
                      "lastState":{"terminated":{"exitCode":1,
                      "finishedAt":"2026-01-01T23:59:00Z"}}}]}})"),
            "p|0/1|CrashLoopBackOff|3 (60s ago)|<unknown>|<none>|<none>|<none>|<none>");
  EXPECT_EQ(cells("", "pods",
                  R"({"metadata":{"name":"p","deletionTimestamp":"2026-01-01T00:00:00Z"},
                      "spec":{"containers":[{"name":"c"}]},"status":{"phase":"Running"}})"),
            "p|0/1|Terminating|0|<unknown>|<none>|<none>|<none>|<none>");
}

TEST(Printers, APodWaitsForItsInitContainers) {
  EXPECT_EQ(cells("", "pods",
                  R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"c"}],
                      "initContainers":[{"name":"i"},{"name":"j"}]},"status":{"phase":"Pending",
                      "initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":0}}},
                      {"name":"j","state":{"running":{}}}]}})"),
            "p|0/1|Init:1/2|0|<unknown>|<none>|<none>|<none>|<none>");
}

TEST(Printers, AServiceShowsItsPortsAndAddresses) {
  EXPECT_EQ(
      cells("", "services",
            R"({"metadata":{"name":"s"},"spec":{"type":"LoadBalancer","clusterIPs":["10.0.0.1"],
                      "ports":[{"port":80,"nodePort":30000,"protocol":"TCP"},
                      {"port":53,"protocol":"UDP"}],"selector":{"b":"2","a":"1"}}})"),
      "s|LoadBalancer|10.0.0.1|<pending>|80:30000/TCP,53/UDP|<unknown>|a=1,b=2");
}

TEST(Printers, AnAutoscalerShowsEachOfItsMetrics) {
  EXPECT_EQ(cells("autoscaling", "horizontalpodautoscalers",
                  R"({"metadata":{"name":"h"},"spec":{"scaleTargetRef":{"kind":"Deployment",
                      "name":"d"},"minReplicas":2,"maxReplicas":5,"metrics":[{"type":"Resource",
                      "resource":{"name":"cpu","target":{"averageUtilization":80}}}]}})"),
            "h|Deployment/d|cpu: <unknown>/80%|2|5|0|<unknown>");
}

TEST(Printers, SelectorsAreSortedByKey) {
  const auto selector = codec::parse_json(
      R"({"matchLabels":{"z":"1"},"matchExpressions":[{"key":"a","operator":"In",
          "values":["y","x"]},{"key":"b","operator":"DoesNotExist"}]})");
  ASSERT_TRUE(selector);
  EXPECT_EQ(selector_text(selector->root), "a in (x,y),!b,z=1");
  EXPECT_EQ(format_selector(codec::Value()), "<none>");
}

}  // namespace
}  // namespace thole::api
