// SPDX-License-Identifier: Apache-2.0

#include <rapidjson/document.h>

#include <set>
#include <string>

#include "tests/engine/containerd_node.h"
#include "tests/engine/docker_node.h"
#include "tests/engine/shared_node.h"
#include "tests/support/catch.h"
#include "tests/support/http_client.h"
#include "tests/support/server_process.h"

namespace containercollector::engine {
namespace {

using rapidjson::Value;

const char* TypeName(const Value& value) {
  if (value.IsObject()) return "object";
  if (value.IsArray()) return "array";
  if (value.IsString()) return "string";
  if (value.IsNumber()) return "number";
  if (value.IsBool()) return "bool";
  return "null";
}

/// Adds each place in the JSON with its type. The keys of maps are one place.
void AddPlaces(const Value& value, const std::string& place,
               std::set<std::string>& places) {
  places.insert(place + ": " + TypeName(value));
  const bool is_map =
      place == ".Labels" || place == ".NetworkSettings.Networks";
  if (value.IsObject()) {
    for (const auto& member : value.GetObject()) {
      const std::string key = is_map ? "*" : member.name.GetString();
      AddPlaces(member.value, place + "." + key, places);
    }
  } else if (value.IsArray()) {
    for (const Value& element : value.GetArray())
      AddPlaces(element, place + "[]", places);
  }
}

/// The places of the running containers with a label.
std::set<std::string> PlacesOf(const test::ServerProcess& server,
                               const std::string& label) {
  const std::string body =
      test::Post(server.url(), "?filters=%7B%22label%22%3A%5B%22" + label +
                                   "%22%5D%2C%22status%22%3A%5B%22running%22%"
                                   "5D%7D")
          .body;
  rapidjson::Document containers;
  containers.Parse(body.data(), body.size());
  INFO(body);
  REQUIRE(containers.IsArray());
  REQUIRE_FALSE(containers.Empty());
  std::set<std::string> places;
  for (const Value& container : containers.GetArray())
    AddPlaces(container, "", places);
  return places;
}

TEST_CASE("a pod has the same keys and types through Docker and the CRI",
          "[docker]") {
  const test::ServerProcess docker("unix://" +
                                   SharedNode<DockerNode>().socket());
  const test::ServerProcess cri(
      "unix:///nonexistent/docker.sock",
      {"--runtime=cri",
       "--cri-endpoint=" +
           SharedNode<ContainerdNode>().containerd().endpoint()});
  CHECK(PlacesOf(docker, "io.kubernetes.docker.type%3Dpodsandbox") ==
        PlacesOf(cri, "io.kubernetes.docker.type%3Dpodsandbox"));
  // The containers without mounts and ports, which Docker's pod has not.
  CHECK(PlacesOf(docker, "io.kubernetes.container.name%3Dnginx").size() > 10);
  CHECK(PlacesOf(cri, "io.kubernetes.container.name%3Drunning") ==
        PlacesOf(docker, "io.kubernetes.container.name%3Dnginx"));
}

}  // namespace
}  // namespace containercollector::engine
