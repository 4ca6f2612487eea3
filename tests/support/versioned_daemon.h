// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_VERSIONED_DAEMON_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_VERSIONED_DAEMON_H_

#include <functional>
#include <string>

#include "tests/support/scripted_daemon.h"

namespace containercollector::test {

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

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_VERSIONED_DAEMON_H_
