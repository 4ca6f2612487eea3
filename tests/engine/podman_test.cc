// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <vector>

#include "tests/engine/checks.h"
#include "tests/engine/daemon_process.h"
#include "tests/engine/podman_node.h"
#include "tests/engine/shared_node.h"
#include "tests/support/catch.h"
#include "tests/support/http_client.h"
#include "tests/support/server_process.h"

namespace containercollector::engine {
namespace {

using test::ServerProcess;

TEST_CASE("the podman node shows what its list can show", "[podman]") {
  const std::string list = AskDaemon(SharedNode<PodmanNode>().socket(),
                                     "/v1.40/containers/json?all=1")
                               .body;
  const std::vector<std::string> kFragments = {
      R"("State":"running")",      R"("State":"exited")",
      R"("State":"paused")",       R"("State":"created")",
      R"("Networks":{"podman":{)", R"("PublicPort":8080)",
      R"("Type":"bind")",          R"("Type":"volume")",
      "日本 😀\\nnext line"};
  CheckFragments(list, kFragments);
}

TEST_CASE("the route responds as podman does", "[podman]") {
  const std::string& socket = SharedNode<PodmanNode>().socket();
  CheckAgreement(ServerProcess("unix://" + socket), socket);
}

TEST_CASE("the server outlives a podman that is killed", "[podman]") {
  PodmanNode& node = SharedNode<PodmanNode>();
  const ServerProcess server("unix://" + node.socket());
  CHECK(test::Post(server.url()).status == 200);
  CheckSurvivesKill(server, node.engine().process());
}

}  // namespace
}  // namespace containercollector::engine
