// SPDX-License-Identifier: Apache-2.0

/// Every allocation fails once: the result is an error or as always, and
/// nothing else.
#include <cstddef>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/node_generator.h"
#include "containercollector/docker_client.h"
#include "containercollector/json.h"
#include "containercollector/processor.h"
#include "tests/performance/allocations.h"
#include "tests/support/catch.h"
#include "tests/support/equality.h"
#include "tests/support/scripted_node.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

/// Calls `function` again and again, with another allocation failing each time,
/// until it gets by with those before it. Returns how many there are.
template <typename Function>
std::size_t FailEachAllocation(const Function& function) {
  for (std::size_t failing = 1;; ++failing) {
    CAPTURE(failing);
    if (!function(failing)) return failing - 1;
  }
}

}  // namespace

TEST_CASE("If memory is short, decoding throws std::bad_alloc") {
  // Deep enough for the stack of the parser to grow more than once.
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  const std::string json = R"([{"Id":")" + std::string(100, 'x') +
                           R"(","Labels":{"b":"","a":""},"Zed":)" + deep + "}]";
  const auto expected = DecodeContainers(json);

  const std::size_t allocations = FailEachAllocation([&](std::size_t failing) {
    std::string copy = json;
    bool out_of_memory = false;
    std::optional<std::vector<Container>> decoded;
    std::size_t count = 0;
    {
      AllocationWatch watch(failing);
      try {
        decoded = DecodeContainers(std::move(copy));
      } catch (const std::bad_alloc&) {
        out_of_memory = true;
      }
      count = watch.allocations().count;
    }
    // std::stable_sort gets by without its buffer.
    if (!out_of_memory) REQUIRE(decoded == expected);
    return count >= failing;
  });
  CHECK(allocations > 10);
}

TEST_CASE("If memory is short, encoding throws std::bad_alloc") {
  const auto containers = bench::GenerateNode(bench::Shape::kRich, 10);
  const std::string expected = EncodeContainers(containers);

  const std::size_t allocations = FailEachAllocation([&](std::size_t failing) {
    bool out_of_memory = false;
    std::string json;
    {
      AllocationWatch watch(failing);
      try {
        json = EncodeContainers(containers);
      } catch (const std::bad_alloc&) {
        out_of_memory = true;
      }
    }
    if (!out_of_memory) REQUIRE(json == expected);
    return out_of_memory;
  });
  CHECK(allocations > 3);
}

TEST_CASE("If memory is short, a collection is a 500 or whole") {
  const std::string json =
      EncodeContainers(bench::GenerateNode(bench::Shape::kRich, 2));
  ScriptedNode node;
  node.Start(RespondWith(ResponseBytes(200, kJson, json)));
  RuntimeOptions options;
  options.docker_endpoint = node.host();
  options.timeout = kGenerous;
  const Processor processor{DockerClient(options)};
  REQUIRE(processor.Collect({}).body == json);

  std::size_t failures = 0;
  FailEachAllocation([&](std::size_t failing) {
    std::size_t count = 0;
    Response response;
    {
      AllocationWatch watch(failing);
      response = processor.Collect({});
      count = watch.allocations().count;
    }
    if (response.status == 200) {
      REQUIRE(response.body == json);
    } else {
      ++failures;
      REQUIRE(response.status == 500);
      REQUIRE_FALSE(response.body.empty());
      REQUIRE(response.error.has_value());
    }
    return count >= failing;
  });
  CHECK(failures > 10);
}
