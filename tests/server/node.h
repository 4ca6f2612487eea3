// SPDX-License-Identifier: Apache-2.0

/// A node: a scripted daemon, and the server over it.
#ifndef CONTAINERCOLLECTOR_TESTS_SERVER_NODE_H_
#define CONTAINERCOLLECTOR_TESTS_SERVER_NODE_H_

#include <signal.h>

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/app.h"
#include "server/log.h"
#include "server/options.h"
#include "server/process.h"
#include "tests/support/catch.h"
#include "tests/support/http_client.h"
#include "tests/support/scripted_node.h"
#include "tests/support/server_process.h"
#include "tests/support/wait.h"

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

/// A scripted daemon and the server's binary, which calls it.
class Node : public ScriptedNode {
 public:
  explicit Node(const Command& arguments = {},
                const Environment& environment = {})
      : server_(host(), arguments, environment) {
    WaitForStartCheck();
  }

  const std::string& url() const { return server_.url(); }
  ServerProcess& server() { return server_; }

 private:
  /// The server makes a collection at start: not after the test has started a
  /// daemon.
  void WaitForStartCheck() {
    // Only some clients get metrics by TLS. The check fails: there is no
    // daemon.
    if (url().rfind("https:", 0) == 0) {
      REQUIRE(WaitUntil(
          [&] {
            return server_.ErrorOutput().find("\"list\"") != std::string::npos;
          },
          kGenerous));
      return;
    }
    WaitForMetric(url(), kStartCheck);
  }

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
    server::AllowConnections(2048);
    static std::once_flag log;
    std::call_once(log, server::SetUpLog, server::LogFormat::kLogfmt,
                   server::LogLevel::kError);
    app_.emplace(options, std::vector<int>());
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
  static_cast<void>(WaitUntil(
      [&] {
        response = Get(url, "/readyz");
        return response.body == text;
      },
      kGenerous));
  CheckText(response, status, text);
}

/// Stops the server and checks that it exits with 0, which it does not if a
/// sanitizer found something.
inline void CheckStops(ServerProcess& server) {
  server.Signal(SIGTERM);
  const int exit_code = server.WaitForExit();
  if (exit_code != 0) UNSCOPED_INFO(server.ErrorOutput());
  CHECK(exit_code == 0);
}

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SERVER_NODE_H_
