// SPDX-License-Identifier: Apache-2.0

#include "tests/support/scripted_daemon.h"

#include <charconv>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace containercollector::test {
namespace {

using ApiVersion = std::pair<int, int>;

ApiVersion ParseVersion(std::string_view text) {
  ApiVersion version{0, 0};
  const char* const end = text.data() + text.size();
  const char* const dot = std::from_chars(text.data(), end, version.first).ptr;
  if (dot != end) std::from_chars(dot + 1, end, version.second);
  return version;
}

/// Takes `/vX.Y` off the path and returns X.Y; empty if there is none.
std::string_view TakeVersion(std::string_view& path) {
  if (path.rfind("/v", 0) != 0) return "";
  const std::size_t end = path.find_first_not_of("0123456789.", 2);
  if (end == 2 || end == std::string_view::npos || path[end] != '/') return "";
  const std::string_view version = path.substr(2, end - 2);
  path.remove_prefix(end);
  return version;
}

/// Go's server sends what it cannot hold back to measure in chunks.
std::string Ok(std::string_view content_type, std::string_view body,
               const Headers& headers) {
  constexpr std::size_t kLargestUnchunked = 2048;
  constexpr std::size_t kChunkSize = 4096;
  return body.size() <= kLargestUnchunked
             ? ResponseBytes(200, content_type, body, headers)
             : Chunked(200, content_type, body, kChunkSize, headers);
}

std::string VersionJson(const VersionedDaemon& daemon) {
  if (!daemon.version_json.empty()) return daemon.version_json;
  return R"({"Platform":{"Name":"Docker Engine - Community"},"Version":")" +
         daemon.server_version + R"(","ApiVersion":")" +
         daemon.max_api_version + R"(","MinAPIVersion":")" +
         daemon.min_api_version + R"(","Os":"linux","Arch":"amd64"})" + "\n";
}

std::string Response(const VersionedDaemon& daemon, const Request& request) {
  const Headers headers =
      DaemonHeaders(daemon.max_api_version, daemon.server_version);
  std::string_view path = request.path;
  const std::string_view asked = TakeVersion(path);
  const std::string &min = daemon.min_api_version,
                    &max = daemon.max_api_version;
  if (!asked.empty() && ParseVersion(asked) < ParseVersion(min))
    return DaemonError(400, TooOldMessage(asked, min), headers);
  if (!asked.empty() && ParseVersion(asked) > ParseVersion(max))
    return DaemonError(400, TooNewMessage(asked, max), headers);
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (reads && path == "/_ping") return Ok(kPlainText, "OK", headers);
  if (reads && path == "/version")
    return Ok(kJson, VersionJson(daemon), headers);
  if (reads && path == "/containers/json") {
    try {
      return Ok(kJson,
                daemon.list_containers ? daemon.list_containers(request.query)
                                       : daemon.containers_json,
                headers);
    } catch (const std::runtime_error& error) {
      return DaemonError(400, error.what(), headers);
    }
  }
  // moby finds no route before it sets its headers.
  return DaemonError(404, "page not found", {});
}

}  // namespace

ScriptedDaemon::ScriptedDaemon(const Address& address, Script script,
                               DaemonOptions options)
    : ScriptedServer(address, options) {
  SetScript(std::move(script));
  Serve([this](Exchange& exchange) { Respond(exchange); });
}

void ScriptedDaemon::SetScript(Script script) {
  Update([&] { script_ = std::make_shared<const Script>(std::move(script)); });
}

bool ScriptedDaemon::WaitForRequests(std::size_t count,
                                     std::chrono::milliseconds timeout) const {
  return WaitFor(timeout, [&] { return requests_.size() >= count; });
}

void ScriptedDaemon::Respond(Exchange& exchange) {
  std::string bytes;
  for (std::size_t sequence = 1; exchange.IsOpen();) {
    std::optional<Request> request;
    try {
      request = TakeRequest(bytes);
    } catch (const std::runtime_error&) {
      exchange.Send(UntilClose(400, kPlainText, "400 Bad Request", {}));
      throw;
    }
    if (!request) {
      if (!exchange.Receive(bytes)) return;
      continue;
    }
    request->sequence = sequence++;
    std::shared_ptr<const Script> script;
    Update([&] {
      requests_.push_back(*request);
      script = script_;
    });
    (*script)(*request, exchange);
    if (request->Header("Connection") == "close") return;
  }
}

Script RespondWith(std::string response) {
  return [response = std::move(response)](const Request&, Exchange& exchange) {
    exchange.Send(response);
  };
}

Script RespondAndClose(std::string response) {
  return [response = std::move(response)](const Request&, Exchange& exchange) {
    exchange.Send(response);
    exchange.Close();
  };
}

Script RespondWhenReleased(std::string response) {
  return [response = std::move(response)](const Request&, Exchange& exchange) {
    if (exchange.WaitUntilReleased()) exchange.Send(response);
  };
}

Script NeverRespond() {
  return [](const Request&, Exchange& exchange) { exchange.Hang(); };
}

Script CloseWithoutResponse() {
  return [](const Request&, Exchange& exchange) { exchange.Close(); };
}

Script ResetWithoutResponse() {
  return [](const Request&, Exchange& exchange) { exchange.Reset(); };
}

Script DieAfter(std::size_t kept, Script script) {
  return [kept, script = std::move(script)](const Request& request,
                                            Exchange& exchange) {
    if (request.sequence > kept) return exchange.Close();
    script(request, exchange);
  };
}

void VersionedDaemon::operator()(const Request& request,
                                 Exchange& exchange) const {
  const std::string response = Response(*this, request);
  exchange.Send(request.method == "HEAD" ? HeadOf(response) : response);
}

}  // namespace containercollector::test
