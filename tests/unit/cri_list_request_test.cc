// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "lib/src/cri/list_filter.h"
#include "tests/support/catch.h"

using namespace containercollector;
using namespace containercollector::internal;

TEST_CASE("What the runtime can leave out of the list is sent along") {
  const std::string id(64, 'a');
  struct Case {
    const char* what;
    bool all;
    int limit;
    std::vector<std::pair<std::string, std::string>> filters;
    cri::ListRequest request;
  };
  using State = cri::ContainerState;
  for (const Case& one :
       {Case{"nothing", true, 0, {}, {}},
        Case{"all=0", false, 0, {}, {"", State::kRunning, {}}},
        Case{"all=0 with a limit", false, 1, {}, {}},
        Case{"running",
             true,
             0,
             {{"status", "running"}},
             {"", State::kRunning, {}}},
        Case{"exited",
             false,
             0,
             {{"status", "exited"}},
             {"", State::kExited, {}}},
        // cri-dockerd lists a paused container as running, and so on.
        Case{"paused", true, 0, {{"status", "paused"}}, {}},
        Case{"two states",
             false,
             0,
             {{"status", "running"}, {"status", "exited"}},
             {}},
        Case{"a whole ID", true, 0, {{"id", id}}, {id, {}, {}}},
        Case{"a short ID", true, 0, {{"id", id.substr(1)}}, {}},
        Case{
            "two IDs", true, 0, {{"id", id}, {"id", std::string(64, 'b')}}, {}},
        Case{"labels",
             true,
             0,
             {{"label", "app=web"},
              {"label", "key"},
              {"label", "io.kubernetes.docker.type=container"},
              {"label", "annotation.a=b"}},
             {"", {}, {{"app", "web"}}}},
        Case{"before", false, 0, {{"before", "x"}, {"id", id}}, {}},
        Case{"since", false, 0, {{"since", "x"}, {"label", "a=b"}}, {}}}) {
    CAPTURE(one.what);
    ListOptions options;
    options.all = one.all;
    options.limit = one.limit;
    for (const auto& [name, value] : one.filters)
      options.filters.Add(name, value);
    const auto limit = CallLimit::Of({}, std::chrono::hours(1));
    const cri::ListRequest request = cri::ListFilter(options, limit).Request();
    CHECK(request.id == one.request.id);
    CHECK(request.state == one.request.state);
    CHECK(request.labels == one.request.labels);
  }
}
