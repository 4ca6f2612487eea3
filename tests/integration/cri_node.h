// SPDX-License-Identifier: Apache-2.0

/// A node with a scripted container runtime, and a processor that calls it.
#ifndef CONTAINERCOLLECTOR_TESTS_INTEGRATION_CRI_NODE_H_
#define CONTAINERCOLLECTOR_TESTS_INTEGRATION_CRI_NODE_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "containercollector/cri_client.h"
#include "containercollector/processor.h"
#include "containercollector/types.h"
#include "tests/support/catch.h"
#include "tests/support/runtime_scripts.h"
#include "tests/support/scripted_node.h"
#include "tests/support/scripted_runtime.h"
#include "tests/support/temp_dir.h"

namespace containercollector::test {

/// A pod with one container, whose times are long ago.
CriNode OnePod();

/// A scripted runtime and a processor that calls it.
class CriTestNode {
 public:
  explicit CriTestNode(RuntimeOptions options = PatientOptions())
      : processor_(CriClient(WithEndpoint(std::move(options)))) {}

  static RuntimeOptions PatientOptions() {
    RuntimeOptions options;
    options.timeout = kGenerous;
    return options;
  }

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
  void Stop(SocketFile file = SocketFile::kRemove) { runtime_->Stop(file); }

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

  /// Returns what the last response reported as incomplete, one per line.
  std::string IncompleteTexts() const;

  /// Collects again, and returns how many calls of each method that made, for
  /// example "ListContainers:1 ListPodSandbox:1".
  std::string CallsOfPost(std::string_view query = "");

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

/// Two calls: what a collection makes in steady state.
inline constexpr const char* kOnlyLists = "ListContainers:1 ListPodSandbox:1";

/// The bytes of a response of OnePod() to one of these calls.
std::string MessageOf(const std::string& method);

inline void CheckOnePod(const Response& response) {
  INFO(response.body);
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  CHECK(response.container_count == 2);
  CHECK(response.incomplete_count == 0);
  CHECK(response.body.find("\"/k8s_web_pod_default_uid_0\"") !=
        std::string::npos);
  CHECK_FALSE(response.error);
}

/// Returns the text with a name alone for what libcurl says of a stream that
/// was reset, which depends on its version.
std::string WithoutWording(const std::string& text);

inline void CheckCriFailed(const Response& response, ErrorCode code,
                           const std::string& text) {
  CHECK(WithoutWording(response.body) == text);
  CHECK(response.status == (code == ErrorCode::kRequestRejected ? 400 : 500));
  CHECK(response.content_type == "text/plain; charset=utf-8");
  CHECK(response.container_count == 0);
  REQUIRE(response.error);
  CHECK(ToString(*response.error) == ToString(code));
}

/// Checks that OnePod() is listed, although one of its entries lacks details
/// for this reason. What shares a connection with it may lack them too.
void CheckIncomplete(CriTestNode& node, ErrorCode code,
                     const std::string& text);

/// Returns the container with an ID out of the body of a response.
Container Find(const Response& response, const std::string& id);

/// Checks that the next request succeeds once the runtime is good.
inline void CheckRecovers(CriTestNode& node) {
  node.Start(GoodRuntime(OnePod()));
  CheckOnePod(node.Post());
  CHECK(node.runtime().Errors().empty());
}

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_INTEGRATION_CRI_NODE_H_
