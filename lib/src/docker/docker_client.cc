// SPDX-License-Identifier: Apache-2.0
#include "containercollector/docker_client.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "containercollector/error.h"
#include "containercollector/json.h"
#include "lib/src/docker/messages.h"
#include "lib/src/endpoint.h"
#include "lib/src/failure.h"
#include "lib/src/http/http_transport.h"
#include "lib/src/json/decoder.h"
#include "lib/src/query_string.h"

namespace containercollector {
namespace {

using internal::ApiVersion;
using internal::CallLimit;
using internal::FailureKind;
using internal::HttpResponse;
using internal::kPreferredApiVersion;

constexpr const char* kListPath = "/containers/json";

/// Returns a text that differs between two daemons at the same endpoint.
std::string NameOf(const HttpResponse& response) {
  return std::string(response.Header("Server")) + " " +
         std::string(response.Header("Api-Version"));
}

}  // namespace

struct DockerClient::Impl {
  explicit Impl(const RuntimeOptions& options)
      : pinned(internal::ParseApiVersion(options.api_version)),
        pinned_by(options.api_version_origin),
        timeout(options.timeout),
        transport(internal::ParseEndpoint(options.docker_endpoint,
                                          RuntimeKind::kDocker,
                                          options.tls.has_value()),
                  options) {}

  /// Sends `GET path` without an API version.
  /// @throws Error unless the status is 200.
  HttpResponse Get(const std::string& path, const CallLimit& limit) {
    HttpResponse response = Send(path, limit);
    if (response.status != 200) throw ToError(PlaceOf(path), response);
    return response;
  }

  /// Requests the list in an API version that the daemon accepts.
  /// @throws Error unless the status is 200.
  HttpResponse List(const ListOptions& options, const CallLimit& limit) {
    const std::string query = internal::ListQuery(options);
    HttpResponse response = Negotiate(query, limit);
    if (internal::IsRemovalRace(response, options))
      response = Negotiate(query, limit);
    if (response.status != 200) throw ListError(response, options);
    body_size = response.body.size();
    return response;
  }

  /// Returns the result of `decode` for the body of a response to `GET path`.
  template <typename Decoder>
  auto Decode(const std::string& path, const Decoder& decode) const {
    try {
      return decode();
    } catch (const internal::DecodeError& error) {
      Throw(PlaceOf(path), {FailureKind::kMalformed,
                            std::string("malformed: ") + error.what()});
    }
  }

  internal::Place PlaceOf(const std::string& path) const {
    return {transport.endpoint(), "GET " + path};
  }

  HttpResponse Send(const std::string& target, const CallLimit& limit) {
    const std::size_t last_size = body_size;
    HttpResponse response =
        transport.Get(target, limit, last_size + last_size / 16);
    if (response.failure)
      Throw(PlaceOf(target.substr(0, target.find('?'))), *response.failure);
    return response;
  }

  /// Requests the list and, if the daemon rejects the API version, requests it
  /// again in another one. In steady state, this is one request.
  /// @return The last response, whatever its status.
  HttpResponse Negotiate(const std::string& query, const CallLimit& limit) {
    const auto list = [&](ApiVersion version) {
      return Send("/v" + internal::ToString(version) + kListPath + query,
                  limit);
    };
    if (pinned) return list(*pinned);
    std::unique_lock lock(mutex);
    ApiVersion version = last_version;
    lock.unlock();
    HttpResponse response = list(version);
    auto rejection = RejectionIn(response);
    if (rejection && version != kPreferredApiVersion) {
      version = kPreferredApiVersion;
      response = list(version);
      rejection = RejectionIn(response);
    }
    if (rejection) {
      // On a sick node, `/version` can hang while other requests work.
      version = *rejection != ApiVersion{} ? *rejection : AskDaemon(limit);
      response = list(version);
    }
    if (response.status == 200) Remember(version, NameOf(response));
    return response;
  }

  /// Returns the nearest API version that the daemon reports as accepted.
  ApiVersion AskDaemon(const CallLimit& limit) {
    HttpResponse response = Get("/version", limit);
    const auto daemon = Decode("/version", [&] {
      return internal::DecodeJson<internal::DaemonVersion>(
          std::move(response.body));
    });
    const auto newest = internal::ParseApiVersion(daemon.api_version);
    // Before API version 1.25, daemons do not report their oldest version.
    const auto oldest = internal::ParseApiVersion(daemon.min_api_version);
    if (!newest) {
      Throw(PlaceOf("/version"), {FailureKind::kNoApiVersion,
                                  internal::ToString(kPreferredApiVersion)});
    }
    return std::max(oldest.value_or(ApiVersion{}),
                    std::min(kPreferredApiVersion, *newest));
  }

  void Remember(ApiVersion version, std::string daemon) {
    const std::lock_guard lock(mutex);
    // The preferred version was rejected once, but another daemon at the same
    // endpoint may accept it.
    const bool daemon_changed =
        version == last_version && daemon != last_daemon;
    last_version = daemon_changed ? kPreferredApiVersion : version;
    last_daemon = std::move(daemon);
  }

  Error ListError(const HttpResponse& response,
                  const ListOptions& options) const {
    const Error error = ToError(PlaceOf(kListPath), response, options);
    if (!pinned || !RejectionIn(response)) return error;
    std::string text = error.what();
    if (text.back() == '.') text.pop_back();
    return Error(error.code(),
                 text + ". API version " + internal::ToString(*pinned) +
                     " is set by " + pinned_by +
                     ": set one that the daemon takes, or none.",
                 error.http_status());
  }

  const std::optional<ApiVersion> pinned;
  const std::string pinned_by;
  const std::chrono::nanoseconds timeout;
  internal::HttpTransport transport;
  std::atomic<std::size_t> body_size{0};  // Of the last list.
  std::mutex mutex;
  ApiVersion last_version = kPreferredApiVersion;  // Guarded by mutex.
  std::string last_daemon;                         // Guarded by mutex.
};

DockerClient::DockerClient()
    : DockerClient(RuntimeOptions::FromEnvironment()) {}
DockerClient::DockerClient(const RuntimeOptions& options)
    : impl_(std::make_unique<Impl>(internal::CheckOptions(options))) {}
DockerClient::~DockerClient() = default;
DockerClient::DockerClient(DockerClient&&) noexcept = default;
DockerClient& DockerClient::operator=(DockerClient&&) noexcept = default;

void DockerClient::DoForEachContainer(const ListOptions& options,
                                      const ContainerVisitor& visitor,
                                      const CallOptions& call) const {
  internal::CheckOptions(options);
  auto response = impl_->List(options, CallLimit::Of(call, impl_->timeout));
  impl_->Decode(kListPath, [&] {
    containercollector::ForEachContainer(std::move(response.body), visitor);
  });
}

PingResult DockerClient::DoPing(const CallOptions& call) const {
  const HttpResponse response =
      impl_->Get("/_ping", CallLimit::Of(call, impl_->timeout));
  PingResult result;
  result.api_version = response.Header("Api-Version");
  result.os_type = response.Header("Ostype");
  result.experimental = response.Header("Docker-Experimental") == "true";
  result.builder_version = response.Header("Builder-Version");
  return result;
}

const std::string& DockerClient::endpoint() const noexcept {
  return impl_->transport.endpoint().text;
}

RuntimeChoice DockerClient::Choice() const {
  return {RuntimeKind::kDocker, endpoint(), ""};
}

}  // namespace containercollector
