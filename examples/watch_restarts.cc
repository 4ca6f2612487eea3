// SPDX-License-Identifier: Apache-2.0

// Lists the node's containers periodically and prints which ones appeared,
// disappeared, changed state, or were replaced by another with the same name.

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <map>
#include <optional>
#include <regex>
#include <thread>

#include "containercollector/containercollector.h"

namespace {

namespace cc = containercollector;
using ContainersByName = std::map<std::string, cc::Container>;

// Replaces control characters, which would affect the terminal. Some of them
// have two bytes in UTF-8.
std::string Printable(const std::string& text) {
  static const std::regex kControls("[\\x00-\\x1F\\x7F]|\xC2[\x80-\x9F]");
  return std::regex_replace(text, kControls, "?");
}

std::string ShortId(const cc::Container& container) {
  return container.id.substr(0, 12);
}

ContainersByName List(const cc::DockerClient& client) {
  ContainersByName by_name;
  for (cc::Container& container : client.ListContainers()) {
    const std::string name = cc::PrimaryName(container);
    by_name.emplace(name.empty() ? ShortId(container) : name,
                    std::move(container));
  }
  return by_name;
}

void Report(const std::string& name, const std::string& what) {
  std::cout << Printable(name + ": " + what) << std::endl;
}

void Compare(const ContainersByName& before, const ContainersByName& now) {
  for (const auto& [name, container] : now) {
    const auto old = before.find(name);
    if (old == before.end())
      Report(name, "appeared, " + container.status);
    else if (old->second.id != container.id)
      Report(name, "replaced, " + ShortId(old->second) + " by " +
                       ShortId(container) + ", " + container.status);
    else if (old->second.state != container.state)
      Report(name, "was " + old->second.state + ", is " + container.state +
                       ", " + container.status);
  }
  for (const auto& [name, container] : before)
    if (now.count(name) == 0)
      Report(name, "disappeared, was " + container.state);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Lists the containers of the node periodically and prints which ones "
      "appeared, disappeared, changed state, or were replaced by another of "
      "the same name.");
  try {
    auto daemon = cc::RuntimeOptions::FromEnvironment();
    double seconds = 5;
    unsigned long count = 0;
    app.add_option("--host", daemon.docker_endpoint,
                   "Endpoint of the daemon; default: $DOCKER_HOST");
    app.add_option("--interval", seconds, "Seconds between two lists")
        ->check(CLI::Range(0.001, 86400.0))
        ->capture_default_str();
    app.add_option("--count", count, "Number of lists; 0: no limit")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    app.parse(argc, argv);

    const cc::DockerClient client(daemon);
    std::optional<ContainersByName> before;
    std::string failure;
    for (unsigned long round = 1;; ++round) {
      try {
        ContainersByName now = List(client);
        if (!failure.empty())
          std::cerr << "The daemon responds again." << std::endl;
        failure.clear();
        if (before)
          Compare(*before, now);
        else
          std::cout << "Watching. Containers now: " << now.size() << std::endl;
        before = std::move(now);
      } catch (const cc::Error& error) {
        // Print one line for each outage, not one per round.
        if (failure != error.what())
          std::cerr << Printable(error.what()) << std::endl;
        failure = error.what();
      }
      if (round == count) return failure.empty() ? 0 : 1;
      std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const cc::Error& error) {
    std::cerr << Printable(error.what()) << '\n';
    return error.code() == cc::ErrorCode::kInvalidArgument ? 2 : 1;
  }
}
