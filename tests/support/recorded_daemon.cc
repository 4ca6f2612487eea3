// SPDX-License-Identifier: Apache-2.0

// A daemon for demonstrations: it serves a recorded node on a Unix socket.

#include <signal.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "containercollector/json.h"
#include "containercollector/list_options.h"
#include "lib/src/cri/containers.h"
#include "lib/src/cri/list_filter.h"
#include "lib/src/http/call_limit.h"
#include "tests/support/scripted_daemon.h"

namespace containercollector {
namespace {

using internal::cri::Entry;

constexpr const char* kUsage =
    "Usage: recorded-daemon --socket PATH --containers FILE --version FILE\n"
    "\n"
    "Stands in for a Docker daemon: sends on a Unix socket what a real\n"
    "one sent when it was recorded, until SIGTERM or SIGINT.\n"
    "\n"
    "  --socket PATH          the socket to listen on\n"
    "  --containers FILE      what to list at GET /containers/json\n"
    "  --version FILE         the answer to GET /version\n"
    "  --help                 print this and exit\n"
    "\n"
    "The recording is the response to all=1&size=1. A request gets the part\n"
    "of it that its all, size, limit and filters ask for.\n";

/// Lists recorded containers as the daemon would that they were recorded from.
class RecordedNode {
 public:
  /// @param json The response to all=1&size=1.
  /// @throws Error kResponseMalformed
  explicit RecordedNode(const std::string& json) {
    auto containers = DecodeContainers(json);
    for (Container& container : containers.value())
      entries_.push_back(MakeEntry(std::move(container)));
    all_ = List(kAll);
  }

  /// Returns the response to `/containers/json` with this query.
  /// @throws Error with the text of the daemon's 400.
  std::string operator()(std::string_view query) const {
    return query == kAll ? all_ : List(query);
  }

 private:
  static constexpr std::string_view kAll = "all=1";

  /// Returns what the filters look at.
  static Entry MakeEntry(Container container) {
    // The filters need labels and a name. The first name is to be its own one:
    // a link's has another slash.
    if (!container.labels) container.labels.emplace();
    if (!container.names || container.names->empty()) container.names = {"/"};
    std::stable_partition(
        container.names->begin(), container.names->end(),
        [](const std::string& name) { return name.rfind('/') == 0; });
    Entry entry;
    constexpr std::string_view kExited = "Exited (";
    const std::string& status = container.status;
    if (status.rfind(kExited, 0) == 0)
      std::from_chars(status.data() + kExited.size(),
                      status.data() + status.size(), entry.exit_code.emplace());
    entry.container = std::move(container);
    return entry;
  }

  static ListOptions ParseQuery(std::string_view query) {
    // Docker's default. The first value counts.
    ListOptions options = ParseListOptions(std::string(query) + "&all=0");
    const auto& filters = options.filters;
    const bool filters_states = std::any_of(
        filters.begin(), filters.end(),
        [](const auto& filter) { return filter.first == "status"; });
    if (options.all || options.limit > 0 || filters_states) return options;
    // These run too for Docker, unlike for the CRI.
    for (const std::string_view state :
         {kStateRunning, kStatePaused, kStateRestarting})
      options.filters.Add("status", std::string(state));
    return options;
  }

  std::string List(std::string_view query) const {
    constexpr std::chrono::seconds kFilterTime{10};
    const ListOptions options = ParseQuery(query);
    const auto limit = internal::CallLimit::Of({}, kFilterTime);
    const internal::cri::ListFilter filter(options, limit);
    std::vector<Entry> entries = entries_;
    filter.DropListed(entries);
    filter.DropComplete(entries);
    entries.resize(std::min(entries.size(), filter.max_entries()));
    std::vector<Container> containers;
    for (Entry& entry : entries) {
      if (!options.size)
        entry.container.size_rw = entry.container.size_root_fs = 0;
      containers.push_back(std::move(entry.container));
    }
    return EncodeContainers(containers) + "\n";
  }

  std::vector<Entry> entries_;
  /// The response to all=1, made once: benchmarks time clients that ask for it.
  std::string all_;
};

using Arguments = std::map<std::string, std::string>;

Arguments ParseArguments(int argc, char** argv) {
  Arguments arguments = {
      {"--socket", ""}, {"--containers", ""}, {"--version", ""}};
  for (int i = 1; i < argc; i += 2) {
    const auto option = arguments.find(argv[i]);
    if (option == arguments.end())
      throw std::invalid_argument("unknown argument " + std::string(argv[i]));
    if (i + 1 == argc)
      throw std::invalid_argument(option->first + " needs a value");
    option->second = argv[i + 1];
  }
  for (const auto& [option, value] : arguments) {
    if (value.empty()) throw std::invalid_argument(option + " is missing");
  }
  return arguments;
}

void Serve(const Arguments& arguments) {
  test::VersionedDaemon node;
  node.max_api_version = "1.41";
  node.server_version = "recorded";
  node.list_containers =
      RecordedNode(test::ReadFile(arguments.at("--containers")));
  node.version_json = test::ReadFile(arguments.at("--version"));

  // Blocked before the daemon starts its threads, which inherit it: only
  // sigwait() is to take these signals.
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // As many as dockerd lets wait, and the kernel by default.
  test::DaemonOptions options;
  options.backlog = 4096;
  const test::ScriptedDaemon daemon(test::UnixSocket{arguments.at("--socket")},
                                    std::move(node), options);
  std::cout << "recorded Docker node on " << daemon.Host()
            << " (recorded data, not this machine)" << std::endl;
  int signal = 0;
  ::sigwait(&signals, &signal);
}

}  // namespace
}  // namespace containercollector

int main(int argc, char** argv) {
  using namespace containercollector;
  try {
    if (argc > 1 && std::string_view(argv[1]) == "--help") {
      std::cout << kUsage;
    } else {
      Serve(ParseArguments(argc, argv));
    }
    return EXIT_SUCCESS;
  } catch (const std::invalid_argument& error) {
    std::cerr << "recorded-daemon: " << error.what() << "\n\n" << kUsage;
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "recorded-daemon: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
