// SPDX-License-Identifier: Apache-2.0
#include "lib/src/docker/failure.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "lib/src/json/decoder.h"
#include "lib/src/json/fields.h"

namespace containercollector::internal {
namespace {

bool ContainsAny(std::string_view text,
                 std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

bool SaysNoSuchContainer(std::string_view message) {
  return ContainsAny(message, {"No such container", "no such container"});
}

/// Returns for example "403: Forbidden".
std::string StatusText(int status) {
  constexpr std::array<std::pair<int, const char*>, 11> kReasons{
      {{400, "Bad Request"},
       {401, "Unauthorized"},
       {403, "Forbidden"},
       {404, "Not Found"},
       {405, "Method Not Allowed"},
       {407, "Proxy Authentication Required"},
       {429, "Too Many Requests"},
       {500, "Internal Server Error"},
       {502, "Bad Gateway"},
       {503, "Service Unavailable"},
       {504, "Gateway Timeout"}}};
  const auto* const found =
      std::find_if(kReasons.begin(), kReasons.end(),
                   [&](const auto& reason) { return reason.first == status; });
  const std::string number = std::to_string(status);
  return found == kReasons.end() ? number : number + ": " + found->second;
}

/// Returns the message in Docker's JSON; empty for any other body.
std::string JsonMessage(const HttpResponse& response) {
  try {
    return MessageText(DecodeJson<ErrorResponse>(response.body).message);
  } catch (const Error&) {
    return {};
  }
}

bool IsWebPage(const HttpResponse& response) {
  constexpr std::string_view kHtml = "text/html";
  return response.Header("Content-Type").substr(0, kHtml.size()) == kHtml ||
         MessageText(response.body).substr(0, 1) == "<";
}

/// Returns whether a plain HTTP response reports that the port speaks TLS, in
/// the words of Go, nginx or Apache.
bool AsksForTls(const HttpResponse& response) {
  return response.status == 400 &&
         ContainsAny(response.body, {"to an HTTPS server", "sent to HTTPS port",
                                     "SSL-enabled server port"});
}

/// Returns whether the daemon rejects the caller's list options.
bool RejectsOptions(const HttpResponse& response, const std::string& message,
                    const ListOptions& options) {
  const bool sent_any =
      options.limit > 0 || options.size || !options.filters.empty();
  // A rejected API version is not the caller's fault.
  if (response.status == 400)
    return sent_any && !ParseApiVersionRejection(message);
  // For an unknown container, Docker sends a 404, Podman a 500.
  return SaysNoSuchContainer(message) &&
         std::any_of(
             options.filters.begin(), options.filters.end(),
             [&](const auto& filter) {
               return (filter.first == "before" || filter.first == "since") &&
                      std::any_of(filter.second.begin(), filter.second.end(),
                                  [&](const std::string& name) {
                                    return message.find(name) !=
                                           std::string::npos;
                                  });
             });
}

}  // namespace

Error ToError(const Place& place, const HttpResponse& response,
              const ListOptions& options) {
  const auto error = [&](ErrorCode code, const std::string& text) {
    return Error(code, "Error response from daemon: " + text, response.status);
  };
  const std::string json = JsonMessage(response);
  if (!json.empty()) {
    return error(RejectsOptions(response, json, options)
                     ? ErrorCode::kRequestRejected
                     : ErrorCode::kDaemonError,
                 json);
  }
  std::string message = DaemonMessage(response);
  if (!message.empty() && response.status == 400 && message.back() == '.')
    message.pop_back();
  if (AsksForTls(response) && !place.endpoint.tls) {
    return error(
        ErrorCode::kTlsFailed,
        (message.empty() ? "status " + StatusText(response.status) : message) +
            ". The daemon speaks TLS: use https:// or set "
            "DOCKER_CERT_PATH.");
  }
  if (IsWebPage(response)) {
    return error(ErrorCode::kDaemonError,
                 "status " + StatusText(response.status) +
                     ". A proxy may be in between: " +
                     (response.status < 500
                          ? "allow " + place.request + "."
                          : "check that it reaches the Docker daemon."));
  }
  if (message.empty()) {
    return error(ErrorCode::kDaemonError,
                 "status " + std::to_string(response.status) +
                     " without a message. Look at the daemon's log.");
  }
  if (response.status == 400 && !ParseApiVersionRejection(message))
    message += CheckWhoListens(place) + ".";
  return error(ErrorCode::kDaemonError, message);
}

Error NoApiVersion(const Place& place, ApiVersion version) {
  return Error(ErrorCode::kResponseMalformed,
               "The Docker daemon at " + place.endpoint.text +
                   " rejects API version " + ToString(version) +
                   " and does not say which it takes. Set one, e.g. "
                   "DOCKER_API_VERSION=1.44.");
}

std::string DaemonMessage(const HttpResponse& response) {
  std::string message = JsonMessage(response);
  if (!message.empty() || IsWebPage(response)) return message;
  // Proxies, and daemons before API version 1.24, send plain text.
  return MessageText(response.body);
}

bool IsRemovalRace(const HttpResponse& response, const ListOptions& options) {
  // A list of megabytes must not be decoded only to find no message in it.
  if (response.status < 404) return false;
  // Wording of Podman's database and storage, and of dockerd's layers and
  // snapshots.
  const std::string message = JsonMessage(response);
  return !RejectsOptions(response, message, options) &&
         (SaysNoSuchContainer(message) ||
          ContainsAny(message, {"does not exist", "already been removed",
                                "snapshot not found"}));
}

}  // namespace containercollector::internal
