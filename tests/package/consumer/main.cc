// SPDX-License-Identifier: Apache-2.0

// A program of another project: prints a line for each container of the node.

#include <containercollector/containercollector.h>

#include <cstdlib>
#include <iostream>

int main() {
  try {
    const containercollector::DockerClient client;
    for (const auto& container : client.ListContainers()) {
      std::cout << container.id << ' ' << container.state << '\n';
    }
    return EXIT_SUCCESS;
  } catch (const containercollector::Error& error) {
    std::cerr << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
