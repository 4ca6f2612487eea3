// SPDX-License-Identifier: Apache-2.0

#include "tests/support/versioned_daemon.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "tests/support/responses.h"

namespace containercollector::test {
namespace {

/// Go's server sends what it cannot hold back to measure in chunks.
constexpr std::size_t kLargestUnchunked = 2048;
constexpr std::size_t kChunkSize = 4096;

using ApiVersion = std::pair<int, int>;

ApiVersion ParseVersion(std::string_view text) {
  ApiVersion version{0, 0};
  const char* const end = text.data() + text.size();
  const char* const dot = std::from_chars(text.data(), end, version.first).ptr;
  if (dot != end) std::from_chars(dot + 1, end, version.second);
  return version;
}

/// The path without its `/vX.Y`, and that X.Y; no version when there is none.
struct VersionedPath {
  std::string_view version;
  std::string_view rest;
};

VersionedPath SplitPath(std::string_view path) {
  constexpr std::string_view kPrefix = "/v";
  if (path.substr(0, kPrefix.size()) != kPrefix) return {{}, path};
  const std::size_t end = path.find_first_not_of("0123456789.", kPrefix.size());
  if (end == kPrefix.size() || end == std::string_view::npos ||
      path[end] != '/') {
    return {{}, path};
  }
  return {path.substr(kPrefix.size(), end - kPrefix.size()), path.substr(end)};
}

std::string Ok(std::string_view content_type, std::string_view body,
               const Headers& headers) {
  return body.size() <= kLargestUnchunked
             ? ResponseBytes(200, content_type, body, headers)
             : Chunked(200, content_type, body, kChunkSize, headers);
}

/// moby tells clients of API 1.23 and before in plain text.
std::string VersionError(std::string_view asked, std::string_view message,
                         const Headers& headers) {
  return ParseVersion(asked) > ApiVersion(1, 23)
             ? DaemonError(400, message, headers)
             : ResponseBytes(400, kPlainText, std::string(message) + "\n",
                             headers);
}

std::string VersionJson(const VersionedDaemon& daemon) {
  return R"({"Platform":{"Name":"Docker Engine - Community"},"Version":")" +
         daemon.server_version + R"(","ApiVersion":")" +
         daemon.max_api_version + R"(","MinAPIVersion":")" +
         daemon.min_api_version + R"(","Os":"linux","Arch":"amd64"})" + "\n";
}

std::string ContainerList(const VersionedDaemon& daemon,
                          const std::string& query, const Headers& headers) {
  if (!daemon.list_containers)
    return Ok(kJson, daemon.containers_json, headers);
  try {
    return Ok(kJson, daemon.list_containers(query), headers);
  } catch (const std::runtime_error& error) {
    return DaemonError(400, error.what(), headers);
  }
}

std::string Response(const VersionedDaemon& daemon, const Request& request) {
  const Headers headers =
      DaemonHeaders(daemon.max_api_version, daemon.server_version);
  const auto [version, path] = SplitPath(request.path);
  if (!version.empty()) {
    const ApiVersion asked = ParseVersion(version);
    if (asked < ParseVersion(daemon.min_api_version)) {
      return VersionError(
          version, TooOldMessage(version, daemon.min_api_version), headers);
    }
    if (asked > ParseVersion(daemon.max_api_version)) {
      return VersionError(
          version, TooNewMessage(version, daemon.max_api_version), headers);
    }
  }
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (reads && path == "/_ping") return Ok(kPlainText, "OK", headers);
  if (reads && path == "/version") {
    return Ok(
        kJson,
        daemon.version_json.empty() ? VersionJson(daemon) : daemon.version_json,
        headers);
  }
  if (reads && path == "/containers/json") {
    return ContainerList(daemon, request.query, headers);
  }
  // moby finds no route before it comes to setting its headers.
  return PageNotFound(Headers());
}

}  // namespace

void VersionedDaemon::operator()(const Request& request,
                                 Exchange& exchange) const {
  const std::string response = Response(*this, request);
  exchange.Send(request.method == "HEAD" ? HeadOf(response) : response);
}

}  // namespace containercollector::test
