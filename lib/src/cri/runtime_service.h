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

#include "lib/src/cri/failure.h"
#include "lib/src/cri/grpc.h"
#include "lib/src/cri/messages.h"
#include "lib/src/http/http2_transport.h"

namespace containercollector::internal::cri {

/// A call of a method, by its name alone, e.g. "ListContainers".
struct ServiceCall {
  std::size_t id = 0;  ///< The caller's.
  const char* method = "";
  std::string message;
  /// Whom the call is about, for texts. Empty: the whole node.
  std::string subject;
  /// Time limit, besides that of the collection.
  std::chrono::nanoseconds timeout = std::chrono::nanoseconds::max();
};

/// Why one of many calls failed.
struct ServiceFailure {
  Error error;
  bool is_gone = false;  ///< The runtime does not know the subject.
};

/// Calls methods in the version of the CRI that the runtime takes, and
/// remembers it: runtime.v1, or runtime.v1alpha2 of containerd before 1.6. If
/// the runtime is replaced, the other version is tried again.
///
/// Keeps no connection between two calls, so that a call reaches whichever
/// runtime the socket's path names now. Thread-safe.
class RuntimeService {
 public:
  /// Returns the next call, if there is one now.
  using Next = std::function<std::optional<ServiceCall>()>;

  /// Get what a call resulted in, in any order. What they throw ends all calls.
  using OnMessage =
      std::function<void(const ServiceCall&, const std::string& message)>;
  using OnFailure = std::function<void(const ServiceCall&, ServiceFailure)>;

  RuntimeService(Endpoint endpoint, std::chrono::nanoseconds connect_timeout,
                 std::size_t max_bytes);

  /// Makes one call and returns the message of the response.
  /// @throws Error
  std::string Call(const ServiceCall& call, const CallLimit& limit) const;

  /// Makes calls, many at once, until there is no next one. A MessageError of
  /// `on_message` goes to `on_failure`.
  /// @throws Error kCancelled, kInternal
  void CallAll(const Next& next, const CallLimit& limit,
               const OnMessage& on_message, const OnFailure& on_failure) const;

  /// Returns the error for a message that is not the CRI's.
  Error Malformed(const ServiceCall& call, const MessageError& error) const {
    return internal::Malformed(PlaceOf(call), error);
  }

  /// Returns the error for a call that was not made, or not in time.
  Error TimedOut(const ServiceCall& call, std::chrono::nanoseconds limit) const;

  /// Returns the error for an entry that the list has, although its status call
  /// says that it does not exist.
  Error Contradiction(const std::string& id) const;

  const Endpoint& endpoint() const noexcept { return transport_.endpoint(); }

 private:
  enum class Version { kV1, kV1Alpha2 };

  static std::string PathOf(Version version, const char* method);
  Place PlaceOf(const ServiceCall& call) const;
  GrpcResult CallIn(Version version, const ServiceCall& call,
                    const CallLimit& limit) const;
  ServiceFailure ToFailure(const ServiceCall& call,
                           const GrpcResult& result) const;

  const Http2Transport transport_;
  mutable std::atomic<Version> version_{Version::kV1};
};

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_RUNTIME_SERVICE_H_
