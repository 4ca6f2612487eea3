// SPDX-License-Identifier: Apache-2.0

// Groups the containers of the node by Kubernetes pod and marks those that do
// not run.

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <regex>
#include <tuple>

#include "containercollector/containercollector.h"

namespace {

namespace cc = containercollector;

// A pod that is made again under its old name has another UID.
struct Pod {
  std::string name_space, name, uid;

  bool operator<(const Pod& other) const {
    return std::tie(name_space, name, uid) <
           std::tie(other.name_space, other.name, other.uid);
  }
};

// A terminal would obey control characters. In UTF-8 some are two bytes.
std::string Printable(const std::string& text) {
  static const std::regex kControls("[\\x00-\\x1F\\x7F]|\xC2[\x80-\x9F]");
  return std::regex_replace(text, kControls, "?");
}

// The label that the kubelet gives each container it makes, or "".
std::string Label(const cc::Container& container, const std::string& name) {
  if (!container.labels) return "";
  const std::string* value = container.labels->Find("io.kubernetes." + name);
  return value == nullptr ? "" : *value;
}

bool IsRunning(const cc::Container& container) {
  return container.state == "running";
}

// The container that only holds the pod's network, by the image called pause.
bool IsSandbox(const cc::Container& container) {
  return Label(container, "docker.type") == "podsandbox";
}

void Print(const Pod& pod, const std::vector<cc::Container>& containers) {
  std::size_t count = 0, running = 0;
  for (const cc::Container& container : containers) {
    if (IsSandbox(container)) continue;
    ++count;
    if (IsRunning(container)) ++running;
  }
  std::cout << Printable(pod.name_space + "/" + pod.name) << ": " << running
            << " of " << count << " running, UID "
            << Printable(pod.uid.empty() ? "unknown" : pod.uid) << '\n';
  for (const cc::Container& container : containers) {
    const std::string name =
        IsSandbox(container) ? "(sandbox)" : Label(container, "container.name");
    std::cout << (IsRunning(container) ? "    " : "  ! ") << Printable(name)
              << ": " << Printable(container.state) << ", "
              << Printable(container.status) << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Groups the containers of the node by Kubernetes pod. A \"!\" marks "
      "those "
      "that do not run; one that was restarted stays beside its successor "
      "until the kubelet removes it.");
  try {
    auto daemon = cc::ClientOptions::FromEnvironment();
    app.add_option("--host", daemon.endpoint,
                   "The daemon; default: DOCKER_HOST");
    app.parse(argc, argv);

    std::map<Pod, std::vector<cc::Container>> pods;
    std::size_t outside = 0;
    for (cc::Container& container : cc::Client(daemon).ListContainers()) {
      const Pod pod{Label(container, "pod.namespace"),
                    Label(container, "pod.name"), Label(container, "pod.uid")};
      if (pod.name.empty())
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
