// SPDX-License-Identifier: Apache-2.0

// A daemon for demonstrations: it serves a recorded node on a Unix socket.

#include <signal.h>

#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/support/posix.h"
#include "tests/support/recorded_node.h"
#include "tests/support/versioned_daemon.h"

namespace {

using containercollector::test::DaemonOptions;
using containercollector::test::RecordedNode;
using containercollector::test::ScriptedDaemon;
using containercollector::test::UnixSocket;
using containercollector::test::VersionedDaemon;

constexpr const char* kUsage =
    "Usage: recorded-daemon --socket PATH --containers FILE --version FILE\n"
    "                       [--api-version X.Y] [--min-api-version X.Y]\n"
    "\n"
    "Stands in for a Docker daemon: sends on a Unix socket what a real\n"
    "one sent when it was recorded, until SIGTERM or SIGINT.\n"
    "\n"
    "  --socket PATH          the socket to listen on\n"
    "  --containers FILE      what to list at GET /containers/json\n"
    "  --version FILE         the answer to GET /version\n"
    "  --api-version X.Y      the newest API version to accept (1.41)\n"
    "  --min-api-version X.Y  the oldest API version to accept (1.12)\n"
    "  --help                 print this and exit\n"
    "\n"
    "The recording is the response to all=1&size=1. A request gets the part\n"
    "of it that its all, size, limit and filters ask for.\n";

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using Arguments = std::map<std::string, std::string>;

Arguments ParseArguments(int argc, char** argv) {
  Arguments arguments = {{"--socket", ""},
                         {"--containers", ""},
                         {"--version", ""},
                         {"--api-version", "1.41"},
                         {"--min-api-version", "1.12"}};
  for (int i = 1; i < argc; i += 2) {
    const auto option = arguments.find(argv[i]);
    if (option == arguments.end())
      throw UsageError("unknown argument " + std::string(argv[i]));
    if (i + 1 == argc) throw UsageError(option->first + " needs a value");
    option->second = argv[i + 1];
  }
  for (const auto& [option, value] : arguments) {
    if (value.empty()) throw UsageError(option + " is missing");
  }
  return arguments;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (!(content << file.rdbuf())) throw UsageError("cannot read " + path);
  return content.str();
}

void Serve(const Arguments& arguments) {
  VersionedDaemon node;
  node.min_api_version = arguments.at("--min-api-version");
  node.max_api_version = arguments.at("--api-version");
  node.server_version = "recorded";
  node.list_containers = RecordedNode(ReadFile(arguments.at("--containers")));
  node.version_json = ReadFile(arguments.at("--version"));

  // Blocked before the daemon starts its threads, which inherit it: only
  // sigwait() is to take these signals.
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // As many as dockerd lets wait, and the kernel by default.
  DaemonOptions options;
  options.backlog = 4096;
  const ScriptedDaemon daemon(UnixSocket{arguments.at("--socket")},
                              std::move(node), options);
  std::cout << "recorded Docker node on " << daemon.Host()
            << " (recorded data, not this machine)" << std::endl;
  int signal = 0;
  ::sigwait(&signals, &signal);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc > 1 && std::string(argv[1]) == "--help") {
      std::cout << kUsage;
    } else {
      Serve(ParseArguments(argc, argv));
    }
    return EXIT_SUCCESS;
  } catch (const UsageError& error) {
    std::cerr << "recorded-daemon: " << error.what() << "\n\n" << kUsage;
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "recorded-daemon: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
