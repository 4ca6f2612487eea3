// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/checks.h"

#include "tests/engine/agreement.h"
#include "tests/support/catch.h"
#include "tests/support/http_client.h"

namespace containercollector::engine {
namespace {

/// Queries of the route, and the daemon's queries for the same containers.
struct QueryPair {
  const char* route;
  const char* daemon;
};

const QueryPair kQueries[] = {
    {"", "?all=1"},
    {"?all=0", "?all=0"},
    {"?limit=2", "?all=1&limit=2"},
    {"?size=1", "?all=1&size=1"},
    {"?limit=2&size=1", "?all=1&limit=2&size=1"},
    {"?filters=%7B%22label%22%3A%5B%22x%3Dy%22%5D%7D",
     "?all=1&filters=%7B%22label%22%3A%5B%22x%3Dy%22%5D%7D"},
    {"?filters=%7B%22status%22%3A%5B%22exited%22%5D%7D",
     "?all=1&filters=%7B%22status%22%3A%5B%22exited%22%5D%7D"},
    {"?filters=%7B%22name%22%3A%5B%22absent%22%5D%7D",
     "?all=1&filters=%7B%22name%22%3A%5B%22absent%22%5D%7D"},
};

}  // namespace

void CheckFragments(const std::string& list,
                    const std::vector<std::string>& fragments) {
  for (const std::string& fragment : fragments) {
    INFO(fragment);
    CHECK(list.find(fragment) != std::string::npos);
  }
}

void CheckAgreement(const test::ServerProcess& server,
                    const std::string& socket) {
  for (const QueryPair& query : kQueries) {
    INFO("query of the route: " << query.route);
    CHECK(DifferenceFromDaemon(server, socket, query.route, query.daemon) ==
          kNoDifference);
  }
}

void CheckSurvivesKill(const test::ServerProcess& server,
                       DaemonProcess& daemon) {
  daemon.Kill();
  const test::HttpResponse response = test::Post(server.url());
  CHECK(response.status == 500);
  CHECK(response.Header("content-type") == "text/plain; charset=utf-8");
  CHECK(response.body == "Cannot connect to the Docker daemon at unix://" +
                             daemon.socket() +
                             ". Is the docker daemon running?");

  daemon.Start();
  CHECK(test::Post(server.url()).status == 200);
  CHECK(DifferenceFromDaemon(server, daemon.socket(), "", "?all=1") ==
        kNoDifference);
}

}  // namespace containercollector::engine
