// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/agreement.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "tests/engine/daemon_process.h"
#include "tests/engine/json_difference.h"
#include "tests/engine/moby_containers.h"
#include "tests/support/http_client.h"
#include "tests/support/wait.h"

namespace containercollector::engine {
namespace {

constexpr int kOk = 200;

/// dockerd lists ports and mounts in the order of a Go map, another one each
/// time, so they are compared as sets.
rapidjson::Document Sorted(rapidjson::Document containers) {
  for (rapidjson::Value& container : containers.GetArray()) {
    for (const char* name : {"Ports", "Mounts"}) {
      const auto member = container.FindMember(name);
      if (member == container.MemberEnd() || !member->value.IsArray()) continue;
      std::sort(
          member->value.Begin(), member->value.End(),
          [](const rapidjson::Value& left, const rapidjson::Value& right) {
            return ToJson(left) < ToJson(right);
          });
    }
  }
  return containers;
}

rapidjson::Document DaemonContainers(const std::string& socket,
                                     const std::string& query) {
  const test::HttpResponse response =
      AskDaemon(socket, "/v1.40/containers/json" + query);
  if (response.status != kOk) {
    throw std::runtime_error("the daemon responded: " + response.body);
  }
  return Sorted(AsMobyContainers(response.body));
}

rapidjson::Document RouteContainers(const test::HttpResponse& response) {
  rapidjson::Document containers;
  containers.Parse(response.body.data(), response.body.size());
  if (response.status != kOk || containers.HasParseError() ||
      !containers.IsArray()) {
    throw std::runtime_error("the route responded with " +
                             std::to_string(response.status) + ": " +
                             response.body);
  }
  return Sorted(std::move(containers));
}

}  // namespace

std::string DifferenceFromDaemon(const test::ServerProcess& server,
                                 const std::string& socket,
                                 const std::string& route_query,
                                 const std::string& daemon_query) {
  constexpr std::chrono::minutes kBound{2};
  rapidjson::Document before = DaemonContainers(socket, daemon_query);
  std::string difference;
  const auto stood_still = [&] {
    const rapidjson::Document route =
        RouteContainers(test::Post(server.url(), route_query));
    rapidjson::Document after = DaemonContainers(socket, daemon_query);
    difference = FirstDifference(after, route, "containers");
    const bool same = before == after;
    before = std::move(after);
    return same;
  };
  if (!test::WaitUntil(stood_still, kBound))
    return "the node never stood still";
  return difference;
}

}  // namespace containercollector::engine
