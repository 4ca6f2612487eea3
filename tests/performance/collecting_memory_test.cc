// SPDX-License-Identifier: Apache-2.0

/// What a collection allocates.
#include <string>

#include "bench/node_generator.h"
#include "containercollector/docker_client.h"
#include "containercollector/json.h"
#include "containercollector/processor.h"
#include "tests/performance/allocations.h"
#include "tests/support/catch.h"
#include "tests/support/scripted_node.h"

using namespace containercollector;
using namespace containercollector::test;

TEST_CASE("Collecting 10,000 containers allocates little but the bodies") {
  constexpr std::size_t kContainers = 10'000;
  const std::string json =
      EncodeContainers(bench::GenerateNode(bench::Shape::kRich, kContainers));
  ScriptedNode node;
  node.Start(GoodDaemon(json));
  RuntimeOptions options;
  options.docker_endpoint = node.host();
  options.timeout = kGenerous;
  const Processor processor{DockerClient(options)};
  REQUIRE((processor.Collect({}).body == json));

  Allocations allocations;
  {
    const AllocationWatch watch;
    const Response response = processor.Collect({});
    allocations = watch.allocations();
    REQUIRE((response.body == json));
  }
  INFO("10,000 rich containers: " << allocations.count
                                  << " allocations, at most "
                                  << allocations.peak_bytes / 1000 << " kB, "
                                  << json.size() / 1000 << " kB of JSON");
  // 85 for each container with its labels, networks and mounts.
  CHECK(allocations.count < 100 * kContainers);
  // The daemon's response, which comes in chunks, and the result: each in a
  // buffer of about the size of the last one.
  CHECK(allocations.peak_bytes < json.size() * 9 / 4);
}
