// SPDX-License-Identifier: Apache-2.0

/// What /metrics shows.
#include "server/metrics.h"

#include <cmath>
#include <ctime>
#include <map>

#include "tests/server/node.h"

using namespace containercollector::test;
using namespace containercollector::server;

namespace {

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Checks the values of series of the server.
void CheckValues(const std::string& text,
                 const std::map<std::string, double>& expected) {
  for (const auto& [series, value] : expected) {
    CAPTURE(series);
    CHECK(MetricValue(text, "containercollector_" + series) == value);
  }
}

bool IsNow(double seconds) {
  return std::abs(seconds - static_cast<double>(std::time(nullptr))) < 60;
}

std::string MetricsOf(const Node& node) {
  return Get(node.url(), "/metrics").body;
}

}  // namespace

TEST_CASE("Counters add, totals and gauges replace, histograms sort values") {
  Metrics metrics;
  metrics.Record(kRequests, 1, {{"route", "a"}, {"status", "200"}});
  metrics.Record(kRequests, 1, {{"route", "a"}, {"status", "500"}});
  metrics.Record(kRequests, 2, {{"route", "a"}, {"status", "500"}});
  metrics.Record(kPending, 7);
  metrics.Record(kPending, 3);
  for (const int total : {5, 7}) {
    metrics.Record({"containercollector_x_total", "Help.", Metric::kTotal},
                   total);
  }
  for (const double seconds : {0.25, 0.3, 30.0, 61.0})
    metrics.Record(kRequestDuration, seconds, {{"route", "a"}});
  metrics.Record(kBatchSize, 1024);
  const std::string text = metrics.ToText();
  CheckValues(text,
              {{R"(requests_total{route="a",status="200"})", 1},
               {R"(requests_total{route="a",status="500"})", 3},
               {"requests_pending", 3},
               {"x_total", 7},
               {R"(request_duration_seconds_count{route="a"})", 4},
               {R"(request_duration_seconds_sum{route="a"})", 91.55},
               {R"(request_duration_seconds_bucket{route="a",le="0.1"})", 0},
               {R"(request_duration_seconds_bucket{route="a",le="0.25"})", 1},
               {R"(request_duration_seconds_bucket{route="a",le="60"})", 3},
               {R"(request_duration_seconds_bucket{route="a",le="+Inf"})", 4},
               {R"(batch_size_bucket{le="512"})", 0},
               {R"(batch_size_bucket{le="1024"})", 1},
               {R"(tls_failures_total{reason="untrusted"})", 0},
               {R"(daemon_calls_total{call="list",result="timeout"})", 0},
               {R"(daemon_calls_total{call="list",result="ok"})", 0},
               {"runtime_changes_total", 0},
               {"incomplete_containers_total", 0},
               {"log_lines_dropped_total", 0}});
  // A time that is unknown has no series: 0 would be 1970.
  CHECK_FALSE(Has(text, "timestamp"));
}

TEST_CASE("The metrics include the resource usage of the process") {
  const auto read = [] { return Metrics().ToText(); };
  const std::string before = read();
  CHECK(MetricValue(before, "process_resident_memory_bytes") > 1'000'000);
  CHECK(MetricValue(before, "process_virtual_memory_bytes") >=
        MetricValue(before, "process_resident_memory_bytes"));
  CHECK(MetricValue(before, "process_max_fds") >
        MetricValue(before, "process_open_fds"));
  CHECK(IsNow(MetricValue(before, "process_start_time_seconds")));
  {
    const TempDir dir;
    const FileDescriptor file = OpenLog(dir / "file");
    CHECK(MetricValue(read(), "process_open_fds") ==
          MetricValue(before, "process_open_fds") + 1);
  }
  CHECK(WaitUntil(
      [&] {
        return MetricValue(read(), "process_cpu_seconds_total") >
               MetricValue(before, "process_cpu_seconds_total") + 0.05;
      },
      kGenerous));
}

TEST_CASE("/metrics counts requests, runtime calls and containers") {
  Node node;
  const std::string success =
      "containercollector_last_successful_collection_timestamp_seconds";
  Post(node.url());
  CHECK_FALSE(Has(MetricsOf(node), success));
  node.Start(GoodDaemon());
  Post(node.url());
  Post(node.url());
  Post(node.url(), "?limit=x");
  for (const char* path : {"/", "/healthz", "/readyz", "/nowhere"})
    Get(node.url(), path);

  const auto response = Get(node.url(), "/metrics");
  CHECK(response.status == 200);
  CHECK(response.headers.at("content-type") ==
        "text/plain; version=0.0.4; charset=utf-8");
  CHECK(IsNow(MetricValue(response.body, success)));
  CHECK(Has(response.body, "\ncontainercollector_build_info{version=\""));
  const std::string durations = "request_duration_seconds_count";
  CheckValues(
      response.body,
      {{R"(requests_total{route="collect",status="200"})", 2},
       {R"(requests_total{route="collect",status="400"})", 1},
       {R"(requests_total{route="collect",status="500"})", 1},
       {R"(requests_total{route="other",status="404"})", 1},
       {durations + R"({route="collect"})", 4},
       {durations + R"({route="landing"})", 1},
       {durations + R"({route="healthz"})", 1},
       {durations + R"({route="readyz"})", 1},
       {durations + R"({route="other"})", 1},
       {R"(daemon_calls_total{call="list",result="ok"})", 3},
       {R"(daemon_calls_total{call="list",result="cannot_connect"})", 2},
       {R"(daemon_call_duration_seconds_count{call="list"})", 5},
       {"batch_size_count", 5},
       {"requests_pending", 0},
       {"last_response_containers", 1},
       {"last_response_bytes", kOneContainer.size()}});
}

TEST_CASE("/metrics shows connections and pending requests, by listener") {
  Node node(
      {"--max-waiting=20", "--metrics-port=0", "--max-in-flight-bytes=7"});
  node.Start(RespondWhenReleased(GoodResponse()));
  std::vector<HttpCall> calls = PostMany(node, 5);
  WaitForWaiting(node, 5);
  const std::string connections =
      R"(containercollector_connections{listener="main"})";
  // With that of the request for them.
  const auto has = [&](double count) {
    return WaitUntil(
        [&] { return MetricValue(MetricsOf(node), connections) == count; },
        kGenerous);
  };
  CHECK(has(6));
  CheckValues(MetricsOf(node),
              {{"requests_pending_limit", 20},
               {R"(connections_limit{listener="main"})", 1044},
               {R"(connections_limit{listener="metrics"})", 64},
               {R"(connections{listener="metrics"})", 0},
               {R"(in_flight_bytes{listener="metrics"})", 0},
               {R"(in_flight_limit_bytes{listener="main"})", 7},
               {R"(in_flight_limit_bytes{listener="metrics"})", 7}});
  node.daemon().Release();
  for (HttpCall& call : calls) call.Wait();
  calls.clear();
  CHECK(has(1));
}
