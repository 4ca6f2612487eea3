// SPDX-License-Identifier: Apache-2.0
/// Finds the API version that a daemon takes.
#ifndef CONTAINERCOLLECTOR_SRC_DOCKER_API_VERSION_NEGOTIATION_H_
#define CONTAINERCOLLECTOR_SRC_DOCKER_API_VERSION_NEGOTIATION_H_

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "lib/src/docker/api_version.h"
#include "lib/src/http/http_response.h"

namespace containercollector::internal {

/// Returns how the daemon rejects the API version of a request; std::nullopt if
/// it does not.
std::optional<ApiVersionRejection> RejectionIn(const HttpResponse& response);

/// Makes requests in the API version that the daemon takes, and remembers it.
///
/// In steady state a call is one request. A daemon that rejects the version
/// costs one more, and one for `/version` only if it names no version that it
/// takes: `/version` can hang on a sick node where others do not.
///
/// Thread-safe.
class ApiVersionNegotiation {
 public:
  /// Makes the request in a version and returns a whole response.
  using Request = std::function<HttpResponse(ApiVersion)>;
  /// Asks the daemon which version it takes.
  using AskDaemon = std::function<ApiVersion()>;

  /// @param pinned A version to insist on; std::nullopt to negotiate.
  explicit ApiVersionNegotiation(std::optional<ApiVersion> pinned)
      : pinned_(pinned) {}

  /// Makes the request, again in another version if the daemon rejects the
  /// first. Returns the last response, whatever its status.
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
