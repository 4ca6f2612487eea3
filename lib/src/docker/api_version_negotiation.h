// SPDX-License-Identifier: Apache-2.0
/// Finds the API version that a daemon accepts.
#ifndef CONTAINERCOLLECTOR_SRC_DOCKER_API_VERSION_NEGOTIATION_H_
#define CONTAINERCOLLECTOR_SRC_DOCKER_API_VERSION_NEGOTIATION_H_

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "lib/src/docker/api_version.h"
#include "lib/src/http/http_response.h"

namespace containercollector::internal {

/// Returns how the daemon rejects the API version of the request; std::nullopt
/// if it does not.
std::optional<ApiVersionRejection> RejectionIn(const HttpResponse& response);

/// Makes requests in an API version that the daemon accepts, and remembers it.
///
/// In steady state, a call is one request. If the daemon rejects the version,
/// the call needs one more, and another for `/version` only if the error names
/// no version: on a sick node, `/version` can hang while other requests work.
///
/// Thread-safe.
class ApiVersionNegotiation {
 public:
  /// Makes the request in an API version and returns a complete response.
  using Request = std::function<HttpResponse(ApiVersion)>;
  /// Returns the API version that the daemon itself reports.
  using AskDaemon = std::function<ApiVersion()>;

  /// @param pinned The only version to use; std::nullopt to negotiate.
  explicit ApiVersionNegotiation(std::optional<ApiVersion> pinned)
      : pinned_(pinned) {}

  /// Makes the request; if the daemon rejects the API version, makes it again
  /// in another one. Returns the last response, whatever its status.
  HttpResponse Call(const Request& request, const AskDaemon& ask_daemon);

 private:
  ApiVersion Current() const;
  void Remember(ApiVersion version, std::string daemon);

  const std::optional<ApiVersion> pinned_;
  mutable std::mutex mutex_;
  ApiVersion version_ = kPreferredApiVersion;  // Guarded by mutex_.
  std::string daemon_;                         // Guarded by mutex_.
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_API_VERSION_NEGOTIATION_H_
