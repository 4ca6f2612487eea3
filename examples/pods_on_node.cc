// SPDX-License-Identifier: Apache-2.0

// Groups the node's containers by Kubernetes pod and marks those that are not
// running.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <regex>
#include <tuple>

#include "containercollector/containercollector.h"

namespace {

namespace cc = containercollector;

// Namespace, name and UID. The UID distinguishes a recreated pod from its
// predecessor with the same name.
using Pod = std::tuple<std::string, std::string, std::string>;

// Replaces control characters, which would affect the terminal. Some of them
// have two bytes in UTF-8.
std::string Printable(const std::string& text) {
  static const std::regex kControls("[\\x00-\\x1F\\x7F]|\xC2[\x80-\x9F]");
  return std::regex_replace(text, kControls, "?");
}

void Print(const Pod& pod, const std::vector<cc::Container>& containers) {
  std::size_t count = 0, running = 0;
  std::string lines;
  for (const cc::Container& container : containers) {
    const bool is_sandbox = cc::IsPodSandbox(container);
    const bool is_running = container.state == cc::kStateRunning;
    if (!is_sandbox) ++count;
    if (!is_sandbox && is_running) ++running;
    lines +=
        (is_running ? "    " : "  ! ") +
        Printable((is_sandbox ? "(sandbox)" : cc::PodContainerName(container)) +
                  ": " + container.state + ", " + container.status) +
        '\n';
  }
  const auto& [name_space, name, uid] = pod;
  std::cout << Printable(name_space + "/" + name) << ": " << running << " of "
            << count << " running, UID "
            << Printable(uid.empty() ? "unknown" : uid) << '\n'
            << lines;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Groups the containers of the node by Kubernetes pod. A \"!\" marks "
      "containers that are not running. A restarted container is listed beside "
      "its successor until the kubelet removes it.");
  try {
    auto daemon = cc::RuntimeOptions::FromEnvironment();
    app.add_option("--host", daemon.docker_endpoint,
                   "Endpoint of the daemon; default: $DOCKER_HOST");
    app.parse(argc, argv);

    std::map<Pod, std::vector<cc::Container>> pods;
    std::size_t outside = 0;
    for (cc::Container& container : cc::DockerClient(daemon).ListContainers()) {
      const Pod pod{cc::PodNamespace(container), cc::PodName(container),
                    cc::PodUid(container)};
      if (cc::PodName(container).empty())
        ++outside;
      else
        pods[pod].push_back(std::move(container));
    }
    for (const auto& [pod, containers] : pods) Print(pod, containers);
    std::cout << "Pods: " << pods.size()
              << ". Containers outside pods: " << outside << ".\n";
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const cc::Error& error) {
    std::cerr << Printable(error.what()) << '\n';
    return error.code() == cc::ErrorCode::kInvalidArgument ? 2 : 1;
  }
}
