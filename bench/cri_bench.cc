// SPDX-License-Identifier: Apache-2.0

/// Times collections from a container runtime:
/// cri_bench stand-in|ENDPOINT CONTAINERS PODS ROUNDS REPEAT
///
/// Prints for each round, in nanoseconds, the medians of the repetitions: list,
/// the two lists without a status call; first, the collection of a new client,
/// with a status call for each container; collection, one after another of a
/// node that does not change; changed, one after a tenth of the containers
/// changed their state (the stand-in's only); cpu, what this program takes of
/// the unchanged one; slowest, the slowest of the unchanged ones.
///
/// tests/engine/with_pods.py runs it with a private containerd.
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
#include "tests/support/posix.h"
#include "tests/support/scripted_runtime.h"

namespace {

namespace cri = containercollector::internal::cri;
namespace test = containercollector::test;
using containercollector::CriClient;
using containercollector::RuntimeOptions;

/// How much is measured.
struct Plan {
  std::size_t containers = 0;
  std::size_t pods = 0;
  std::size_t rounds = 0;
  std::size_t repeat = 0;
};

test::CriSandbox MakeSandbox(std::size_t number) {
  test::CriSandbox sandbox;
  sandbox.name = "web-" + std::to_string(number);
  sandbox.pod_namespace = "production";
  sandbox.uid =
      "1b4e28ba-2fa1-11d2-883f-" + std::to_string(100'000'000'000 + number);
  sandbox.network = test::CriNetwork::kNode;
  sandbox.labels = {{"io.kubernetes.pod.name", sandbox.name},
                    {"io.kubernetes.pod.namespace", sandbox.pod_namespace},
                    {"io.kubernetes.pod.uid", sandbox.uid},
                    {"app", "web"}};
  sandbox.annotations = {{"kubernetes.io/config.source", "api"}};
  return sandbox;
}

test::CriContainer MakeContainer(const test::CriSandbox& pod,
                                 std::size_t number) {
  constexpr std::size_t kMounts = 4;
  test::CriContainer container;
  container.sandbox_id = pod.id;
  container.name = "app-" + std::to_string(number);
  container.image = "localhost/busybox:1";
  container.image_ref = "sha256:" + std::string(64, '0');
  // As the kubelet sets them.
  container.labels = {{"io.kubernetes.container.name", container.name},
                      {"io.kubernetes.pod.name", pod.name},
                      {"io.kubernetes.pod.namespace", pod.pod_namespace},
                      {"io.kubernetes.pod.uid", pod.uid}};
  container.annotations = {
      {"io.kubernetes.container.hash", "5a1f0e7c"},
      {"io.kubernetes.container.restartCount", "0"},
      {"io.kubernetes.container.terminationMessagePath",
       "/dev/termination-log"},
      {"io.kubernetes.container.terminationMessagePolicy", "File"},
      {"io.kubernetes.pod.terminationGracePeriod", "30"}};
  for (std::size_t i = 0; i < kMounts; ++i)
    container.mounts.push_back(
        {"/etc/app/config-" + std::to_string(i), "/etc", true});
  container.log_path = container.name + "/0.log";
  return container;
}

/// Returns pods that share the containers, as a runtime shows them that has run
/// them.
test::CriNode MakeNode(const Plan& plan) {
  constexpr std::int64_t kCreated = 1'600'000'000'123'456'789;
  test::CriNode node;
  std::int64_t id = 0;
  const auto add = [&id](auto& list, auto element) {
    const std::string digits = std::to_string(++id);
    element.id = std::string(64 - digits.size(), 'a') + digits;
    element.created_at = kCreated;
    list.push_back(std::move(element));
  };
  for (std::size_t i = 0; i < plan.pods; ++i)
    add(node.sandboxes, MakeSandbox(i));
  for (std::size_t i = 0; i < plan.containers; ++i) {
    add(node.containers, MakeContainer(node.sandboxes[i % plan.pods], i));
    node.containers.back().started_at = kCreated;
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
            options) {}

  std::size_t Count() const {
    const auto limit =
        containercollector::internal::CallLimit::Of({}, timeout_);
    cri::Budget budget(bytes_);
    const auto count = [&](const char* method, bool of_sandboxes) {
      const std::string message = service_.Call({0, method, "", ""}, limit);
      return cri::DecodeList(message, of_sandboxes, budget).size();
    };
    return count("ListContainers", false) + count("ListPodSandbox", true);
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

void MeasureStandIn(const Plan& plan) {
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
  bool valid = arguments.size() == numbers.size() + 1;
  for (std::size_t i = 0; valid && i < numbers.size(); ++i)
    valid = Parse(arguments[i + 1], *numbers[i]);
  if (!valid) {
    std::cerr << "usage: cri_bench stand-in|ENDPOINT CONTAINERS PODS ROUNDS "
                 "REPEAT\n";
    return 2;
  }
  try {
    if (arguments[0] == "stand-in") {
      MeasureStandIn(plan);
    } else {
      Measure(std::string(arguments[0]), plan, nullptr);
    }
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::cerr << "cri_bench: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
