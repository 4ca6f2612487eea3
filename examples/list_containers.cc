// SPDX-License-Identifier: Apache-2.0

// Lists the node's containers as a table, like docker ps, or as JSON.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "containercollector/containercollector.h"

namespace {

namespace cc = containercollector;
using Row = std::vector<std::string>;

// Replaces control characters, which would affect the terminal. Some of them
// have two bytes in UTF-8.
std::string Printable(const std::string& text) {
  static const std::regex kControls("[\\x00-\\x1F\\x7F]|\xC2[\x80-\x9F]");
  return std::regex_replace(text, kControls, "?");
}

bool BeginsCharacter(char c) { return (c & 0xC0) != 0x80; }

std::size_t Length(const std::string& text) {
  return std::size_t(std::count_if(text.begin(), text.end(), BeginsCharacter));
}

std::string Cut(const std::string& text, std::size_t end) {
  if (text.size() <= end) return text;
  while (!BeginsCharacter(text[end])) --end;
  return text.substr(0, end) + "…";
}

std::string Age(const cc::Container& container) {
  using Unit = std::pair<std::chrono::seconds, const char*>;
  using namespace std::chrono_literals;
  const auto age =
      std::chrono::system_clock::now() - cc::CreationTime(container);
  for (const auto& [unit, text] : {Unit{365 * 24h, " years ago"},
                                   {24h, " days ago"},
                                   {1h, " hours ago"},
                                   {1min, " minutes ago"}})
    if (age >= 2 * unit) return std::to_string(age / unit) + text;
  return std::to_string(age / 1s) + " seconds ago";
}

std::string Ports(const cc::Container& container) {
  std::set<std::string> ports;
  for (const cc::Port& port : cc::OrEmpty(container.ports)) {
    const std::string host = port.ip + ":" + std::to_string(port.public_port);
    ports.insert((port.public_port == 0 ? "" : host + "->") +
                 std::to_string(port.private_port) + "/" + port.type);
  }
  std::string text;
  for (const auto& port : ports) text += (text.empty() ? "" : ", ") + port;
  return text;
}

void Print(std::vector<Row> table) {
  for (std::size_t i = 0; i + 1 < table.front().size(); ++i) {
    std::size_t width = 0;
    for (const Row& row : table) width = std::max(width, Length(row[i]));
    for (Row& row : table) row[i].append(width + 3 - Length(row[i]), ' ');
  }
  for (const Row& row : table) {
    for (const std::string& cell : row) std::cout << Printable(cell);
    std::cout << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Lists the node's containers: all, unless --running is given.");
  try {
    auto node = cc::RuntimeOptions::FromEnvironment();
    std::string host;
    cc::ListOptions options;
    std::vector<std::string> filters;
    bool json = false;
    app.add_option("--runtime", node.kind,
                   "docker, cri for containerd and CRI-O, or auto for the one "
                   "that runs the pods of this node")
        ->transform(
            CLI::CheckedTransformer(std::map<std::string, cc::RuntimeKind>{
                {"docker", cc::RuntimeKind::kDocker},
                {"cri", cc::RuntimeKind::kCri},
                {"auto", cc::RuntimeKind::kAuto}}));
    app.add_option("--host", host,
                   "Endpoint; default: $DOCKER_HOST, or for cri " +
                       cc::CriClient(cc::RuntimeOptions()).endpoint());
    app.add_flag("--all,!--running", options.all,
                 "All containers, or only running ones");
    app.add_flag("--size", options.size,
                 "Measure what the containers have written");
    app.add_option("--limit", options.limit,
                   "Maximum number, newest first; 0: all");
    app.add_option("--filter", filters,
                   "NAME=VALUE that a container must match; repeatable");
    app.add_flag("--json", json, "Print JSON, without control characters");
    app.parse(argc, argv);
    for (const std::string& filter : filters) {
      const std::string name = filter.substr(0, filter.find('='));
      options.filters.Add(
          name, filter.substr(std::min(filter.size(), name.size() + 1)));
    }
    if (!host.empty())
      (node.kind == cc::RuntimeKind::kCri ? node.cri_endpoint
                                          : node.docker_endpoint) = host;
    const auto containers = cc::MakeRuntime(node)->ListContainers(options);
    if (json) {
      std::cout << Printable(cc::EncodeContainers(containers)) << '\n';
      return 0;
    }
    std::vector<Row> table{{"CONTAINER ID", "IMAGE", "COMMAND", "CREATED",
                            "STATUS", "PORTS", "NAMES"}};
    if (options.size) table.back().emplace_back("BYTES WRITTEN");
    for (const cc::Container& c : containers) {
      table.push_back({c.id.substr(0, 12), c.image,
                       '"' + Cut(c.command, 20) + '"', Age(c), c.status,
                       Ports(c), cc::PrimaryName(c)});
      if (options.size) table.back().push_back(std::to_string(c.size_rw));
    }
    Print(std::move(table));
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const cc::Error& error) {
    std::cerr << Printable(error.what()) << '\n';
    return error.code() == cc::ErrorCode::kInvalidArgument ? 2 : 1;
  }
}
