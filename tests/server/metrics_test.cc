// SPDX-License-Identifier: Apache-2.0

/// What /metrics shows.
#include "server/metrics.h"

#include <cmath>
#include <ctime>

#include "tests/server/node.h"

using namespace containercollector::test;
using containercollector::ErrorCode;
using containercollector::server::Listener;
using containercollector::server::Metrics;
using std::chrono::milliseconds;

namespace {

bool Has(const std::string& text, const std::string& series) {
  return ("\n" + text).find("\n" + series + " ") != std::string::npos;
}

/// The value of a series, by its name and labels.
double Value(const std::string& text, const std::string& series) {
  const std::string line = "\n" + series + " ";
  const std::size_t begin = ("\n" + text).find(line);
  CAPTURE(series);
  REQUIRE(begin != std::string::npos);
  return std::stod(text.substr(begin + line.size() - 1));
}

bool IsNow(double seconds) {
  return std::abs(seconds - static_cast<double>(std::time(nullptr))) < 60;
}

std::string MetricsOf(const Node& node) {
  return Get(node.url(), "/metrics").body;
}

}  // namespace

TEST_CASE("A request is counted by route and status, its duration by route") {
  Metrics metrics;
  metrics.CountRequest("collect", 200, milliseconds(300));
  metrics.CountRequest("collect", 500, milliseconds(30'000));
  const std::string text = metrics.ToText();
  CHECK(Value(text,
              "containercollector_requests_total"
              R"({route="collect",status="200"})") == 1);
  CHECK(Value(text,
              "containercollector_requests_total"
              R"({route="collect",status="500"})") == 1);
  const std::string duration = "containercollector_request_duration_seconds";
  CHECK(Value(text, duration + R"(_count{route="collect"})") == 2);
  CHECK(Value(text, duration + R"(_sum{route="collect"})") == 30.3);
  CHECK(Value(text, duration + R"(_bucket{route="collect",le="0.25"})") == 0);
  CHECK(Value(text, duration + R"(_bucket{route="collect",le="0.5"})") == 1);
  CHECK(Value(text, duration + R"(_bucket{route="collect",le="60"})") == 2);
}

TEST_CASE("Failures that have not happened yet are 0") {
  const std::string text = Metrics().ToText();
  for (const char* reason : {"handshake", "no_certificate", "untrusted"}) {
    CHECK(Value(text, "containercollector_tls_failures_total{reason=\"" +
                          std::string(reason) + "\"}") == 0);
  }
  CHECK(Value(text,
              "containercollector_daemon_calls_total"
              R"({call="list",result="timeout"})") == 0);
  CHECK(Value(text, "containercollector_incomplete_containers_total") == 0);
  CHECK(Value(text, "containercollector_log_lines_dropped_total") == 0);
}

TEST_CASE("The container runtime that is asked is 1, those before are 0") {
  Metrics metrics;
  const std::string docker =
      R"(containercollector_runtime{endpoint="unix:///d",runtime="docker"})";
  const std::string cri =
      R"(containercollector_runtime{endpoint="unix:///c",runtime="cri"})";
  const std::string changes = "containercollector_runtime_changes_total";
  CHECK(metrics.ToText().find("\ncontainercollector_runtime{") ==
        std::string::npos);
  CHECK(Value(metrics.ToText(), changes) == 0);
  metrics.SetRuntime("docker", "unix:///d");
  CHECK(Value(metrics.ToText(), docker) == 1);
  CHECK_FALSE(Has(metrics.ToText(), cri));
  CHECK(Value(metrics.ToText(), changes) == 0);
  metrics.SetRuntime("cri", "unix:///c");
  CHECK(Value(metrics.ToText(), docker) == 0);
  CHECK(Value(metrics.ToText(), cri) == 1);
  CHECK(Value(metrics.ToText(), changes) == 1);
}

TEST_CASE("Times that are unknown have no series") {
  Metrics metrics;
  const std::string success =
      "containercollector_last_successful_collection_timestamp_seconds";
  const std::string certificate = "containercollector_certificate_";
  const std::string before = metrics.ToText();
  CHECK_FALSE(Has(before, success));
  CHECK(before.find(certificate) == std::string::npos);

  metrics.CollectionSucceeded(3, 1234);
  const std::string collected = metrics.ToText();
  CHECK(IsNow(Value(collected, success)));
  CHECK(Value(collected, "containercollector_last_response_containers") == 3);
  CHECK(Value(collected, "containercollector_last_response_bytes") == 1234);

  metrics.CertificatesLoaded(std::chrono::system_clock::from_time_t(2e9));
  const std::string loaded = metrics.ToText();
  CHECK(Value(loaded, certificate + "expiry_timestamp_seconds") == 2e9);
  CHECK(Value(loaded, certificate + "last_reload_successful") == 1);
  CHECK(IsNow(Value(loaded, certificate + "last_reload_timestamp_seconds")));

  metrics.CertificatesNotLoaded();
  const std::string failed = metrics.ToText();
  CHECK(Value(failed, certificate + "expiry_timestamp_seconds") == 2e9);
  CHECK(Value(failed, certificate + "last_reload_successful") == 0);
}

TEST_CASE("Each listener has its own load and limits") {
  Metrics metrics;
  metrics.AddListener(Listener::kMain, 2048, 1000);
  CHECK(metrics.ToText().find("listener=\"metrics\"") == std::string::npos);
  metrics.AddListener(Listener::kMetrics, 64, 500);
  metrics.SetLoad(Listener::kMain, 7, 300);
  metrics.SetLoad(Listener::kMetrics, 2, 40);
  const std::string text = metrics.ToText();
  const std::string prefix = "containercollector_";
  const std::string main = R"({listener="main"})";
  CHECK(Value(text, prefix + "connections" + main) == 7);
  CHECK(Value(text, prefix + "connections_limit" + main) == 2048);
  CHECK(Value(text, prefix + "in_flight_bytes" + main) == 300);
  CHECK(Value(text, prefix + "in_flight_limit_bytes" + main) == 1000);
  const std::string second = R"({listener="metrics"})";
  CHECK(Value(text, prefix + "connections" + second) == 2);
  CHECK(Value(text, prefix + "connections_limit" + second) == 64);
  CHECK(Value(text, prefix + "in_flight_bytes" + second) == 40);
  CHECK(Value(text, prefix + "in_flight_limit_bytes" + second) == 500);
}

TEST_CASE("The process shows what it uses") {
  const auto read = [] { return Metrics().ToText(); };
  const std::string before = read();
  CHECK(Value(before, "process_resident_memory_bytes") > 1'000'000);
  CHECK(Value(before, "process_virtual_memory_bytes") >=
        Value(before, "process_resident_memory_bytes"));
  CHECK(Value(before, "process_max_fds") > Value(before, "process_open_fds"));
  CHECK(IsNow(Value(before, "process_start_time_seconds")));
  {
    const TempDir dir;
    const FileDescriptor file = OpenLog(dir / "file");
    CHECK(Value(read(), "process_open_fds") ==
          Value(before, "process_open_fds") + 1);
  }
  CHECK(WaitUntil(
      [&] {
        return Value(read(), "process_cpu_seconds_total") >
               Value(before, "process_cpu_seconds_total") + 0.05;
      },
      kGenerous));
}

TEST_CASE("/metrics shows open connections and pending requests") {
  Node node({"--max-waiting", "20"});
  node.Start(RespondWhenReleased(GoodResponse()));
  const std::string connections =
      R"(containercollector_connections{listener="main"})";
  std::vector<HttpCall> calls = PostMany(node, 5);
  WaitForWaiting(node, 5);
  // With that of the request for them.
  const auto has = [&](double count) {
    return WaitUntil(
        [&] { return Value(MetricsOf(node), connections) == count; },
        kGenerous);
  };
  CHECK(has(6));
  CHECK(Value(MetricsOf(node), "containercollector_requests_pending_limit") ==
        20);
  node.daemon().Release();
  for (HttpCall& call : calls) CheckCollected(call.Wait());
  calls.clear();
  CHECK(has(1));
  CheckStops(node.server());
}

TEST_CASE("/metrics shows the memory of responses that are being sent") {
  Node node({"--max-answer-bytes", "0"});
  const std::string large = ManyContainers(8'000'000);
  node.Start(GoodDaemon(large));
  const std::string bytes =
      R"(containercollector_in_flight_bytes{listener="main"})";
  HttpCall slow(node.url(), RequestBytes("POST", kRoute));
  CHECK(slow.connection().Receive(1).bytes == "H");
  // The response of /metrics itself may count too.
  CHECK(Value(MetricsOf(node), bytes) >= static_cast<double>(large.size()));
  slow.connection().Close();
  CHECK(WaitUntil([&] { return Value(MetricsOf(node), bytes) < 100'000; },
                  kGenerous));
  CheckStops(node.server());
}

TEST_CASE("/metrics shows when a collection last succeeded") {
  Node node;
  const std::string success =
      "containercollector_last_successful_collection_timestamp_seconds";
  CHECK(Post(node.url()).status == 500);
  CHECK_FALSE(Has(MetricsOf(node), success));
  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
  CHECK(IsNow(Value(MetricsOf(node), success)));
  CheckStops(node.server());
}

TEST_CASE("/metrics shows the duration of every route") {
  Node node;
  Post(node.url());
  for (const char* path : {"/", "/healthz", "/readyz", "/metrics", "/nowhere"})
    Get(node.url(), path);
  const std::string text = MetricsOf(node);
  for (const char* route :
       {"collect", "landing", "healthz", "readyz", "metrics", "other"}) {
    CHECK(Value(text,
                "containercollector_request_duration_seconds_count"
                "{route=\"" +
                    std::string(route) + "\"}") >= 1);
  }
  CheckStops(node.server());
}
