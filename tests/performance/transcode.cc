// SPDX-License-Identifier: Apache-2.0

/// Runs a JSON function on a fixed input, for callgrind to count
/// its instructions: transcode decode|encode|one_at_a_time
#include <cstddef>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/node_generator.h"
#include "containercollector/json.h"

namespace {

using containercollector::Container;

std::vector<Container> PlainAndRichNode() {
  using containercollector::bench::GenerateNode;
  using containercollector::bench::Shape;
  constexpr std::size_t kContainersOfEachShape = 100;
  auto containers = GenerateNode(Shape::kPlain, kContainersOfEachShape);
  for (Container& container :
       GenerateNode(Shape::kRich, kContainersOfEachShape))
    containers.push_back(std::move(container));
  return containers;
}

/// Runs a function. The script instructions.sh names this one to callgrind.
template <typename Function>
[[gnu::noinline]] void Measured(const Function& function) {
  function();
}

bool Run(std::string_view what) {
  const std::vector<Container> containers = PlainAndRichNode();
  std::string json = containercollector::EncodeContainers(containers);
  std::size_t count = 0;
  if (what == "decode") {
    Measured([&] {
      count = containercollector::DecodeContainers(std::move(json))->size();
    });
    return count == containers.size();
  }
  if (what == "encode") {
    std::string encoded;
    Measured(
        [&] { encoded = containercollector::EncodeContainers(containers); });
    return encoded == json;
  }
  Measured([&] {
    containercollector::ForEachContainer(std::move(json),
                                         [&](const Container&) { ++count; });
  });
  return count == containers.size();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc == 2 ? argv[1] : "";
  if (what != "decode" && what != "encode" && what != "one_at_a_time") {
    std::cerr << "usage: transcode decode|encode|one_at_a_time\n";
    return 2;
  }
  if (Run(what)) return 0;
  std::cerr << "transcode: the result is wrong\n";
  return 1;
}
