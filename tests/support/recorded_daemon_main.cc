// SPDX-License-Identifier: Apache-2.0

// A daemon for demonstrations: it serves a recorded node on a unix socket.

#include <signal.h>

#include <cstdlib>
#include <exception>
#include <fstream>
#include <initializer_list>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "tests/support/recorded_node.h"
#include "tests/support/scripted_daemon.h"
#include "tests/support/system_call.h"
#include "tests/support/versioned_daemon.h"

namespace {

using containercollector::test::CheckSystemCall;
using containercollector::test::DaemonOptions;
using containercollector::test::RecordedNode;
using containercollector::test::ScriptedDaemon;
using containercollector::test::UnixSocket;
using containercollector::test::VersionedDaemon;

constexpr int kUsageError = 2;

constexpr std::string_view kUsage =
    "Usage: recorded-daemon --socket PATH --containers FILE --version FILE\n"
    "                       [--api-version X.Y] [--min-api-version X.Y]\n"
    "\n"
    "Stands in for a Docker daemon: sends on a Unix socket what a real\n"
    "one sent when it was recorded, until SIGTERM or SIGINT.\n"
    "\n"
    "  --socket PATH          the socket to listen on\n"
    "  --containers FILE      what to list at GET /containers/json\n"
    "  --version FILE         the answer to GET /version\n"
    "  --api-version X.Y      the newest API version to take (1.41)\n"
    "  --min-api-version X.Y  the oldest API version to take (1.12)\n"
    "  --help                 print this and exit\n"
    "\n"
    "The recording is the response to all=1&size=1. A request gets the part\n"
    "of it that its all, size, limit and filters ask for.\n";

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Arguments {
  bool help = false;
  std::string socket;
  std::string containers;
  std::string version;
  std::string api_version = "1.41";
  std::string min_api_version = "1.12";
};

Arguments ParseArguments(int argc, char** argv) {
  Arguments arguments;
  const std::initializer_list<std::pair<std::string_view, std::string*>>
      options{{"--socket", &arguments.socket},
              {"--containers", &arguments.containers},
              {"--version", &arguments.version},
              {"--api-version", &arguments.api_version},
              {"--min-api-version", &arguments.min_api_version}};
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--help") {
      arguments.help = true;
      return arguments;
    }
    std::string* value = nullptr;
    for (const auto& [option, target] : options) {
      if (name == option) value = target;
    }
    if (value == nullptr) throw UsageError("unknown argument " + name);
    if (++i == argc) throw UsageError(name + " needs a value");
    *value = argv[i];
  }
  for (const auto& [option, value] : options) {
    if (value->empty()) throw UsageError(std::string(option) + " is missing");
  }
  return arguments;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (!(content << file.rdbuf())) throw UsageError("cannot read " + path);
  return content.str();
}

sigset_t TerminationSignals() {
  sigset_t signals;
  CheckSystemCall(::sigemptyset(&signals), "sigemptyset");
  CheckSystemCall(::sigaddset(&signals, SIGINT), "sigaddset");
  CheckSystemCall(::sigaddset(&signals, SIGTERM), "sigaddset");
  return signals;
}

void Serve(const Arguments& arguments) {
  VersionedDaemon node;
  node.min_api_version = arguments.min_api_version;
  node.max_api_version = arguments.api_version;
  node.server_version = "recorded";
  node.list_containers = RecordedNode(ReadFile(arguments.containers));
  node.version_json = ReadFile(arguments.version);

  // Blocked before the daemon starts its threads, which inherit it: only
  // sigwait() is to take these signals.
  const sigset_t signals = TerminationSignals();
  const int error = ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  if (error != 0) {
    throw std::system_error(error, std::generic_category(), "pthread_sigmask");
  }
  // As many as dockerd lets wait, and the kernel by default.
  DaemonOptions options;
  options.backlog = 4096;
  const ScriptedDaemon daemon(UnixSocket{arguments.socket}, std::move(node),
                              options);
  std::cout << "recorded Docker node on " << daemon.Host()
            << " (recorded data, not this machine)" << std::endl;
  int signal = 0;
  const int failure = ::sigwait(&signals, &signal);
  if (failure != 0) {
    throw std::system_error(failure, std::generic_category(), "sigwait");
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Arguments arguments = ParseArguments(argc, argv);
    if (arguments.help) {
      std::cout << kUsage;
    } else {
      Serve(arguments);
    }
    return EXIT_SUCCESS;
  } catch (const UsageError& error) {
    std::cerr << "recorded-daemon: " << error.what() << "\n\n" << kUsage;
    return kUsageError;
  } catch (const std::exception& error) {
    std::cerr << "recorded-daemon: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
