// SPDX-License-Identifier: Apache-2.0

#include "tests/integration/cri_node.h"

#include <algorithm>
#include <map>
#include <regex>

#include "containercollector/json.h"

namespace containercollector::test {

std::string WithoutWording(const std::string& text) {
  static const std::regex wording(
      "HTTP/2 stream [0-9]+ (was not closed cleanly: INTERNAL_ERROR \\(err 2\\)"
      "|reset by server \\(error 0x2 INTERNAL_ERROR\\))");
  return std::regex_replace(text, wording, "INTERNAL_ERROR");
}

CriNode OnePod() {
  constexpr std::int64_t kCreated = 1'600'000'000'123'456'789;
  CriNode node;
  CriSandbox& sandbox = node.sandboxes.emplace_back();
  sandbox.id = "5a0db0c5";
  sandbox.name = "pod";
  sandbox.pod_namespace = "default";
  sandbox.uid = "uid";
  sandbox.created_at = kCreated;
  sandbox.ip = "10.0.0.7";
  CriContainer& container = node.containers.emplace_back();
  container.id = "c0ffee00c0ffee00";
  container.sandbox_id = sandbox.id;
  container.name = "web";
  container.image = "busybox:1";
  container.image_ref = "sha256:0c";
  container.created_at = kCreated;
  container.started_at = kCreated;
  return node;
}

std::string MessageOf(const std::string& method) {
  const CriNode node = OnePod();
  if (method == "ListContainers")
    return ListContainersResponse(node.containers);
  if (method == "ListPodSandbox") return ListPodSandboxResponse(node.sandboxes);
  if (method == "PodSandboxStatus")
    return PodSandboxStatusResponse(node.sandboxes.front());
  return ContainerStatusResponse(node.containers.front());
}

std::string CriTestNode::IncompleteTexts() const {
  std::string texts;
  for (const Error& error : incomplete_)
    texts.append(WithoutWording(error.what())).append("\n");
  return texts;
}

std::string CriTestNode::CallsOfPost(std::string_view query) {
  const std::size_t before = runtime_->Calls().size();
  const Response response = Post(query);
  INFO(response.body);
  CHECK(response.status == 200);
  std::map<std::string, int> counts;
  const std::vector<RuntimeCall> calls = runtime_->Calls();
  for (std::size_t i = before; i < calls.size(); ++i) ++counts[calls[i].method];
  std::string text;
  for (const auto& [method, count] : counts) {
    text.append(text.empty() ? "" : " ").append(method);
    text.append(":").append(std::to_string(count));
  }
  return text;
}

void CheckIncomplete(CriTestNode& node, ErrorCode code,
                     const std::string& text) {
  const Response response = node.Post();
  INFO(response.body);
  REQUIRE(response.status == 200);
  CHECK(response.container_count == 2);
  CHECK(Find(response, "c0ffee00c0ffee00").labels->size() == 2);
  CHECK(Find(response, "c0ffee00c0ffee00").state == "running");
  CHECK(response.incomplete_count == node.incomplete().size());
  CHECK(response.headers ==
        decltype(response.headers){{std::string(Processor::kIncompleteHeader),
                                    std::to_string(node.incomplete().size())}});
  CAPTURE(node.IncompleteTexts(), text);
  CHECK(std::any_of(node.incomplete().begin(), node.incomplete().end(),
                    [&](const Error& error) {
                      return error.code() == code &&
                             WithoutWording(error.what()) == text;
                    }));
}

Container Find(const Response& response, const std::string& id) {
  const auto containers = DecodeContainers(response.body);
  REQUIRE(containers);
  for (const Container& container : *containers)
    if (container.id == id) return container;
  FAIL("the list lacks " + id);
  return {};
}

}  // namespace containercollector::test
