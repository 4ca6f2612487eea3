// SPDX-License-Identifier: Apache-2.0

/// What functions allocate. Every allocation fails once: the result is an error
/// or as always, and nothing else.
#include "tests/performance/allocations.h"

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
#include "tests/support/catch.h"
#include "tests/support/equality.h"
#include "tests/support/scripted_node.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

/// Returns a processor that asks the node's daemon.
Processor ProcessorOf(const ScriptedNode& node) {
  RuntimeOptions options;
  options.docker_endpoint = node.host();
  options.timeout = kGenerous;
  return Processor{DockerClient(options)};
}

/// Calls `function` again and again, with another allocation failing each time,
/// until it gets by with those before it. Returns how many there are.
template <typename Function>
std::size_t FailEachAllocation(const Function& function) {
  for (std::size_t failing = 1;; ++failing) {
    CAPTURE(failing);
    if (!function(failing)) return failing - 1;
  }
}

/// Returns what `function` returns, or nothing if it throws std::bad_alloc, and
/// says whether the allocation that was to fail was reached.
template <typename Function>
auto WithFailing(std::size_t failing, const Function& function, bool& reached) {
  std::optional<decltype(function())> result;
  AllocationWatch watch(failing);
  try {
    result.emplace(function());
  } catch (const std::bad_alloc&) {
  }
  reached = watch.allocations().count >= failing;
  return result;
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
    bool reached = false;
    const auto decoded = WithFailing(
        failing, [&] { return DecodeContainers(std::move(copy)); }, reached);
    // std::stable_sort gets by without its buffer.
    if (decoded) REQUIRE(*decoded == expected);
    return reached;
  });
  CHECK(allocations > 10);
}

TEST_CASE("If memory is short, encoding throws std::bad_alloc") {
  const auto containers = bench::GenerateNode(bench::Shape::kRich, 10);
  const std::string expected = EncodeContainers(containers);
  const std::size_t allocations = FailEachAllocation([&](std::size_t failing) {
    bool reached = false;
    const auto json = WithFailing(
        failing, [&] { return EncodeContainers(containers); }, reached);
    REQUIRE(json.has_value() != reached);
    if (json) REQUIRE(*json == expected);
    return reached;
  });
  CHECK(allocations > 3);
}

TEST_CASE("If memory is short, a collection is whole or a 500") {
  const std::string json =
      EncodeContainers(bench::GenerateNode(bench::Shape::kRich, 2));
  ScriptedNode node;
  node.Start(RespondWith(ResponseBytes(200, kJson, json)));
  const Processor processor = ProcessorOf(node);
  REQUIRE(processor.Collect({}).body == json);

  std::size_t failures = 0;
  FailEachAllocation([&](std::size_t failing) {
    bool reached = false;
    const Response response =
        WithFailing(
            failing, [&] { return processor.Collect({}); }, reached)
            .value();
    if (response.status == 200) {
      REQUIRE(response.body == json);
    } else {
      ++failures;
      REQUIRE(response.status == 500);
      REQUIRE_FALSE(response.body.empty());
      REQUIRE(response.error.has_value());
    }
    return reached;
  });
  CHECK(failures > 10);
}

TEST_CASE("Collecting 10,000 containers allocates little but the bodies") {
  constexpr std::size_t kContainers = 10'000;
  const std::string json =
      EncodeContainers(bench::GenerateNode(bench::Shape::kRich, kContainers));
  ScriptedNode node;
  node.Start(GoodDaemon(json));
  const Processor processor = ProcessorOf(node);
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
