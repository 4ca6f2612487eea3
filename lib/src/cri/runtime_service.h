// SPDX-License-Identifier: Apache-2.0
/// Calls of the CRI's RuntimeService.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_RUNTIME_SERVICE_H_
#define CONTAINERCOLLECTOR_SRC_CRI_RUNTIME_SERVICE_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/src/cri/failure.h"
#include "lib/src/cri/grpc.h"
#include "lib/src/cri/messages.h"

namespace containercollector::internal::cri {

/// Calls methods in the version of the CRI that the runtime takes, and
/// remembers it: runtime.v1, or runtime.v1alpha2 of containerd before 1.6. If
/// the runtime is replaced, the other version is tried again.
///
/// Thread-safe.
class RuntimeService {
 public:
  /// One of many calls, about a container or sandbox.
  struct StatusCall {
    const char* method;  ///< For example "ContainerStatus".
    std::string id;
  };

  /// Gets the message of the call with an index, in any order.
  using OnMessage =
      std::function<void(std::size_t index, const std::string& message)>;

  RuntimeService(Endpoint endpoint, std::chrono::nanoseconds connect_timeout,
                 std::size_t max_bytes);

  /// Calls `method` with an empty request, and returns what `decode` makes of
  /// the message of the response.
  /// @throws Error
  template <typename Message>
  Message Call(const char* method, Message (*decode)(std::string_view),
               const CallLimit& limit) const {
    const std::string message = Call(method, limit);
    return Decode(PlaceOf(method, ""), [&] { return decode(message); });
  }

  /// Makes many calls at once. What the runtime no longer knows is left out.
  /// @param on_message Its MessageError gets the place of the call.
  /// @throws Error if any other call fails.
  void CallAll(const std::vector<StatusCall>& calls, const CallLimit& limit,
               const OnMessage& on_message) const;

  const Endpoint& endpoint() const noexcept { return channel_.endpoint(); }

 private:
  enum class Version { kV1, kV1Alpha2 };

  template <typename Function>
  static auto Decode(const Place& place, const Function& decode) {
    try {
      return decode();
    } catch (const MessageError& error) {
      throw Malformed(place, error);
    }
  }

  static std::string PathOf(Version version, const char* method);
  Place PlaceOf(const char* method, const std::string& id) const;
  std::string Call(const char* method, const CallLimit& limit) const;

  const GrpcChannel channel_;
  mutable std::atomic<Version> version_{Version::kV1};
};

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_RUNTIME_SERVICE_H_
