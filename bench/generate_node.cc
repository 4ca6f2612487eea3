// SPDX-License-Identifier: Apache-2.0

/// Writes a node as JSON: generate_node plain|rich COUNT
#include <charconv>
#include <cstddef>
#include <iostream>
#include <string_view>

#include "bench/node_generator.h"
#include "containercollector/json.h"

int main(int argc, char** argv) {
  using containercollector::bench::Shape;
  const std::string_view shape = argc == 3 ? argv[1] : "";
  const std::string_view text = argc == 3 ? argv[2] : "";
  std::size_t count = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), count);
  if ((shape != "plain" && shape != "rich") || error != std::errc() ||
      end != text.data() + text.size()) {
    std::cerr << "usage: generate_node plain|rich COUNT\n";
    return 2;
  }
  std::cout << containercollector::EncodeContainers(
      containercollector::bench::GenerateNode(
          shape == "rich" ? Shape::kRich : Shape::kPlain, count));
  return std::cout.flush() ? 0 : 1;
}
