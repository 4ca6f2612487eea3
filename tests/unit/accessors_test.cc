// SPDX-License-Identifier: Apache-2.0
#include "containercollector/accessors.h"

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

#include "tests/support/catch.h"

using namespace containercollector;
using std::chrono::system_clock;

namespace {

Container Labelled(StringMap labels) {
  Container container;
  container.labels = std::move(labels);
  return container;
}

}  // namespace

TEST_CASE("The primary name is the one without a link's slash") {
  const auto [names, primary] = GENERATE(table<StringList, std::string>({
      {{"/web"}, "web"},
      {{"/other/alias", "/web"}, "web"},
      {{"web"}, "web"},
      {{"/other/alias"}, ""},
      {StringList(), ""},
  }));
  Container container;
  CHECK(PrimaryName(container).empty());
  container.names = names;
  CHECK(PrimaryName(container) == primary);
}

TEST_CASE("A label is found by its key") {
  const Container container = Labelled({{"app", "web"}, {"empty", ""}});
  CHECK(FindLabel(container, "app") == "web");
  CHECK(FindLabel(container, "empty") == "");
  CHECK(FindLabel(container, "ap") == std::nullopt);
  CHECK(FindLabel(Container{}, "app") == std::nullopt);
}

TEST_CASE("The creation time is a time point, at most the clock's limits") {
  using Limits = std::numeric_limits<std::int64_t>;
  using TimePoint = system_clock::time_point;
  const auto [seconds, time] = GENERATE(table<std::int64_t, TimePoint>({
      {0, TimePoint()},
      {1795430876, system_clock::from_time_t(1795430876)},
      {Limits::max(), TimePoint::max()},
      {Limits::min(), TimePoint::min()},
  }));
  Container container;
  container.created = seconds;
  CHECK(CreationTime(container) == time);
}

TEST_CASE("The kubelet's labels name a container's pod") {
  const Container container =
      Labelled({{"io.kubernetes.container.name", "nginx"},
                {"io.kubernetes.docker.type", "container"},
                {"io.kubernetes.pod.name", "web-0"},
                {"io.kubernetes.pod.namespace", "default"},
                {"io.kubernetes.pod.uid", "13d025ab"}});
  CHECK(PodNamespace(container) == "default");
  CHECK(PodName(container) == "web-0");
  CHECK(PodUid(container) == "13d025ab");
  CHECK(PodContainerName(container) == "nginx");
  CHECK_FALSE(IsPodSandbox(container));
  CHECK(PodName(Container()).empty());
}

TEST_CASE("A sandbox is known by its type or by its name") {
  CHECK(IsPodSandbox(Labelled({{"io.kubernetes.docker.type", "podsandbox"}})));
  CHECK(IsPodSandbox(Labelled({{"io.kubernetes.container.name", "POD"}})));
  CHECK_FALSE(IsPodSandbox(Container()));
}
