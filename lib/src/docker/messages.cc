// SPDX-License-Identifier: Apache-2.0
#include "lib/src/docker/messages.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "lib/src/json/decoder.h"
#include "lib/src/json/encoder.h"
#include "lib/src/json/fields.h"
#include "lib/src/query_string.h"
#include "lib/src/text.h"

namespace containercollector::internal {
namespace {

bool ContainsAny(std::string_view text,
                 std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

/// Removes a version from the beginning of the text and returns it.
std::optional<ApiVersion> ConsumeApiVersion(std::string_view& text) {
  int major = 0;
  int minor = 0;
  const char* const end = text.data() + text.size();
  const auto [dot, major_error] = std::from_chars(text.data(), end, major);
  if (major_error != std::errc() || dot == end || *dot != '.')
    return std::nullopt;
  const auto [rest, minor_error] = std::from_chars(dot + 1, end, minor);
  if (minor_error != std::errc() || major < 0 || minor < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return ApiVersion{major, minor};
}

/// Returns for example "status 403: Forbidden".
std::string StatusText(const HttpResponse& response) {
  constexpr std::size_t kMaxReason = 64;
  return "status " + std::to_string(response.status) +
         (response.reason.empty()
              ? ""
              : ": " + Shortened(response.reason, kMaxReason));
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
  return StartsWith(response.Header("Content-Type"), "text/html") ||
         StartsWith(Trimmed(response.body), "<");
}

/// Returns the message of an error response: the one in Docker's JSON, or else
/// the text itself, unless it is a web page.
std::string DaemonMessage(const HttpResponse& response) {
  std::string message = JsonMessage(response);
  if (!message.empty() || IsWebPage(response)) return message;
  // Proxies, and daemons before API version 1.24, send plain text.
  return MessageText(response.body);
}

/// Returns whether the daemon rejects the caller's list options.
bool RejectsOptions(const HttpResponse& response, const std::string& message,
                    const ListOptions& options) {
  // A rejected API version is not the caller's fault.
  if (response.status == 400) {
    return (options.limit > 0 || options.size || !options.filters.empty()) &&
           !RejectionIn(response);
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

std::string ToString(ApiVersion version) {
  return std::to_string(version.first) + "." + std::to_string(version.second);
}

std::optional<ApiVersion> ParseApiVersion(std::string_view text) {
  if (StartsWith(text, "v")) text.remove_prefix(1);
  const auto version = ConsumeApiVersion(text);
  return text.empty() ? version : std::nullopt;
}

std::optional<ApiVersion> RejectionIn(const HttpResponse& response) {
  if (response.status != 400) return std::nullopt;
  // The forms of moby 1.9 to 29, api/server/middleware/version.go.
  const std::string message = DaemonMessage(response);
  // Only at the beginning, because errors can quote the caller's filters.
  const bool rejected =
      (StartsWith(message, "client version ") &&
       ContainsAny(message, {" is too old", " is too new"})) ||
      StartsWith(message, "client is newer than server") ||
      StartsWith(message, "client is too old");
  if (!rejected) return std::nullopt;
  // The last form is that of Docker 1.13 and older.
  for (const std::string_view before :
       {"inimum supported API version is ", "aximum supported API version is ",
        "server API version: "}) {
    const std::size_t found = message.find(before);
    if (found == std::string::npos) continue;
    std::string_view rest(message);
    rest.remove_prefix(found + before.size());
    return ConsumeApiVersion(rest).value_or(ApiVersion{});
  }
  return ApiVersion{};
}

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
        (message.empty() ? StatusText(response) : message) +
            ". The daemon speaks TLS: use https:// or set DOCKER_CERT_PATH.");
  }
  if (IsWebPage(response)) {
    return error(
        ErrorCode::kDaemonError,
        StatusText(response) + ". A proxy may be in between: " +
            (status < 500 ? "allow " + place.request + "."
                          : "check that it reaches the Docker daemon."));
  }
  if (message.empty()) {
    message = "status " + std::to_string(status) +
              " without a message. Look at the daemon's log.";
  } else if (status == 400 && !RejectionIn(response)) {
    message += CheckWhoListens(place.endpoint.kind) + ".";
  }
  return error(ErrorCode::kDaemonError, message);
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
