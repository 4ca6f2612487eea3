// SPDX-License-Identifier: Apache-2.0

/// A node: a scripted daemon, and the server over it.
#ifndef CONTAINERCOLLECTOR_TESTS_SERVER_NODE_H_
#define CONTAINERCOLLECTOR_TESTS_SERVER_NODE_H_

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/app.h"
#include "server/log.h"
#include "server/options.h"
#include "tests/support/catch.h"
#include "tests/support/http_client.h"
#include "tests/support/posix.h"
#include "tests/support/program.h"
#include "tests/support/scripted_node.h"

namespace containercollector::test {

/// Waits until the server's metrics have the line.
inline void WaitForMetric(const std::string& url, const std::string& line) {
  const auto has_line = [&] {
    return Get(url, "/metrics").body.find("\n" + line + "\n") !=
           std::string::npos;
  };
  INFO("awaited: " << line);
  REQUIRE(WaitUntil(has_line, kGenerous));
}

/// What the metrics say after the collection at the start.
inline constexpr const char* kStartCheck =
    "containercollector_daemon_call_duration_seconds_count{call=\"list\"} 1";

/// Stops the server and checks that it exits with 0, which it does not if a
/// sanitizer found something. A test that sends SIGTERM waits for the exit: the
/// second signal would end the server at once.
inline void CheckStops(ServerProcess& server) {
  if (server.IsRunning()) server.Signal(SIGTERM);
  const int exit_code = server.WaitForExit();
  if (exit_code != 0) UNSCOPED_INFO(server.ErrorOutput());
  CHECK(exit_code == 0);
}

/// A scripted daemon and the server's binary, which calls it. The destructor
/// checks that the server stops.
class Node : public ScriptedNode {
 public:
  explicit Node(const Command& arguments = {},
                const Environment& environment = {})
      : server_(host(), arguments, environment) {
    // The server makes a collection at start: not after the test has started a
    // daemon. Only some clients get metrics by TLS; the collection fails.
    if (url().rfind("http:", 0) == 0) {
      WaitForMetric(url(), kStartCheck);
    } else {
      REQUIRE(server_.WaitForErrorOutput("\"list\""));
    }
  }
  ~Node() {
    if (std::uncaught_exceptions() == 0) CheckStops(server_);
  }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const std::string& url() const { return server_.url(); }
  ServerProcess& server() { return server_; }

  /// Stops the server and returns all that it logged.
  std::string Log() {
    CheckStops(server_);
    return server_.ErrorOutput();
  }

 private:
  ServerProcess server_;
};

using server::Options;

/// A scripted daemon and a server in this process, for limits that no flag
/// sets.
class LocalNode : public ScriptedNode {
 public:
  /// @param set_limits Changes the defaults.
  explicit LocalNode(const std::function<void(Options&)>& set_limits) {
    Options options;
    options.runtime.docker_endpoint = host();
    options.port = 0;
    options.answer_limits = {0, 0};
    set_limits(options);
    static std::once_flag log;
    std::call_once(log, server::SetUpLog, server::LogFormat::kLogfmt,
                   server::LogLevel::kError);
    app_.emplace(options);
    // The server makes a collection at start.
    WaitForMetric(url(), kStartCheck);
  }

  const std::string& url() const { return app_->url(); }

