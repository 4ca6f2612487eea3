// SPDX-License-Identifier: Apache-2.0

#include "containercollector/client.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include "containercollector/error.h"
#include "lib/src/docker/api_version.h"
#include "lib/src/docker/daemon_error.h"
#include "lib/src/docker/endpoint.h"
#include "lib/src/docker/http_transport.h"
#include "lib/src/docker/list_query.h"
#include "lib/src/json/decoder.h"

namespace containercollector {
namespace {

using internal::ApiVersion;
using internal::DaemonResponse;
using internal::kPreferredApiVersion;
using std::chrono::steady_clock;

/// The largest answer that the JSON parser can count.
constexpr std::size_t kLargestAnswer =
    std::numeric_limits<std::uint32_t>::max();

[[noreturn]] void RefuseOption(const std::string& text) {
  throw Error(ErrorCode::kInvalidArgument, text);
}

void CheckDuration(const char* name, std::chrono::milliseconds duration) {
  // libcurl counts milliseconds in a long, but adds to it.
  constexpr auto kLongest = std::chrono::hours(24 * 365);
  if (duration <= std::chrono::milliseconds(0) || duration > kLongest) {
    RefuseOption(std::string("invalid ") + name + " of " +
                 std::to_string(duration.count()) +
                 "ms: write more than 0 and at most a year");
  }
}

const ClientOptions& CheckOptions(const ClientOptions& options) {
  CheckDuration("timeout", options.timeout);
  CheckDuration("connect timeout", options.connect_timeout);
  if (options.max_response_bytes == 0 ||
      options.max_response_bytes > kLargestAnswer) {
    RefuseOption("invalid max answer of " +
                 std::to_string(options.max_response_bytes) +
                 " bytes: write 1 to " + std::to_string(kLargestAnswer));
  }
  if (options.tls &&
      options.tls->cert_file.empty() != options.tls->key_file.empty()) {
    RefuseOption(
        "invalid TLS files: a client's certificate and its key go together, "
        "write both or neither");
  }
  return options;
}

std::optional<ApiVersion> ParsePinnedVersion(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto version = internal::ParseApiVersion(text);
  if (!version)
    RefuseOption(
        "invalid API version \"" + text +
        "\": write e.g. 1.40, or nothing to use what the daemon takes");
  return version;
}

/// Which API version to talk. It changes only when the daemon refuses one, or
/// is another than it was. Thread-safety: full.
class VersionMemory {
 public:
  ApiVersion Get() const {
    const std::lock_guard lock(mutex_);
    return version_;
  }

  /// The daemon that calls itself `daemon` took the version.
  void Accepted(ApiVersion version, const std::string& daemon) {
    const std::lock_guard lock(mutex_);
    // Where the preferred version was refused once, another daemon at the same
    // place may take it.
    const bool daemon_changed = version == version_ && daemon != daemon_;
    version_ = daemon_changed ? kPreferredApiVersion : version;
    daemon_ = daemon;
  }

 private:
  mutable std::mutex mutex_;
  ApiVersion version_ = kPreferredApiVersion;
  std::string daemon_;
};

}  // namespace

class Client::Impl {
 public:
  explicit Impl(const ClientOptions& options)
      : pinned_version_(ParsePinnedVersion(CheckOptions(options).api_version)),
        timeout_(options.timeout),
        transport_(
            internal::ParseEndpoint(options.endpoint, options.tls.has_value()),
            options) {}

  const std::string& endpoint() const noexcept {
    return transport_.endpoint().text;
  }
  steady_clock::time_point Deadline() const {
    return steady_clock::now() + timeout_;
  }

  /// A GET of a path without API version, e.g. "/_ping".
  /// @throws Error kDaemonError unless the status is 200.
  DaemonResponse Get(const std::string& path,
                     steady_clock::time_point deadline) {
    DaemonResponse response = transport_.Get(path, deadline);
    if (response.status != 200) throw internal::ToError(response);
    return response;
  }

