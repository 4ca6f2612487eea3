// SPDX-License-Identifier: Apache-2.0

/// Times collections from a container runtime:
/// cri_bench stand-in|containerd CONTAINERS PODS ROUNDS REPEAT
///
/// Prints for each round, in nanoseconds, the medians of the repetitions: list,
/// the two lists without a status call; first, the collection of a new client,
/// with a status call for each container; collection, one after another of a
/// node that does not change; changed, one after a tenth of the containers
/// changed their state (the stand-in's only); cpu, what this program takes of
/// the unchanged one; slowest, the slowest of the unchanged ones.
///
/// containerd is a private one, and needs root. Its containers are created and
/// not started. Exits with 77 if this machine cannot run it.
#include <time.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "containercollector/cri_client.h"
#include "lib/src/cri/messages.h"
#include "lib/src/cri/runtime_service.h"
#include "lib/src/endpoint.h"
#include "tests/engine/prerequisites.h"
#include "tests/engine/private_containerd.h"
#include "tests/engine/sandbox.h"
#include "tests/support/environment.h"
#include "tests/support/runtime_scripts.h"
#include "tests/support/scripted_runtime.h"
#include "tests/support/temp_dir.h"

namespace {

namespace cri = containercollector::internal::cri;
namespace engine = containercollector::engine;
namespace test = containercollector::test;
using containercollector::CriClient;
using containercollector::RuntimeOptions;

constexpr int kSkipped = 77;

/// How much is measured.
struct Plan {
  std::size_t containers = 0;
  std::size_t pods = 0;
  std::size_t rounds = 0;
  std::size_t repeat = 0;
};

struct Pod {
  engine::PodRequest request;
  std::vector<engine::ContainerRequest> containers;
};

engine::ContainerRequest MakeContainer(const test::CriSandbox& pod,
                                       std::size_t number) {
  constexpr std::size_t kMounts = 4;
  engine::ContainerRequest container;
  test::CriContainer& status = container.status;
  status.name = "app-" + std::to_string(number);
  status.image = engine::PrivateContainerd::kImage;
  // As the kubelet sets them.
  status.labels = {{"io.kubernetes.container.name", status.name},
                   {"io.kubernetes.pod.name", pod.name},
                   {"io.kubernetes.pod.namespace", pod.pod_namespace},
                   {"io.kubernetes.pod.uid", pod.uid}};
  status.annotations = {
      {"io.kubernetes.container.hash", "5a1f0e7c"},
      {"io.kubernetes.container.restartCount", "0"},
      {"io.kubernetes.container.terminationMessagePath",
       "/dev/termination-log"},
      {"io.kubernetes.container.terminationMessagePolicy", "File"},
      {"io.kubernetes.pod.terminationGracePeriod", "30"}};
  for (std::size_t i = 0; i < kMounts; ++i)
    status.mounts.push_back(
        {"/etc/app/config-" + std::to_string(i), "/etc", true});
  status.log_path = status.name + "/0.log";
  return container;
}

/// Returns pods as the kubelet asks for them, which share the containers.
std::vector<Pod> MakePods(const Plan& plan) {
  std::vector<Pod> pods(plan.pods);
  for (std::size_t i = 0; i < pods.size(); ++i) {
    test::CriSandbox& status = pods[i].request.status;
    status.name = "web-" + std::to_string(i);
    status.pod_namespace = "production";
    status.uid =
        "1b4e28ba-2fa1-11d2-883f-" + std::to_string(100'000'000'000 + i);
    status.network = test::CriNetwork::kNode;
    status.labels = {{"io.kubernetes.pod.name", status.name},
                     {"io.kubernetes.pod.namespace", status.pod_namespace},
                     {"io.kubernetes.pod.uid", status.uid},
                     {"app", "web"}};
    status.annotations = {{"kubernetes.io/config.source", "api"}};
  }
  for (std::size_t i = 0; i < plan.containers; ++i) {
    Pod& pod = pods[i % pods.size()];
    pod.containers.push_back(MakeContainer(pod.request.status, i));
  }
  return pods;
}

/// Returns the pods as a runtime shows them that has run them.
test::CriNode MakeNode(const Plan& plan) {
  constexpr std::int64_t kCreated = 1'600'000'000'123'456'789;
  test::CriNode node;
  std::int64_t id = 0;
  const auto next_id = [&id] {
    std::string digits = std::to_string(++id);
    return std::string(64 - digits.size(), 'a') + digits;
  };
  for (Pod& pod : MakePods(plan)) {
    test::CriSandbox& sandbox = pod.request.status;
    sandbox.id = next_id();
    sandbox.created_at = kCreated;
    for (engine::ContainerRequest& request : pod.containers) {
      test::CriContainer& container = request.status;
      container.id = next_id();
      container.sandbox_id = sandbox.id;
      container.image_ref = "sha256:" + std::string(64, '0');
      container.created_at = kCreated;
      container.started_at = kCreated;
      node.containers.push_back(std::move(container));
    }
    node.sandboxes.push_back(std::move(sandbox));
  }
  return node;
}

using Nanoseconds = std::int64_t;

Nanoseconds Read(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return Nanoseconds{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Nanoseconds Median(std::vector<Nanoseconds> times) {
  const auto middle =
      times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

/// What a collection would take if the lists told everything.
class Lists {
 public:
  explicit Lists(const RuntimeOptions& options)
      : timeout_(options.timeout),
        bytes_(options.max_response_bytes),
        service_(
            containercollector::internal::ParseEndpoint(
                options.cri_endpoint, containercollector::RuntimeKind::kCri),
            options.connect_timeout, options.max_response_bytes) {}

  std::size_t Count() const {
    const auto limit =
        containercollector::internal::CallLimit::Of({}, timeout_);
    cri::Budget budget(bytes_);
    const auto call = [&](const char* method) {
      return service_.Call({0, method, "", ""}, limit);
    };
    return cri::DecodeContainers(call("ListContainers"), budget).size() +
           cri::DecodeSandboxes(call("ListPodSandbox"), budget).size();
  }

 private:
  const std::chrono::nanoseconds timeout_;
  const std::size_t bytes_;
  const cri::RuntimeService service_;
};

void CheckCount(std::size_t count, const Plan& plan) {
  if (count != plan.containers + plan.pods)
    throw std::runtime_error("the list has " + std::to_string(count) +
                             " containers and sandboxes");
}

/// Returns how long a collection takes by this clock.
Nanoseconds Time(const CriClient& client, const Plan& plan, clockid_t clock) {
  std::size_t count = 0;
  const Nanoseconds start = Read(clock);
  client.ForEachContainer({}, [&](const auto& /*container*/) { ++count; });
  const Nanoseconds time = Read(clock) - start;
  CheckCount(count, plan);
  return time;
}

template <typename Function>
std::vector<Nanoseconds> Repeat(const Plan& plan, const Function& time) {
  std::vector<Nanoseconds> times;
  for (std::size_t i = 0; i < plan.repeat; ++i) times.push_back(time());
  return times;
}

/// Prints the figures of one round.
/// @param change Changes the state of a tenth of the containers; null if the
/// runtime cannot do that.
void MeasureRound(const RuntimeOptions& options, const Plan& plan,
                  const std::function<void()>& change) {
  const Lists lists(options);
  const CriClient client(options);
  const auto print = [](const char* name, std::vector<Nanoseconds> times) {
    std::cout << name << ' ' << Median(std::move(times)) << std::endl;
  };
  print("list", Repeat(plan, [&] {
          const Nanoseconds start = Read(CLOCK_MONOTONIC);
          CheckCount(lists.Count(), plan);
          return Read(CLOCK_MONOTONIC) - start;
        }));
  print("first", Repeat(plan, [&] {
          return Time(CriClient(options), plan, CLOCK_MONOTONIC);
        }));
  static_cast<void>(Time(client, plan, CLOCK_MONOTONIC));
  const auto unchanged =
      Repeat(plan, [&] { return Time(client, plan, CLOCK_MONOTONIC); });
  print("collection", unchanged);
  print("cpu", Repeat(plan, [&] {
          return Time(client, plan, CLOCK_THREAD_CPUTIME_ID);
        }));
  std::cout << "slowest "
            << *std::max_element(unchanged.begin(), unchanged.end())
            << std::endl;
  if (!change) return;
  print("changed", Repeat(plan, [&] {
          change();
          return Time(client, plan, CLOCK_MONOTONIC);
        }));
}

void Measure(const std::string& endpoint, const Plan& plan,
             const std::function<void()>& change) {
  RuntimeOptions options;
  options.cri_endpoint = endpoint;
  for (std::size_t round = 0; round < plan.rounds; ++round)
    MeasureRound(options, plan, change);
}

int MeasureStandIn(const Plan& plan) {
  const test::TempDir directory;
  test::CriNode node = MakeNode(plan);
  test::ScriptedRuntime runtime(directory / "cri.sock",
                                test::GoodRuntime(node));
  Measure(runtime.endpoint(), plan, [&] {
    for (std::size_t i = 0; i < node.containers.size(); i += 10) {
      test::CriState& state = node.containers[i].state;
      state = state == test::CriState::kRunning ? test::CriState::kExited
                                                : test::CriState::kRunning;
    }
    runtime.SetScript(test::GoodRuntime(node));
  });
  return EXIT_SUCCESS;
}

int MeasureInSandbox(const Plan& plan) {
  const std::string directory = engine::ThisSandbox().directory;
  const engine::PrivateContainerd containerd(directory + "/containerd");
  for (Pod& pod : MakePods(plan)) {
    pod.request.log_directory = directory + "/logs/" + pod.request.status.name;
    pod.request.cgroup_parent = "/" + engine::ThisSandbox().cgroup;
    containerd.Run(pod.request);
    for (engine::ContainerRequest& container : pod.containers)
      containerd.Create(pod.request, container);
  }
  Measure(containerd.endpoint(), plan, nullptr);
  return EXIT_SUCCESS;
}

int MeasureContainerd(const Plan& plan) {
  const test::ScopedEnvironment environment{
      {"PATH", engine::DistributionFirst()}};
  const auto missing = engine::MissingPrerequisites(
      {/*docker=*/false, /*podman=*/false, /*containerd=*/true});
  for (const std::string& what : missing)
    std::cerr << "cri_bench: this machine lacks " << what << '\n';
  if (!missing.empty()) return kSkipped;
  return engine::RunInSandbox([&] { return MeasureInSandbox(plan); });
}

/// Returns whether all of `text` is a number greater than 0.
bool Parse(std::string_view text, std::size_t& number) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0;
}

}  // namespace

int main(int argc, char** argv) {
  Plan plan;
  const std::array numbers{&plan.containers, &plan.pods, &plan.rounds,
                           &plan.repeat};
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  bool valid = arguments.size() == numbers.size() + 1 &&
               (arguments[0] == "stand-in" || arguments[0] == "containerd");
  for (std::size_t i = 0; valid && i < numbers.size(); ++i)
    valid = Parse(arguments[i + 1], *numbers[i]);
  if (!valid) {
    std::cerr << "usage: cri_bench stand-in|containerd CONTAINERS PODS ROUNDS "
                 "REPEAT\n";
    return 2;
  }
  try {
    return arguments[0] == "stand-in" ? MeasureStandIn(plan)
                                      : MeasureContainerd(plan);
  } catch (const std::exception& error) {
    std::cerr << "cri_bench: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
