// SPDX-License-Identifier: Apache-2.0
#include "containercollector/docker_client.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "containercollector/error.h"
#include "lib/src/docker/api_version.h"
#include "lib/src/docker/api_version_negotiation.h"
#include "lib/src/docker/failure.h"
#include "lib/src/docker/list_query.h"
#include "lib/src/endpoint.h"
#include "lib/src/http/http_transport.h"
#include "lib/src/json/decoder.h"
#include "lib/src/option_checks.h"
#include "lib/src/size_guess.h"

namespace containercollector {
namespace {

using internal::ApiVersion;
using internal::CallLimit;
using internal::HttpResponse;

constexpr const char* kListPath = "/containers/json";

const RuntimeOptions& Checked(const RuntimeOptions& options) {
  internal::CheckOptions(options);
  return options;
}

}  // namespace

class DockerClient::Impl {
 public:
  explicit Impl(const RuntimeOptions& options)
      : pinned_(internal::ParseApiVersion(Checked(options).api_version)),
        pinned_by_(options.api_version_origin),
        negotiation_(pinned_),
        timeout_(options.timeout),
        transport_(internal::ParseEndpoint(options.docker_endpoint,
                                           RuntimeKind::kDocker,
                                           options.tls.has_value()),
                   options) {}

  const internal::Endpoint& endpoint() const noexcept {
    return transport_.endpoint();
  }

  CallLimit LimitOf(const CallOptions& call) const {
    return CallLimit::Of(call, timeout_);
  }

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
    HttpResponse response = ListOnce(query, limit);
    if (internal::IsRemovalRace(response, options))
      response = ListOnce(query, limit);
    if (response.status != 200) throw ListError(response, options);
    body_size_.Add(response.body.size());
    return response;
  }

  /// Returns the result of `decode` for the body of a response to `GET path`.
  template <typename Decoder>
  auto Decode(const std::string& path, const Decoder& decode) const {
    try {
      return decode();
    } catch (const internal::DecodeError& error) {
      throw Malformed(PlaceOf(path), error);
    }
  }

  DaemonVersion GetDaemonVersion(const CallLimit& limit) {
    HttpResponse response = Get("/version", limit);
    return Decode("/version", [&] {
      return internal::DecodeJson<DaemonVersion>(std::move(response.body));
    });
  }

 private:
  internal::Place PlaceOf(const std::string& path) const {
    return {endpoint(), "GET " + path};
  }

  HttpResponse Send(const std::string& target, const CallLimit& limit,
                    std::size_t expected_bytes = 0) {
    auto result = transport_.Get(target, limit, expected_bytes);
    if (const auto* failure = std::get_if<internal::Failure>(&result))
      throw ToError(PlaceOf(target.substr(0, target.find('?'))), *failure);
    return std::get<HttpResponse>(std::move(result));
  }

  HttpResponse ListOnce(const std::string& query, const CallLimit& limit) {
    return negotiation_.Call(
        [&](ApiVersion version) {
          return Send("/v" + ToString(version) + kListPath + query, limit,
                      body_size_.Next());
        },
        [&] { return AskForApiVersion(limit); });
  }

  Error ListError(const HttpResponse& response,
                  const ListOptions& options) const {
    const Error error = ToError(PlaceOf(kListPath), response, options);
    if (!pinned_ || !internal::RejectionIn(response)) return error;
    std::string text = error.what();
    if (text.back() == '.') text.pop_back();
    return Error(error.code(),
                 text + ". API version " + ToString(*pinned_) + " is set by " +
                     pinned_by_ + ": set one that the daemon takes, or none.",
                 error.http_status());
  }

  ApiVersion AskForApiVersion(const CallLimit& limit) {
    const DaemonVersion daemon = GetDaemonVersion(limit);
    const auto newest = internal::ParseApiVersion(daemon.api_version);
    // Before API version 1.25, daemons do not report their oldest version.
    const auto oldest = internal::ParseApiVersion(daemon.min_api_version);
    if (!newest) {
      throw internal::NoApiVersion(PlaceOf("/version"),
                                   internal::kPreferredApiVersion);
    }
    return internal::NearestApiVersion(oldest.value_or(ApiVersion{}), *newest);
  }

  const std::optional<ApiVersion> pinned_;
  const std::string pinned_by_;
  internal::ApiVersionNegotiation negotiation_;
  const std::chrono::nanoseconds timeout_;
  internal::HttpTransport transport_;
  internal::SizeGuess body_size_;
};

DockerClient::DockerClient()
    : DockerClient(RuntimeOptions::FromEnvironment()) {}
DockerClient::DockerClient(const RuntimeOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}
DockerClient::~DockerClient() = default;
DockerClient::DockerClient(DockerClient&&) noexcept = default;
DockerClient& DockerClient::operator=(DockerClient&&) noexcept = default;

void DockerClient::DoForEachContainer(const ListOptions& options,
                                      const ContainerVisitor& visitor,
                                      const CallOptions& call) const {
  internal::CheckOptions(options);
  auto response = impl_->List(options, impl_->LimitOf(call));
  impl_->Decode(kListPath, [&] {
    internal::DecodeEach<Container>(std::move(response.body), visitor);
  });
}

PingResult DockerClient::DoPing(const CallOptions& call) const {
  const HttpResponse response = impl_->Get("/_ping", impl_->LimitOf(call));
  PingResult result;
  result.api_version = response.Header("Api-Version");
  result.os_type = response.Header("Ostype");
  result.experimental = response.Header("Docker-Experimental") == "true";
  result.builder_version = response.Header("Builder-Version");
  return result;
}

DaemonVersion DockerClient::GetDaemonVersion(const CallOptions& call) const {
  return impl_->GetDaemonVersion(impl_->LimitOf(call));
}

const std::string& DockerClient::endpoint() const noexcept {
  return impl_->endpoint().text;
}

RuntimeChoice DockerClient::Choice() const {
  return {RuntimeKind::kDocker, endpoint(), ""};
}

}  // namespace containercollector
