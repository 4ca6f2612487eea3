// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <vector>

#include "tests/engine/agreement.h"
#include "tests/engine/daemon_process.h"
#include "tests/engine/podman_node.h"
#include "tests/engine/shared_node.h"
#include "tests/support/catch.h"
#include "tests/support/http_client.h"
#include "tests/support/server_process.h"

namespace containercollector::engine {
namespace {

using test::HttpResponse;
using test::Post;
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
  for (const std::string& fragment : kFragments) {
    INFO(fragment);
    CHECK(list.find(fragment) != std::string::npos);
  }
}

TEST_CASE("the route answers what podman answers", "[podman]") {
  const std::string& socket = SharedNode<PodmanNode>().socket();
  const ServerProcess server("unix://" + socket);

  SECTION("all containers, without being asked") {
    CHECK(DifferenceFromDaemon(server, socket, "", "?all=1") == kNoDifference);
  }
  SECTION("only the running ones") {
    CHECK(DifferenceFromDaemon(server, socket, "?all=0", "?all=0") ==
          kNoDifference);
  }
  SECTION("a limited number with sizes") {
    CHECK(DifferenceFromDaemon(server, socket, "?limit=2&size=1",
                               "?all=1&limit=2&size=1") == kNoDifference);
  }
  SECTION("those with a label") {
    const std::string kFilters =
        "filters=%7B%22label%22%3A%5B%22x%3Dy%22%5D%7D";
    CHECK(DifferenceFromDaemon(server, socket, "?" + kFilters,
                               "?all=1&" + kFilters) == kNoDifference);
  }
}

TEST_CASE("the server outlives a podman that is killed", "[podman]") {
  PodmanNode& node = SharedNode<PodmanNode>();
  const ServerProcess server("unix://" + node.socket());
  CHECK(Post(server.url()).status == 200);

  node.podman().process().Kill();
  const HttpResponse response = Post(server.url());
  CHECK(response.status == 500);
  CHECK(response.Header("content-type") == "text/plain; charset=utf-8");
  CHECK(response.body == "Cannot connect to the Docker daemon at unix://" +
                             node.socket() + ". Is the docker daemon running?");

  node.podman().process().Start();
  CHECK(Post(server.url()).status == 200);
  CHECK(DifferenceFromDaemon(server, node.socket(), "", "?all=1") ==
        kNoDifference);
}

}  // namespace
}  // namespace containercollector::engine