  /// A GET of `path` in an API version that the daemon takes.
  DaemonResponse GetVersioned(
      const std::string& path,
      const std::function<std::string(ApiVersion)>& query) {
    const auto deadline = Deadline();
    const auto get = [&](ApiVersion version) {
      return transport_.Get("/v" + ToString(version) + path + query(version),
                            deadline);
    };

    ApiVersion version = pinned_version_ ? *pinned_version_ : memory_.Get();
    DaemonResponse response = get(version);
    if (!pinned_version_) {
      auto refusal = Refusal(response);
      if (refusal && !(version == kPreferredApiVersion)) {
        version = kPreferredApiVersion;
        response = get(version);
        refusal = Refusal(response);
      }
      if (refusal) {
        version = refusal->nearest ? *refusal->nearest
                                   : AskForNearestVersion(deadline);
        response = get(version);
      }
    }
    if (response.status != 200) throw internal::ToError(response);
    if (!pinned_version_) memory_.Accepted(version, DaemonName(response));
    return response;
  }

  /// Decodes the body of an answer to `GET path`.
  template <typename T>
  T Decode(DaemonResponse response, const std::string& path) const {
    try {
      return internal::DecodeJson<T>(std::move(response.body));
    } catch (const Error& error) {
      throw Error(error.code(), "The answer of the Docker daemon at " +
                                    endpoint() + " to GET " + path +
                                    " is malformed: " + error.what() +
                                    ". Check that it is a Docker daemon that "
                                    "listens there, and look at its log.");
    }
  }

 private:
  static std::optional<internal::ApiVersionRefusal> Refusal(
      const DaemonResponse& response) {
    if (response.status != 400) return std::nullopt;
    return internal::ParseApiVersionRefusal(internal::DaemonMessage(response));
  }

  static std::string DaemonName(const DaemonResponse& response) {
    return std::string(response.Header("Server")) + " " +
           std::string(response.Header("Api-Version"));
  }

  ApiVersion AskForNearestVersion(steady_clock::time_point deadline) {
    const auto daemon =
        Decode<DaemonVersion>(Get("/version", deadline), "/version");
    const auto newest = internal::ParseApiVersion(daemon.api_version);
    // Daemons before API version 1.25 do not say what is their oldest.
    const auto oldest = internal::ParseApiVersion(daemon.min_api_version);
    if (!newest) {
      throw Error(ErrorCode::kResponseMalformed,
                  "The Docker daemon at " + endpoint() +
                      " refused API version " + ToString(kPreferredApiVersion) +
                      " and did not say which it takes. Set one, e.g. "
                      "DOCKER_API_VERSION=1.44.");
    }
    return internal::NearestApiVersion(oldest.value_or(ApiVersion{}), *newest);
  }

  const std::optional<ApiVersion> pinned_version_;
  const std::chrono::milliseconds timeout_;
  internal::HttpTransport transport_;
  VersionMemory memory_;
};

Client::Client() : Client(ClientOptions::FromEnvironment()) {}
Client::Client(const ClientOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

std::vector<Container> Client::ListContainers(
    const ListOptions& options) const {
  internal::CheckListOptions(options);
  const std::string path = "/containers/json";
  auto response = impl_->GetVersioned(path, [&](ApiVersion version) {
    return internal::ListQuery(options, version);
  });
  auto containers = impl_->Decode<std::optional<std::vector<Container>>>(
      std::move(response), path);
  return std::move(containers).value_or(std::vector<Container>{});
}

PingResult Client::Ping() const {
  const DaemonResponse response = impl_->Get("/_ping", impl_->Deadline());
  PingResult result;
  result.api_version = response.Header("Api-Version");
  result.os_type = response.Header("Ostype");
  result.experimental = response.Header("Docker-Experimental") == "true";
  result.builder_version = response.Header("Builder-Version");
  return result;
}

DaemonVersion Client::GetDaemonVersion() const {
  const std::string path = "/version";
  return impl_->Decode<DaemonVersion>(impl_->Get(path, impl_->Deadline()),
                                      path);
}

const std::string& Client::endpoint() const noexcept {
  return impl_->endpoint();
}

}  // namespace containercollector
