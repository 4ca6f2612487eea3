// SPDX-License-Identifier: Apache-2.0

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <mutex>
#include <thread>
#include <variant>

#include "containercollector/version.h"
#include "server/app.h"
#include "server/log.h"
#include "server/options.h"
#include "server/process.h"

namespace containercollector::server {
namespace {

/// How long a blocked reader of stderr may delay the exit.
constexpr std::chrono::seconds kLogFlushLimit{1};

void Serve(const Options& options) {
  ReturnLargeBlocks();
  BlockSignals();
  SetUpLog(options.log_format, options.log_level);
  for (const std::string& warning : options.warnings)
    Log(LogLevel::kWarning, warning);
  App app(options);
  std::cout << "Listening on " << app.url() << "\n";
  if (!app.metrics_url().empty())
    std::cout << "Serving metrics on " << app.metrics_url() << "\n";
  std::cout << std::flush;
  Log(LogLevel::kInfo, "listening",
      {{"url", app.url()},
       {"metrics_url", app.metrics_url()},
       {"runtime", std::string(ToString(options.runtime.kind))},
       {"docker_endpoint", options.runtime.docker_endpoint},
       {"cri_endpoint", options.runtime.cri_endpoint},
       {"version", std::string(kLibraryVersion)}});

  NotifySystemd("READY=1");
  // A file on a network mount that hangs must not delay SIGTERM.
  static std::mutex reloading;
  std::thread([&app] {
    while (true) {
      WaitForSignal({SIGHUP});
      const std::lock_guard lock(reloading);
      NotifySystemd("RELOADING=1");
      app.ReloadCertificates();
      NotifySystemd("READY=1");
    }
  }).detach();
  WaitForSignal({SIGTERM, SIGINT});
  // No more reloads. One that hangs must not delay the exit either.
  const bool reload_hangs = !reloading.try_lock();
  NotifySystemd("STOPPING=1");
  UnblockSignals();
  Log(LogLevel::kInfo, "shutting down");
  app.Shutdown();
  Log(LogLevel::kInfo, "shut down");
  if (!ShutDownLog(kLogFlushLimit) || reload_hangs) std::_Exit(0);
}

}  // namespace
}  // namespace containercollector::server

int main(int argc, char** argv) {
  namespace server = containercollector::server;
  try {
    server::OpenStandardFiles();
    const auto parsed = server::ParseOptions(argc, argv);
    if (const auto* exit = std::get_if<server::ParseExit>(&parsed)) {
      (exit->code == 0 ? std::cout : std::cerr) << exit->text << std::flush;
      return exit->code;
    }
    server::Serve(std::get<server::Options>(parsed));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "container-collector: " << error.what() << std::endl;
    return 1;
  }
}
