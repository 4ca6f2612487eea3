// SPDX-License-Identifier: Apache-2.0
#include "lib/src/docker/api_version_negotiation.h"

#include <utility>

#include "lib/src/docker/failure.h"

namespace containercollector::internal {
namespace {

/// Returns a text that differs between two daemons at the same endpoint.
std::string NameOf(const HttpResponse& response) {
  return std::string(response.Header("Server")) + " " +
         std::string(response.Header("Api-Version"));
}

}  // namespace

std::optional<ApiVersionRejection> RejectionIn(const HttpResponse& response) {
  if (response.status != 400) return std::nullopt;
  return ParseApiVersionRejection(DaemonMessage(response));
}

HttpResponse ApiVersionNegotiation::Call(const Request& request,
                                         const AskDaemon& ask_daemon) {
  if (pinned_) return request(*pinned_);

  ApiVersion version = Current();
  HttpResponse response = request(version);
  auto rejection = RejectionIn(response);
  if (rejection && !(version == kPreferredApiVersion)) {
    version = kPreferredApiVersion;
    response = request(version);
    rejection = RejectionIn(response);
  }
  if (rejection) {
    version = rejection->nearest ? *rejection->nearest : ask_daemon();
    response = request(version);
  }
  if (response.status == 200) Remember(version, NameOf(response));
  return response;
}

ApiVersion ApiVersionNegotiation::Current() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

void ApiVersionNegotiation::Remember(ApiVersion version, std::string daemon) {
  const std::lock_guard lock(mutex_);
  // The preferred version was rejected once, but another daemon at the same
  // endpoint may accept it.
  const bool daemon_changed = version == version_ && daemon != daemon_;
  version_ = daemon_changed ? kPreferredApiVersion : version;
  daemon_ = std::move(daemon);
}

}  // namespace containercollector::internal
