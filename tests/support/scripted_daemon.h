// SPDX-License-Identifier: Apache-2.0

/// A stand-in for a Docker daemon, and ready-made scripts for it.
#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_DAEMON_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_DAEMON_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/http.h"
#include "tests/support/scripted_server.h"

namespace containercollector::test {

/// Called for each complete request, on the thread of its connection. A script
/// that returns without having closed the connection leaves it open for the
/// next request, whether or not it has responded.
using Script = std::function<void(const Request&, Exchange&)>;

/// A server that speaks HTTP/1.1. It responds to malformed requests with 400.
class ScriptedDaemon : public ScriptedServer {
 public:
  ScriptedDaemon(const Address& address, Script script,
                 DaemonOptions options = {});
  ~ScriptedDaemon() { Stop(); }

  /// Takes effect with the next request.
  void SetScript(Script script);

  /// All requests so far, in the order in which they were complete.
  std::vector<Request> Requests() const { return Locked(requests_); }

  /// Waits for that many requests. Returns false if `timeout` passes first.
  bool WaitForRequests(std::size_t count,
                       std::chrono::milliseconds timeout) const;

 private:
  void Respond(Exchange& exchange);

  std::shared_ptr<const Script> script_;
  std::vector<Request> requests_;
};

/// Keeps the connection, as HTTP/1.1 does.
Script RespondWith(std::string response);
/// For responses that are cut off, and those that end with the connection.
Script RespondAndClose(std::string response);
/// Waits for ScriptedDaemon::Release() first.
Script RespondWhenReleased(std::string response);

Script NeverRespond();
Script CloseWithoutResponse();
Script ResetWithoutResponse();

/// Responds to `kept` requests of each connection, and closes it at the next.
Script DieAfter(std::size_t kept, Script script);

/// A script that responds to `/_ping`, `/version` and `/containers/json`
/// as dockerd does, under the API versions that it accepts.
struct VersionedDaemon {
  std::string min_api_version = "1.12";
  std::string max_api_version = "1.40";
  std::string server_version = "19.03.15";
  std::string containers_json = "[]";
  /// Returns the list for a query, instead of the above. What it throws is the
  /// text of a 400.
  std::function<std::string(const std::string& query)> list_containers;
  /// What `/version` returns; empty: the versions above.
  std::string version_json;

  void operator()(const Request& request, Exchange& exchange) const;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_DAEMON_H_