 private:
  std::optional<server::App> app_;
};

/// Waits until `count` requests are pending on the daemon.
template <typename AnyNode>
void WaitForWaiting(const AnyNode& node, int count) {
  WaitForMetric(node.url(),
                "containercollector_requests_pending " + std::to_string(count));
}

template <typename AnyNode>
std::vector<HttpCall> PostMany(const AnyNode& node, int count,
                               std::string_view query = "") {
  const std::string request =
      RequestBytes("POST", std::string(kRoute) + std::string(query));
  std::vector<HttpCall> calls;
  for (int i = 0; i < count; ++i) calls.emplace_back(node.url(), request);
  return calls;
}

inline void CheckCollected(const HttpResponse& response) {
  CHECK(response.status == 200);
  CHECK(response.headers.at("content-type") == "application/json");
  CHECK(response.headers.at("x-content-type-options") == "nosniff");
  CHECK(response.body == kOneContainer);
}

/// Returns the object of the second route. `array` has no characters to escape
/// but quotes and backslashes.
inline std::string Wrapped(
    std::string_view array,
    std::string_view key = "collector.kubernetes.container.list") {
  std::string object = "{\"" + std::string(key) + "\":\"";
  for (const char c : array) {
    if (c == '"' || c == '\\') object += '\\';
    object += c;
  }
  return object + "\"}";
}

inline void CheckText(const HttpResponse& response, int status,
                      const std::string& text) {
  CHECK(response.status == status);
  CHECK(response.body == text);
  if (response.status != 0) {
    CHECK(response.headers.at("content-type") == "text/plain; charset=utf-8");
    CHECK(response.headers.at("x-content-type-options") == "nosniff");
  }
}

/// Waits until GET /readyz returns `text`: it repeats a result for a second.
inline void WaitForReadiness(const std::string& url, int status,
                             const std::string& text) {
  HttpResponse response;
  const auto is_new = [&] {
    response = Get(url, "/readyz");
    return response.body == text;
  };
  static_cast<void>(WaitUntil(is_new, kGenerous));
  CheckText(response, status, text);
}

/// Returns the response to a request to any path.
inline HttpResponse Send(const std::string& url, std::string_view method,
                         std::string_view target, const Headers& headers = {},
                         std::string_view body = "") {
  return HttpCall(url, RequestBytes(method, target, headers, body)).Wait();
}

/// A client that does not read its response, which has begun.
inline HttpCall Unread(const std::string& url) {
  HttpCall call(url, RequestBytes("POST", kRoute));
  CHECK(call.connection().Receive(1).bytes == "H");
  return call;
}

inline std::size_t CountOf(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1))
    ++count;
  return count;
}

/// Checks that the text has each of the parts, and only once.
inline void CheckOnce(const std::string& text,
                      const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    CAPTURE(part);
    CHECK(CountOf(text, part) == 1);
  }
}

/// Lets `count` new threads start, and makes more of them fail, because there
/// is no memory for their stacks.
class RoomForThreads {
 public:
  explicit RoomForThreads(std::size_t count) {
    constexpr std::size_t kStack = std::size_t{1} << 30U;
    REQUIRE(pthread_getattr_default_np(&attributes_before_) == 0);
    REQUIRE(getrlimit(RLIMIT_DATA, &limit_before_) == 0);
    pthread_attr_t large;
    REQUIRE(pthread_getattr_default_np(&large) == 0);
    REQUIRE(pthread_attr_setstacksize(&large, kStack) == 0);
    REQUIRE(pthread_setattr_default_np(&large) == 0);
    pthread_attr_destroy(&large);
    rlimit limit = limit_before_;
    limit.rlim_cur = DataBytes() + count * kStack + kStack / 2;
    REQUIRE(setrlimit(RLIMIT_DATA, &limit) == 0);
  }
  ~RoomForThreads() {
    setrlimit(RLIMIT_DATA, &limit_before_);
    pthread_setattr_default_np(&attributes_before_);
    pthread_attr_destroy(&attributes_before_);
  }
  RoomForThreads(const RoomForThreads&) = delete;
  RoomForThreads& operator=(const RoomForThreads&) = delete;

 private:
  static std::size_t DataBytes() {
    const std::string name = "\nVmData:";
    const std::string status = ReadFile("/proc/self/status");
    return std::stoul(status.substr(status.find(name) + name.size())) * 1024;
  }

  pthread_attr_t attributes_before_{};
  rlimit limit_before_{};
};

/// Returns the value of a series, by its name and labels.
inline double MetricValue(const std::string& metrics,
                          const std::string& series) {
  const std::string line = "\n" + series + " ";
  const std::size_t begin = ("\n" + metrics).find(line);
  CAPTURE(series);
  REQUIRE(begin != std::string::npos);
  return std::stod(metrics.substr(begin + line.size() - 1));
}

inline std::string CannotConnect(const ScriptedNode& node) {
  return "Cannot connect to the Docker daemon at " + node.host() +
         ". Is the docker daemon running?";
}

/// What callers get if the daemon does not respond in time.
inline std::string TimedOut(const ScriptedNode& node,
                            const std::string& timeout) {
  return "The Docker daemon at " + node.host() +
         " did not finish its answer to GET /v1.40/containers/json within " +
         timeout +
         " (0 bytes came). It may hang: look at its log, or allow more time.";
}

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SERVER_NODE_H_
