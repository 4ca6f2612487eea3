// SPDX-License-Identifier: Apache-2.0

/// Ready-made scripts of a container runtime, and its responses.
#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_RUNTIME_SCRIPTS_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_RUNTIME_SCRIPTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/cri_messages.h"
#include "tests/support/grpc.h"
#include "tests/support/runtime_connection.h"

namespace containercollector::test {

inline constexpr std::string_view kCriService = "runtime.v1.RuntimeService";
/// What containerd before 1.6 has instead, with the same messages.
inline constexpr std::string_view kOldCriService =
    "runtime.v1alpha2.RuntimeService";

/// A response with one message and status 0.
RuntimeResponse GrpcOk(std::string_view message);

/// A response with an error alone, as gRPC servers send it: the status is in
/// the only headers.
RuntimeResponse GrpcError(GrpcCode code, std::string_view text);

/// The same with the status in trailers.
RuntimeResponse GrpcErrorInTrailers(GrpcCode code, std::string_view text);

/// What a node's runtime knows.
struct CriNode {
  std::vector<CriSandbox> sandboxes;
  std::vector<CriContainer> containers;
  std::string runtime_name = "containerd";
  std::string runtime_version = "1.7.24";
};

/// A runtime without faults.
RuntimeScript GoodRuntime(CriNode node, std::string_view service = kCriService);

/// A gRPC server without the CRI, such as containerd with its plugin disabled.
RuntimeScript RuntimeWithoutCri();

/// `script`, but with `response` to every call of `method`.
RuntimeScript With(RuntimeScript script, std::string method,
                   RuntimeResponse response);

/// `script`, but with what `change` makes of its response to each call of
/// `method`; an empty method stands for all.
RuntimeScript Changing(RuntimeScript script, std::string method,
                       std::function<void(RuntimeResponse&)> change);

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_RUNTIME_SCRIPTS_H_
