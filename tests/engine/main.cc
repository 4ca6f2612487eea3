// SPDX-License-Identifier: Apache-2.0

// Catch2 2 compiles its runner here; version 3 has it in a library.
#define CATCH_CONFIG_RUNNER

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "tests/engine/prerequisites.h"
#include "tests/engine/sandbox.h"
#include "tests/support/catch.h"
#include "tests/support/environment.h"
#include "tests/support/process.h"

namespace containercollector::engine {
namespace {

namespace fs = std::filesystem;

constexpr int kSkipped = 77;

/// All, unless the arguments pick tests by the tag of one daemon.
Daemons WantedDaemons(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  Daemons wanted{false, false, false};
  for (const std::string& argument : arguments) {
    wanted.containerd |= argument.find("[containerd]") != std::string::npos;
    wanted.docker |= argument.find("[docker]") != std::string::npos;
    wanted.podman |= argument.find("[podman]") != std::string::npos;
  }
  if (!wanted.containerd && !wanted.docker && !wanted.podman)
    return {true, true, true};
  return wanted;
}

/// Says what is missing. That is a failure where nothing may be skipped.
int Skip(const std::vector<std::string>& missing) {
  std::cerr << "The engine tests did not run. This machine lacks:\n";
  for (const std::string& what : missing) std::cerr << "  " << what << '\n';
  const char* const ci = std::getenv("CI");
  const bool may_skip = ci == nullptr || std::string(ci) != "true";
  return may_skip ? kSkipped : EXIT_FAILURE;
}

void PrintLogsIn(const fs::path& directory) {
  constexpr std::size_t kTail = 4000;
  for (const fs::directory_entry& file : fs::directory_iterator(directory)) {
    if (file.path().extension() != ".log") continue;
    const std::string log = test::ReadFile(file.path().string());
    if (log.empty()) continue;
    std::cerr << "\n==> the end of " << file.path().filename() << "\n"
              << log.substr(log.size() - std::min(log.size(), kTail)) << "\n";
  }
}

/// The logs go with the sandbox, so a failure has to show them.
void PrintLogs() {
  for (const fs::directory_entry& entry :
       fs::directory_iterator(ThisSandbox().directory)) {
    if (entry.is_directory()) PrintLogsIn(entry.path());
  }
}

int RunTests(Catch::Session& session) {
  // Home has settings and caches of the clients.
  ::setenv("HOME", ThisSandbox().directory.c_str(),
           /*overwrite=*/1);
  const int result = session.run();
  if (fs::is_empty(ThisSandbox().directory)) {
    std::cerr << "No test ran.\n";
    return EXIT_FAILURE;
  }
  if (result == 0) return EXIT_SUCCESS;
  PrintLogs();
  // Catch2 returns the number of failures, which could read as "skipped".
  return EXIT_FAILURE;
}

int Main(int argc, char** argv) {
  Catch::Session session;
  if (session.applyCommandLine(argc, argv) != 0) return EXIT_FAILURE;
  const auto& options = session.configData();
  if (options.showHelp || options.listTests || options.listTags) {
    return session.run();
  }
  const test::ScopedEnvironment environment{{"PATH", DistributionFirst()}};
  const std::vector<std::string> missing =
      MissingPrerequisites(WantedDaemons(argc, argv));
  if (!missing.empty()) return Skip(missing);
  return RunInSandbox([&session] { return RunTests(session); });
}

}  // namespace
}  // namespace containercollector::engine

int main(int argc, char** argv) {
  try {
    return containercollector::engine::Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "engine_tests: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
