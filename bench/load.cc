// SPDX-License-Identifier: Apache-2.0

/// Requests per second and latencies of the server, with a daemon that takes
/// 20 ms for an answer of 250 kB. Usage: load [SECONDS [CLIENTS]]
#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <thread>

#include "bench/load_client.h"
#include "server/process.h"
#include "tests/support/http_client.h"
#include "tests/support/responses.h"
#include "tests/support/scripted_daemon.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace {

using namespace containercollector::test;
using containercollector::bench::Load;
using containercollector::bench::LoadResult;
using containercollector::bench::RunLoad;

constexpr std::chrono::milliseconds kDaemonTime{20};
constexpr std::size_t kAnswerBytes = 250'000;

std::string Containers() {
  std::string json = "[";
  for (int i = 0; json.size() < kAnswerBytes; ++i) {
    const std::string number = std::to_string(i);
    if (i > 0) json += ",";
    json +=
        R"({"Id":"4f66ad9c0b2e4f66ad9c0b2e4f66ad9c0b2e4f66ad9c0b2e4f66ad9c0b2e4f66","Names":["/k8s_app_web-)" +
        number +
        R"(_default_1"],"Image":"registry.example/web:1","ImageID":"sha256:0c0d92c9834eec42bd92ca2e4f92261dc8152773a997561a749701e5a",)"
        R"("Command":"/usr/bin/serve --port 8080","Created":1795430876,"Ports":[],"Labels":{"app":"web-)" +
        number +
        R"(","io.kubernetes.container.name":"app","io.kubernetes.pod.namespace":"default","io.kubernetes.pod.uid":"8d3c"},)"
        R"("State":"running","Status":"Up 3 hours","HostConfig":{"NetworkMode":"container:4f66"},"NetworkSettings":{"Networks":{}},)"
        R"("Mounts":[{"Type":"bind","Source":"/var/lib/kubelet","Destination":"/etc/hosts","Mode":"","RW":true,"Propagation":"rprivate"}]})";
  }
  return json + "]";
}

void Measure(int clients, std::chrono::seconds duration) {
  const TempDir dir;
  const std::string answer = ResponseBytes(200, kJson, Containers());
  const ScriptedDaemon daemon(UnixSocket{dir / "docker.sock"},
                              [&answer](const Request&, Exchange& exchange) {
                                if (exchange.Pause(kDaemonTime))
                                  exchange.Send(answer);
                              });
  const ServerProcess server(daemon.Host(), {"--log-level", "warning"});

  Load load;
  load.port = static_cast<std::uint16_t>(std::stoi(server.url().substr(17)));
  load.request = RequestBytes("POST", kRoute, {}, "{}");
  load.response_bytes = kAnswerBytes;
  load.clients = clients;
  load.duration = duration;

  // What the server costs in the middle of it.
  std::size_t threads = 0;
  std::size_t resident = 0;
  std::thread watcher([&] {
    std::this_thread::sleep_for(duration / 2);
    threads = server.Threads();
    resident = server.ResidentKiB();
  });
  const LoadResult result = RunLoad(load);
  watcher.join();
  std::printf("%7d %10.0f %10.1f %10.1f %9zu %8zu %12zu %9.1f\n", clients,
              result.PerSecond(),
              static_cast<double>(result.Percentile(50).count()) / 1000,
              static_cast<double>(result.Percentile(99).count()) / 1000,
              result.failures, threads, daemon.Requests().size(),
              static_cast<double>(resident) / 1024);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::chrono::seconds duration(argc > 1 ? std::stoi(argv[1]) : 10);
    containercollector::server::AllowConnections(1024);
    std::printf("%7s %10s %10s %10s %9s %8s %12s %9s\n", "clients",
                "requests/s", "p50 ms", "p99 ms", "failures", "threads",
                "daemon calls", "RSS MiB");
    if (argc > 2) {
      Measure(std::stoi(argv[2]), duration);
    } else {
      for (const int clients : {1, 64, 512}) Measure(clients, duration);
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "load: " << error.what() << std::endl;
    return 1;
  }
}
