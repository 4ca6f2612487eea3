// SPDX-License-Identifier: Apache-2.0
#include "containercollector/docker_client.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <variant>

#include "containercollector/error.h"
#include "lib/src/docker/api_version.h"
#include "lib/src/docker/api_version_negotiation.h"
#include "lib/src/docker/endpoint.h"
#include "lib/src/docker/failure.h"
#include "lib/src/docker/list_query.h"
#include "lib/src/http/http_transport.h"
#include "lib/src/json/decoder.h"
#include "lib/src/option_checks.h"
#include "lib/src/size_guess.h"

namespace containercollector {
namespace {

using internal::ApiVersion;
using internal::CallLimit;
using internal::HttpResponse;

const RuntimeOptions& Checked(const RuntimeOptions& options) {
  internal::CheckOptions(options);
  return options;
}

}  // namespace

class DockerClient::Impl {
 public:
  explicit Impl(const RuntimeOptions& options)
      : negotiation_(internal::ParseApiVersion(Checked(options).api_version)),
        timeout_(options.timeout),
        transport_(internal::ParseEndpoint(options.docker_endpoint,
                                           options.tls.has_value()),
                   options) {}

  const internal::Endpoint& endpoint() const noexcept {
    return transport_.endpoint();
  }

  CallLimit LimitOf(const CallOptions& call) const {
    return CallLimit::Of(call, timeout_);
  }

  /// Sends `GET path` without an API version.
  /// @throws Error kRequestRejected or kDaemonError unless the status is 200.
  HttpResponse Get(const std::string& path, const CallLimit& limit) {
    return CheckStatus(Send(path, limit));
  }

  /// Sends `GET path` in the API version that the daemon takes.
  /// @param query Renders the query for a version.
  /// @throws Error as Get().
  template <typename Query>
  HttpResponse GetVersioned(const std::string& path, const Query& query,
                            const CallLimit& limit) {
    HttpResponse response = CheckStatus(negotiation_.Call(
        [&](ApiVersion version) {
          return Send("/v" + ToString(version) + path + query(version), limit,
                      body_size_.Next());
        },
        [&] { return AskForApiVersion(limit); }));
    body_size_.Add(response.body.size());
    return response;
  }

  /// Calls `decode` for the body of a response to `GET path`.
  template <typename Decoder>
  auto Decode(const std::string& path, const Decoder& decode) const {
    try {
      return decode();
    } catch (const internal::DecodeError& error) {
      throw internal::MalformedJson(endpoint(), path, error);
    }
  }

  DaemonVersion GetDaemonVersion(const CallLimit& limit) {
    HttpResponse response = Get("/version", limit);
    return Decode("/version", [&] {
      return internal::DecodeJson<DaemonVersion>(std::move(response.body));
    });
  }

 private:
  HttpResponse Send(const std::string& target, const CallLimit& limit,
                    std::size_t expected_bytes = 0) {
    auto result = transport_.Get(target, limit, expected_bytes);
    if (const auto* failure = std::get_if<internal::Failure>(&result))
      throw internal::ToError(*failure);
    return std::get<HttpResponse>(std::move(result));
  }

  static HttpResponse CheckStatus(HttpResponse response) {
    if (response.status != 200) throw internal::ToError(response);
    return response;
  }

  ApiVersion AskForApiVersion(const CallLimit& limit) {
    const DaemonVersion daemon = GetDaemonVersion(limit);
    const auto newest = internal::ParseApiVersion(daemon.api_version);
    // Daemons before API version 1.25 do not say which is their oldest.
    const auto oldest = internal::ParseApiVersion(daemon.min_api_version);
    if (!newest) {
      throw internal::NoApiVersion(endpoint(), internal::kPreferredApiVersion);
    }
    return internal::NearestApiVersion(oldest.value_or(ApiVersion{}), *newest);
  }

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
  const auto query = [&](ApiVersion version) {
    return internal::ListQuery(options, version);
  };
  auto response =
      impl_->GetVersioned("/containers/json", query, impl_->LimitOf(call));
  impl_->Decode("/containers/json", [&] {
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
