// SPDX-License-Identifier: Apache-2.0
#include "lib/src/docker/messages.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "lib/src/docker/api_version.h"
#include "lib/src/json/decoder.h"
#include "lib/src/json/encoder.h"
#include "lib/src/json/fields.h"
#include "lib/src/query_string.h"

namespace containercollector::internal {
namespace {

bool ContainsAny(std::string_view text,
                 std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

/// Returns for example "403: Forbidden".
std::string StatusText(int status) {
  for (const auto& [known, reason] : {std::pair{400, "Bad Request"},
                                      {401, "Unauthorized"},
                                      {403, "Forbidden"},
                                      {404, "Not Found"},
                                      {405, "Method Not Allowed"},
                                      {407, "Proxy Authentication Required"},
                                      {429, "Too Many Requests"},
                                      {500, "Internal Server Error"},
                                      {502, "Bad Gateway"},
                                      {503, "Service Unavailable"},
                                      {504, "Gateway Timeout"}})
    if (known == status) return std::to_string(status) + ": " + reason;
  return std::to_string(status);
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

/// Returns whether the daemon rejects the caller's list options.
bool RejectsOptions(const HttpResponse& response, const std::string& message,
                    const ListOptions& options) {
  // A rejected API version is not the caller's fault.
  if (response.status == 400) {
    return (options.limit > 0 || options.size || !options.filters.empty()) &&
           !ParseApiVersionRejection(message);
  }
  // For an unknown container, Docker sends a 404, Podman a 500.
  if (!ContainsAny(message, {"No such container", "no such container"}))
    return false;
  for (const auto& [name, values] : options.filters) {
    if (name != "before" && name != "since") continue;
    for (const std::string& value : values)
      if (message.find(value) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

std::string ListQuery(const ListOptions& options) {
  std::string query;
  const auto add = [&](const std::string& parameter) {
    query += (query.empty() ? "?" : "&") + parameter;
  };
  if (options.all) add("all=1");
  if (options.limit > 0) add("limit=" + std::to_string(options.limit));
  if (options.size) add("size=1");
  if (!options.filters.empty())
    add("filters=" + PercentEncode(EncodeFilters(options.filters)));
  return query;
}

Error ToError(const Place& place, const HttpResponse& response,
              const ListOptions& options) {
  const int status = response.status;
  const auto error = [&](ErrorCode code, const std::string& text) {
    return Error(code, "Error response from daemon: " + text, status);
  };
  const std::string json = JsonMessage(response);
  if (!json.empty()) {
    return error(RejectsOptions(response, json, options)
                     ? ErrorCode::kRequestRejected
                     : ErrorCode::kDaemonError,
                 json);
  }
  std::string message = DaemonMessage(response);
  if (status == 400 && !message.empty() && message.back() == '.')
    message.pop_back();
  // A port that speaks TLS, in the words of Go, nginx and Apache.
  if (status == 400 && !place.endpoint.tls &&
      ContainsAny(response.body, {"to an HTTPS server", "sent to HTTPS port",
                                  "SSL-enabled server port"})) {
    return error(
        ErrorCode::kTlsFailed,
        (message.empty() ? "status " + StatusText(status) : message) +
            ". The daemon speaks TLS: use https:// or set DOCKER_CERT_PATH.");
  }
  if (IsWebPage(response)) {
    return error(
        ErrorCode::kDaemonError,
        "status " + StatusText(status) + ". A proxy may be in between: " +
            (status < 500 ? "allow " + place.request + "."
                          : "check that it reaches the Docker daemon."));
  }
  if (message.empty()) {
    message = "status " + std::to_string(status) +
              " without a message. Look at the daemon's log.";
  } else if (status == 400 && !ParseApiVersionRejection(message)) {
    message += CheckWhoListens(place.endpoint.kind) + ".";
  }
  return error(ErrorCode::kDaemonError, message);
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
         ContainsAny(message, {"No such container", "no such container",
                               "does not exist", "already been removed",
                               "snapshot not found"});
}

}  // namespace containercollector::internal
