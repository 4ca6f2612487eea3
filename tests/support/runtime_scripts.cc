// SPDX-License-Identifier: Apache-2.0

#include <utility>

#include "tests/support/scripted_runtime.h"

namespace containercollector::test {
namespace {

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
  for (const Element& element : elements) {
    if (element.id == id)
      return GrpcOk(to_message(element, IsVerbose(call.message)));
  }
  return GrpcError(GrpcCode::kNotFound, "an error occurred when try to find " +
                                            what + " \"" + id +
                                            "\": not found");
}

RuntimeResponse Unimplemented(const RuntimeCall& call,
                              std::string_view service) {
  const std::string called = call.path.substr(1, call.path.rfind('/') - 1);
  return GrpcError(GrpcCode::kUnimplemented,
                   called != service ? "unknown service " + called
                                     : "unknown method " + call.method +
                                           " for service " + called);
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
  if (call.method == "ContainerStatus")
    return ById(node.containers, call, "container", &ContainerStatusResponse);
  if (call.method == "PodSandboxStatus")
    return ById(node.sandboxes, call, "sandbox", &PodSandboxStatusResponse);
  return Unimplemented(call, service);
}

}  // namespace

std::string GrpcPrefix(std::uint8_t flag, std::uint32_t length) {
  std::string prefix(1, static_cast<char>(flag));
  for (int shift = 24; shift >= 0; shift -= 8)
    prefix += static_cast<char>((length >> shift) & 0xff);
  return prefix;
}

std::string GrpcFrame(std::string_view message) {
  return GrpcPrefix(0, static_cast<std::uint32_t>(message.size()))
      .append(message);
}

std::optional<std::string> GrpcMessage(std::string_view body) {
  constexpr std::size_t kPrefixSize = 5;
  if (body.size() < kPrefixSize) return std::nullopt;
  const std::string_view message = body.substr(kPrefixSize);
  if (GrpcFrame(message) != body) return std::nullopt;
  return std::string(message);
}

RuntimeResponse GrpcOk(std::string_view message) {
  RuntimeResponse response;
  response.body = GrpcFrame(message);
  return response;
}

RuntimeResponse GrpcError(GrpcCode code, std::string_view text) {
  RuntimeResponse response;
  for (auto& header : StatusHeaders(code, text))
    response.headers.push_back(std::move(header));
  response.end = RuntimeResponse::End::kNoTrailers;
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
