// SPDX-License-Identifier: Apache-2.0
/// Calls of the CRI's RuntimeService.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_RUNTIME_SERVICE_H_
#define CONTAINERCOLLECTOR_SRC_CRI_RUNTIME_SERVICE_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "lib/src/cri/grpc.h"
#include "lib/src/cri/messages.h"
#include "lib/src/failure.h"
#include "lib/src/http/http2_transport.h"

namespace containercollector::internal::cri {

/// A call of a method, named without its service, e.g. "ListContainers".
struct ServiceCall {
  std::size_t id = 0;  ///< The caller's.
  const char* method = "";
  std::string message;
  /// What the call is about, for error texts. Empty: the whole node.
  std::string subject;
  /// Time limit, in addition to that of the collection.
  std::chrono::nanoseconds timeout = std::chrono::nanoseconds::max();
};

/// Why one of many calls failed.
struct ServiceFailure {
  Error error;
  bool is_gone = false;  ///< The runtime does not know the subject.
};

/// Calls methods in a version of the CRI that the runtime supports, and
/// remembers it: runtime.v1, or runtime.v1alpha2 for containerd before 1.6.
/// Tries the other version if the runtime is replaced. Thread-safe.
class RuntimeService {
 public:
  /// Returns the next call, if one is ready.
  using Next = std::function<std::optional<ServiceCall>()>;

  /// Called with the result of each call, in any order. If one throws, all
  /// calls end.
  using OnMessage =
      std::function<void(const ServiceCall&, const std::string& message)>;
  using OnFailure =
      std::function<void(const ServiceCall&, const ServiceFailure&)>;

  /// @param options Limits.
  RuntimeService(Endpoint endpoint, RuntimeOptions options);

  /// Makes one call and returns the message of the response.
  /// @throws Error
  std::string Call(const ServiceCall& call, const CallLimit& limit) const;

  /// Makes calls concurrently until there is no next one. If `on_message`
  /// throws a MessageError, `on_failure` receives it.
  /// @throws Error kCancelled, kInternal
  void CallAll(const Next& next, const CallLimit& limit,
               const OnMessage& on_message, const OnFailure& on_failure) const;

  /// Returns the error for a message that violates the CRI.
  Error Malformed(const ServiceCall& call, const MessageError& error) const {
    return ToError(PlaceOf(call), {FailureKind::kMalformed,
                                   std::string("malformed: ") + error.what()});
  }

  /// Returns the error for a call that timed out or was never started.
  Error TimedOut(const ServiceCall& call,
                 std::chrono::nanoseconds limit) const {
    return ToError(PlaceOf(call),
                   {FailureKind::kResponseTimeout, "", 0, 0, limit});
  }

  /// Returns the error for an entry that is listed although its status call
  /// reports that it does not exist.
  Error Contradiction(const std::string& id) const {
    return ToError(PlaceOf({}), {FailureKind::kContradiction, ShortId(id)});
  }

  const Endpoint& endpoint() const noexcept { return transport_.endpoint(); }

 private:
  static constexpr const char* kV1 = "runtime.v1.RuntimeService";
  static constexpr const char* kV1Alpha2 = "runtime.v1alpha2.RuntimeService";

  static std::string ShortId(const std::string& id) { return id.substr(0, 12); }
  Place PlaceOf(const ServiceCall& call) const;

  /// Returns whether the service speaks HTTP/1.1, as a Docker daemon does.
  /// Waits for at most one second.
  bool SpeaksHttp1(CallLimit limit) const;
  GrpcResult CallIn(const char* service, const ServiceCall& call,
                    const CallLimit& limit) const;

  const Http2Transport transport_;
  mutable std::atomic<const char*> service_{kV1};  ///< The last that worked.
};

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_RUNTIME_SERVICE_H_
