// SPDX-License-Identifier: Apache-2.0

#include "tests/support/runtime_scripts.h"

#include <algorithm>
#include <utility>

namespace containercollector::test {
namespace {

using End = RuntimeResponse::End;

Headers StatusHeaders(GrpcCode code, std::string_view text) {
  return {{"grpc-status", std::to_string(static_cast<int>(code))},
          {"grpc-message", std::string(text)}};
}

/// The element with the id that the call names, or containerd's error.
template <typename Element, typename ToMessage>
RuntimeResponse ById(const std::vector<Element>& elements,
                     const RuntimeCall& call, const std::string& what,
                     ToMessage to_message) {
  const std::string id = FirstString(call.message);
  const auto found =
      std::find_if(elements.begin(), elements.end(),
                   [&id](const Element& element) { return element.id == id; });
  if (found != elements.end())
    return GrpcOk(to_message(*found, IsVerbose(call.message)));
  return GrpcError(GrpcCode::kNotFound, "an error occurred when try to find " +
                                            what + " \"" + id +
                                            "\": not found");
}

RuntimeResponse Unimplemented(const RuntimeCall& call,
                              std::string_view service) {
  const std::string called = call.path.substr(1, call.path.rfind('/') - 1);
  if (called != service) {
    return GrpcError(GrpcCode::kUnimplemented, "unknown service " + called);
  }
  return GrpcError(GrpcCode::kUnimplemented,
                   "unknown method " + call.method + " for service " + called);
}

RuntimeResponse Respond(const CriNode& node, const RuntimeCall& call,
                        std::string_view service) {
  if (call.path != "/" + std::string(service) + "/" + call.method)
    return Unimplemented(call, service);
  if (call.method == "Version")
    return GrpcOk(VersionResponse(node.runtime_name, node.runtime_version));
  if (call.method == "ListContainers")
    return GrpcOk(ListContainersResponse(node.containers));
  if (call.method == "ListPodSandbox")
    return GrpcOk(ListPodSandboxResponse(node.sandboxes));
  if (call.method == "ListContainerStats")
    return GrpcOk(ListContainerStatsResponse(node.containers));
  if (call.method == "ContainerStatus") {
    return ById(node.containers, call, "container", &ContainerStatusResponse);
  }
  if (call.method == "ContainerStats")
    return ById(node.containers, call, "container",
                [](const CriContainer& container, bool /*verbose*/) {
                  return ContainerStatsResponse(container);
                });
  if (call.method == "PodSandboxStatus")
    return ById(node.sandboxes, call, "sandbox", &PodSandboxStatusResponse);
  return Unimplemented(call, service);
}

}  // namespace

RuntimeResponse GrpcOk(std::string_view message) {
  RuntimeResponse response;
  response.body = GrpcFrame(message);
  return response;
}

RuntimeResponse GrpcError(GrpcCode code, std::string_view text) {
  RuntimeResponse response;
  const Headers status = StatusHeaders(code, text);
  response.headers.insert(response.headers.end(), status.begin(), status.end());
  response.end = End::kNoTrailers;
  return response;
}

RuntimeResponse GrpcErrorInTrailers(GrpcCode code, std::string_view text) {
  RuntimeResponse response;
  response.trailers = StatusHeaders(code, text);
  return response;
}

RuntimeScript GoodRuntime(CriNode node, std::string_view service) {
  return [node = std::move(node), service = std::string(service)](
             const RuntimeCall& call) { return Respond(node, call, service); };
}

RuntimeScript RuntimeWithoutCri() {
  return [](const RuntimeCall& call) { return Unimplemented(call, ""); };
}

RuntimeScript With(RuntimeScript script, std::string method,
                   RuntimeResponse response) {
  return [script = std::move(script), method = std::move(method),
          response = std::move(response)](const RuntimeCall& call) {
    return call.method == method ? response : script(call);
  };
}

RuntimeScript Changing(RuntimeScript script, std::string method,
                       std::function<void(RuntimeResponse&)> change) {
  return [script = std::move(script), method = std::move(method),
          change = std::move(change)](const RuntimeCall& call) {
    RuntimeResponse response = script(call);
    if (method.empty() || call.method == method) change(response);
    return response;
  };
}

}  // namespace containercollector::test
