// SPDX-License-Identifier: Apache-2.0
/// A scripted container runtime and a processor that calls it.
#ifndef CONTAINERCOLLECTOR_TESTS_INTEGRATION_CRI_NODE_H_
#define CONTAINERCOLLECTOR_TESTS_INTEGRATION_CRI_NODE_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "containercollector/cri_client.h"
#include "containercollector/json.h"
#include "tests/integration/node.h"
#include "tests/support/posix.h"
#include "tests/support/scripted_runtime.h"

namespace containercollector::test {

inline const std::string kContainerId = "c0ffee00c0ffee00";
inline const std::string kSandboxId = "5a0db0c5";

/// Two calls: what a collection makes in steady state.
inline constexpr const char* kOnlyLists = "ListContainers:1 ListPodSandbox:1";

/// Returns a pod whose times are long ago.
/// @param containers The first ones are the newest, with IDs "container-0" and
/// so on; if there is one, its ID is kContainerId.
inline CriNode OnePod(std::size_t containers = 1) {
  constexpr std::int64_t kCreated = 1'600'000'000'123'456'789;
  CriNode node;
  CriSandbox& sandbox = node.sandboxes.emplace_back();
  sandbox.id = kSandboxId;
  sandbox.name = "pod";
  sandbox.pod_namespace = "default";
  sandbox.uid = "uid";
  sandbox.created_at = kCreated;
  sandbox.ip = "10.0.0.7";
  for (std::size_t i = 0; i < containers; ++i) {
    CriContainer& container = node.containers.emplace_back();
    container.id =
        containers == 1 ? kContainerId : "container-" + std::to_string(i);
    container.sandbox_id = sandbox.id;
    container.name = "web";
    container.image = "busybox:1";
    container.image_ref = "sha256:0c";
    container.created_at =
        kCreated + static_cast<std::int64_t>(containers - i - 1);
    container.started_at = kCreated;
  }
  return node;
}

class CriTestNode {
 public:
  explicit CriTestNode(RuntimeOptions options = PatientOptions())
      : processor_(CriClient(WithEndpoint(std::move(options)))) {}

  std::string socket_path() const { return dir_ / "cri.sock"; }
  std::string endpoint() const { return "unix://" + socket_path(); }
  ScriptedRuntime& runtime() { return *runtime_; }

  /// Starts a runtime, in place of the previous one if there is one.
  ScriptedRuntime& Start(RuntimeScript script, DaemonOptions options = {}) {
    runtime_.reset();
    runtime_ = std::make_unique<ScriptedRuntime>(socket_path(),
                                                 std::move(script), options);
    return *runtime_;
  }

  /// Returns the response of the array route to a query.
  Response Post(std::string_view query = "", CallOptions call = {}) {
    incomplete_.clear();
    call.on_incomplete = [this](const Error& error) {
      incomplete_.push_back(error);
    };
    return processor_.Handle(
        "POST", std::string(Processor::kArrayPath) + "?" + std::string(query),
        call);
  }

  /// Why entries of the last response lack details.
  const std::vector<Error>& incomplete() const { return incomplete_; }

  /// Collects, and returns how many calls of each method that made, for example
  /// kOnlyLists.
  std::string CallsOfPost(std::string_view query = "") {
    const std::size_t before = runtime_->Calls().size();
    const Response response = Post(query);
    INFO(response.body);
    CHECK(response.status == 200);
    std::map<std::string, int> counts;
    const std::vector<RuntimeCall> calls = runtime_->Calls();
    for (std::size_t i = before; i < calls.size(); ++i)
      ++counts[calls[i].method];
    std::string text;
    for (const auto& [method, count] : counts)
      text.append(text.empty() ? "" : " ")
          .append(method + ":" + std::to_string(count));
    return text;
  }

 private:
  RuntimeOptions WithEndpoint(RuntimeOptions options) const {
    options.cri_endpoint = endpoint();
    return options;
  }

  TempDir dir_;
  std::unique_ptr<ScriptedRuntime> runtime_;
  Processor processor_;
  std::vector<Error> incomplete_;
};

/// Returns the container with an ID out of the body of a response.
inline Container Find(const Response& response, const std::string& id) {
  const auto containers = DecodeContainers(response.body);
  REQUIRE(containers);
  for (const Container& container : *containers)
    if (container.id == id) return container;
  FAIL("the list lacks " + id);
  return {};
}

/// Checks that OnePod() is listed.
inline void CheckOnePod(const Response& response) {
  INFO(response.body);
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  CHECK(response.headers.empty());
  CHECK(response.container_count == 2);
  CHECK(response.incomplete_count == 0);
  CHECK(Find(response, kContainerId).names ==
        StringList{"/k8s_web_pod_default_uid_0"});
  CHECK_FALSE(response.error);
}

/// Checks that all of the entries are listed, some of them without details
/// for this reason.
/// @param part A part of the text that tells the failure from others.
inline void CheckIncomplete(const CriTestNode& node, const Response& response,
                            std::size_t containers, ErrorCode code,
                            const std::string& part) {
  CAPTURE(response.body, part);
  REQUIRE(response.status == 200);
  CHECK(response.container_count == containers);
  CHECK(response.incomplete_count == node.incomplete().size());
  CHECK(response.headers ==
        decltype(response.headers){{"Container-Collector-Incomplete",
                                    std::to_string(node.incomplete().size())}});
  std::size_t count = 0;
  for (const Error& error : node.incomplete()) {
    CAPTURE(error.what(), ToString(error.code()));
    count += error.code() == code &&
             std::string(error.what()).find(part) != std::string::npos;
  }
  CHECK(count > 0);
}

/// Checks that the next request succeeds once the runtime is good.
inline void CheckRecovers(CriTestNode& node) {
  node.Start(GoodRuntime(OnePod()));
  CheckOnePod(node.Post());
  CHECK(node.runtime().Errors().empty());
}

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_INTEGRATION_CRI_NODE_H_
