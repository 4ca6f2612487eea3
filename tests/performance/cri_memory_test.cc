// SPDX-License-Identifier: Apache-2.0

/// What a container runtime can make a collection allocate: small messages that
/// describe large structures.
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "containercollector/cri_client.h"
#include "lib/src/cri/messages.h"
#include "tests/performance/allocations.h"
#include "tests/support/catch.h"
#include "tests/support/error_of.h"
#include "tests/support/scripted_node.h"
#include "tests/support/scripted_runtime.h"

using namespace containercollector;
using namespace containercollector::internal;
using namespace containercollector::test;

namespace {

constexpr std::size_t kMaxResponse = std::size_t{8} << 20;
constexpr std::size_t kMaxPeak = 5 * kMaxResponse;

/// A pod with so many containers, whose IDs begin with 0.
CriNode PodOf(std::size_t containers) {
  CriNode node;
  CriSandbox& sandbox = node.sandboxes.emplace_back();
  sandbox.id = "5a0db0c5";
  sandbox.name = "pod";
  sandbox.ip = "10.0.0.7";
  node.containers.resize(containers);
  for (std::size_t i = 0; i < containers; ++i) {
    node.containers[i].id = std::to_string(i);
    node.containers[i].sandbox_id = sandbox.id;
    node.containers[i].name = "web";
  }
  return node;
}

std::string Repeated(const std::string& bytes, std::size_t count) {
  std::string all;
  all.reserve(bytes.size() * count);
  while (count-- > 0) all += bytes;
  return all;
}

/// What a runtime sends: a node, and the message with which it responds to
/// `method`.
struct Attack {
  const char* what;
  CriNode node;
  const char* method = "";
  std::string message = {};
};

std::vector<Attack> Attacks() {
  std::vector<Attack> attacks;
  Attack name{"a sandbox with a long name, which each container copies",
              PodOf(200)};
  name.node.sandboxes[0].name = std::string(kMaxResponse - 1000, 'x');
  attacks.push_back(std::move(name));
  attacks.push_back({"statuses with empty mounts", PodOf(280),
                     "ContainerStatus",
                     Tagged(1, Repeated(Tagged(14, ""), 14'000))});
  Attack addresses{
      "addresses", PodOf(0), "PodSandboxStatus",
      Tagged(1, Tagged(5, Repeated(Tagged(2, Tagged(1, "")), 70'000)))};
  addresses.node.sandboxes.resize(100, addresses.node.sandboxes[0]);
  for (std::size_t i = 0; i < 100; ++i)
    addresses.node.sandboxes[i].id = std::to_string(i);
  attacks.push_back(std::move(addresses));
  const std::string entry = Tagged(1, Tagged(1, "c"));
  attacks.push_back({"a list of empty containers", PodOf(0), "ListContainers",
                     Repeated(entry, (kMaxResponse - 100) / entry.size())});
  attacks.push_back({"a list of empty sandboxes", PodOf(0), "ListPodSandbox",
                     Repeated(entry, (kMaxResponse - 100) / entry.size())});
  attacks.push_back(
      {"a container with empty labels", PodOf(0), "ListContainers",
       Tagged(1, Tagged(1, "c") +
                     Repeated(Tagged(8, ""), kMaxResponse / 2 - 50))});
  Attack ports{"annotations of ports", PodOf(190)};
  for (CriContainer& container : ports.node.containers)
    container.annotations = {{"io.kubernetes.container.ports",
                              "[{}" + Repeated(",{}", 14'000) + "]"}};
  attacks.push_back(std::move(ports));
  Attack long_ports{"a long annotation of ports", PodOf(1)};
  long_ports.node.containers[0].annotations = {
      {"io.kubernetes.container.ports",
       "[{}" + Repeated(",{}", 800'000) + "]"}};
  attacks.push_back(std::move(long_ports));
  return attacks;
}

RuntimeScript ScriptOf(const Attack& attack) {
  return attack.message.empty() ? GoodRuntime(attack.node)
                                : With(GoodRuntime(attack.node), attack.method,
                                       GrpcOk(attack.message));
}

}  // namespace

TEST_CASE("No message makes a collection allocate a multiple of the bound") {
  const TempDir directory;
  RuntimeOptions options;
  options.cri_endpoint = "unix://" + (directory / "cri.sock");
  options.timeout = kGenerous;
  options.max_response_bytes = kMaxResponse;
  for (const Attack& attack : Attacks()) {
    const ScriptedRuntime runtime(directory / "cri.sock", ScriptOf(attack));
    const CriClient client(options);
    Allocations allocations;
    std::string text;
    try {
      const AllocationWatch watch;
      try {
        static_cast<void>(client.ListContainers());
      } catch (...) {
        allocations = watch.allocations();
        throw;
      }
      allocations = watch.allocations();
    } catch (const Error& error) {
      text = error.what();
    }
    INFO(attack.what << ": at most " << allocations.peak_bytes / 1000 << " kB");
    CHECK(text == "The containers of the container runtime at " +
                      options.cri_endpoint +
                      " take more memory than the limit of 25165824 bytes, 3 "
                      "times that of a response. Remove dead containers, ask "
                      "with all=0 or filters, or allow larger responses.");
    CHECK(allocations.peak_bytes < kMaxPeak);
  }
}

TEST_CASE("Entries as large as a response are listed within the bound") {
  const TempDir directory;
  RuntimeOptions options;
  options.cri_endpoint = "unix://" + (directory / "cri.sock");
  options.timeout = kGenerous;
  options.max_response_bytes = kMaxResponse;
  CriNode node = PodOf(1000);
  for (CriContainer& container : node.containers)
    container.labels = {{"long", std::string(7000, 'x')}};
  const ScriptedRuntime runtime(directory / "cri.sock", GoodRuntime(node));
  const CriClient client(options);
  for (int collection = 0; collection < 2; ++collection) {
    const AllocationWatch watch;
    std::size_t count = 0;
    client.ForEachContainer({}, [&](const Container&) { ++count; });
    CHECK(count == 1001);
    CHECK(watch.allocations().peak_bytes < 4 * kMaxResponse);
  }
}

TEST_CASE("The content of verbose statuses takes little memory") {
  cri::Budget budget(std::size_t{32} << 20);
  CriContainer container;
  container.id = "c";
  const auto peak_of = [&](const std::string& info) {
    container.info = info;
    const std::string message = ContainerStatusResponse(container, true);
    const AllocationWatch watch;
    cri::DecodeDetails(message, /*of_sandbox=*/false, budget);
    return watch.allocations().peak_bytes;
  };
  const std::string begin = R"({"runtimeSpec":{"process":{"args":[")";
  const std::string end = R"("]}}})";
  // As many bytes as may be decoded, and as many elements.
  for (const std::size_t count : {100'000, 265'000, 300'000}) {
    const std::string info = begin + Repeated("\",\"", count) + end;
    const std::size_t peak = peak_of(info);
    INFO(info.size() / 1000 << " kB of empty arguments: at most " << peak / 1000
                            << " kB");
    CHECK(peak < budget.left());
    CHECK(peak < 35 * info.size());
  }
  CHECK(peak_of(begin + std::string(1'000'000, 'x') + end) < 8'000'000);
}

TEST_CASE("Repeated fields of a status cost nothing but their bytes") {
  const std::string message =
      Tagged(1, Tagged(5, Repeated(Tagged(1, "10.0.0.1"), 40'000)));
  cri::Budget budget(std::size_t{32} << 20);
  const AllocationWatch watch;
  cri::DecodeDetails(message, /*of_sandbox=*/true, budget);
  CHECK(watch.allocations().count < 10);
  CHECK(watch.allocations().peak_bytes < 10'000);
}
