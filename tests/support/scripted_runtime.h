// SPDX-License-Identifier: Apache-2.0

/// A stand-in for a container runtime, and ready-made scripts for it.
#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_RUNTIME_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_RUNTIME_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/cri_messages.h"
#include "tests/support/http.h"
#include "tests/support/scripted_server.h"

namespace containercollector::test {

/// A call as it arrived.
struct RuntimeCall {
  /// Such as `/runtime.v1.RuntimeService/Version`, and its last part.
  std::string path;
  std::string method;
  Headers headers;  ///< Those of HTTP/2, such as `:path`, included.
  std::string message;
};

/// What a call gets. Every part can be wrong.
struct RuntimeResponse {
  enum class End {
    kTrailers,
    kNoTrailers,
    kReset,  ///< The stream is reset: RST_STREAM with INTERNAL_ERROR.
    kClose,  ///< The connection is closed.
  };

  int http_status = 200;
  Headers headers = {{"content-type", "application/grpc"}};
  /// The bytes of the DATA frames. Without any, and with End::kNoTrailers, the
  /// headers are the whole response, as gRPC has it for most errors.
  std::string body;
  Headers trailers = {{"grpc-status", "0"}, {"grpc-message", ""}};
  End end = End::kTrailers;
  /// Sent only after this time, and after a release.
  std::chrono::milliseconds delay{0};
  bool when_released = false;
};

/// Must not wait: RuntimeResponse says what is sent later.
using RuntimeScript = std::function<RuntimeResponse(const RuntimeCall&)>;

/// A server that speaks gRPC over HTTP/2 on a Unix socket.
class ScriptedRuntime : public ScriptedServer {
 public:
  ScriptedRuntime(const std::string& socket_path, RuntimeScript script,
                  DaemonOptions options = {});
  ~ScriptedRuntime() { Stop(); }

  /// `unix:///PATH`.
  const std::string& endpoint() const noexcept { return Host(); }

  /// Takes effect with the next call.
  void SetScript(RuntimeScript script);

  /// All calls so far, in the order in which they were complete.
  std::vector<RuntimeCall> Calls() const { return Locked(calls_); }
  std::size_t CallsOf(const std::string& method) const;

  /// Waits for that many calls. Returns false if `timeout` passes first.
  bool WaitForCalls(std::size_t count, std::chrono::milliseconds timeout) const;

 private:
  RuntimeResponse Handle(const RuntimeCall& call);

  std::shared_ptr<const RuntimeScript> script_;
  std::vector<RuntimeCall> calls_;
};

/// gRPC's status codes, as far as the tests use them.
enum class GrpcCode {
  kUnknown = 2,
  kNotFound = 5,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
};

/// Returns the message with its prefix: the compressed flag and the length.
std::string GrpcFrame(std::string_view message);

/// Returns a prefix with any flag and length.
std::string GrpcPrefix(std::uint8_t flag, std::uint32_t length);

/// Returns the one message in `body`; nothing if the body is anything else.
std::optional<std::string> GrpcMessage(std::string_view body);

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

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_RUNTIME_H_
