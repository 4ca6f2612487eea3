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

Container Named(StringList names) {
  Container container;
  container.names = std::move(names);
  return container;
}

Container Labelled(StringMap labels) {
  Container container;
  container.labels = std::move(labels);
  return container;
}

Container CreatedAt(std::int64_t seconds) {
  Container container;
  container.created = seconds;
  return container;
}

}  // namespace

TEST_CASE("The primary name is the one without a link's slash") {
  CHECK(PrimaryName(Named({"/web"})) == "web");
  CHECK(PrimaryName(Named({"/other/alias", "/web"})) == "web");
  CHECK(PrimaryName(Named({"web"})) == "web");
  CHECK(PrimaryName(Named({"/other/alias"})).empty());
  CHECK(PrimaryName(Named({})).empty());
  CHECK(PrimaryName(Container{}).empty());
}

TEST_CASE("A label is found by its key") {
  const Container container = Labelled({{"app", "web"}, {"empty", ""}});
  CHECK(FindLabel(container, "app") == "web");
  CHECK(FindLabel(container, "empty") == "");
  CHECK(FindLabel(container, "ap") == std::nullopt);
  CHECK(FindLabel(Container{}, "app") == std::nullopt);
}

TEST_CASE("The creation time is a time point of the system clock") {
  CHECK(CreationTime(Container{}) == system_clock::time_point());
  CHECK(system_clock::to_time_t(CreationTime(CreatedAt(1795430876))) ==
        1795430876);
}

TEST_CASE("Creation times out of the clock's range become its limits") {
  using Limits = std::numeric_limits<std::int64_t>;
  CHECK(CreationTime(CreatedAt(Limits::max())) ==
        system_clock::time_point::max());
  CHECK(CreationTime(CreatedAt(Limits::min())) ==
        system_clock::time_point::min());
}

TEST_CASE("The kubelet's labels say which pod a container belongs to") {
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
}

TEST_CASE("A container outside pods has no pod") {
  const Container container;
  CHECK(PodNamespace(container).empty());
  CHECK(PodName(container).empty());
  CHECK(PodUid(container).empty());
  CHECK(PodContainerName(container).empty());
  CHECK_FALSE(IsPodSandbox(container));
}

TEST_CASE("A sandbox is known by its type or by its name") {
  CHECK(IsPodSandbox(Labelled({{"io.kubernetes.docker.type", "podsandbox"}})));
  CHECK(IsPodSandbox(Labelled({{"io.kubernetes.container.name", "POD"}})));
  CHECK_FALSE(IsPodSandbox(Named({"/k8s_POD_web-0"})));
}
