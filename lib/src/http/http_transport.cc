// SPDX-License-Identifier: Apache-2.0
#include "lib/src/http/http_transport.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "lib/src/http/curl.h"

namespace containercollector::internal {
namespace {

Failure Describe(const CurlFailure& curl, const ArrivingResponse& response,
                 const Endpoint& endpoint, const RuntimeOptions& options,
                 const CallLimit& limit) {
  Failure failure;
  failure.kind = KindOf(curl, response, endpoint);
  failure.bytes = response.body().size();
  failure.limit = failure.kind == FailureKind::kHeadersTooLarge
                      ? kMaxHeaderBytes
                      : options.max_response_bytes;
  failure.elapsed = curl.connected
                        ? limit.timeout
                        : std::min(options.connect_timeout, limit.timeout);
  failure.detail = response.rejected() ? "out of memory" : curl.text;
  if (failure.kind == FailureKind::kTls && options.tls) {
    for (const std::string* file :
         {&options.tls->ca_file, &options.tls->cert_file,
          &options.tls->key_file}) {
      if (file->empty() || access(file->c_str(), R_OK) == 0) continue;
      failure.detail =
          *file + " cannot be read: " + std::generic_category().message(errno);
      break;
    }
  }
  return failure;
}

}  // namespace

/// RAII: owns one libcurl handle and its connection.
class HttpTransport::Handle {
 public:
  Handle(const Endpoint& endpoint, const RuntimeOptions& options)
      : endpoint_(endpoint), options_(options) {
    easy_.Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    easy_.Set(CURLOPT_MAXFILESIZE_LARGE,
              static_cast<curl_off_t>(options.max_response_bytes));
    easy_.Set(CURLOPT_CONNECTTIMEOUT_MS,
              ToMilliseconds(options.connect_timeout));
    easy_.SetSocket(endpoint);
    if (!endpoint.socket_path.empty()) easy_.Set(CURLOPT_FORBID_REUSE, 1L);
    if (endpoint.tls) SetTls(options.tls.value_or(TlsOptions{}));
  }

  /// Returns whether the connection, if any is kept, has no unread bytes. Bytes
  /// that arrived after the last response would be read as the next one.
  bool IsClean() const noexcept {
    if (socket_ == CURL_SOCKET_BAD) return true;
    pollfd event{socket_, POLLIN, 0};
    return poll(&event, 1, 0) == 0;
  }

  std::variant<HttpResponse, Failure> Get(const std::string& target,
                                          const CallLimit& limit,
                                          std::size_t expected_bytes) {
    ArrivingResponse arriving(options_.max_response_bytes, expected_bytes);
    easy_.ReceiveInto(arriving);
    easy_.Set(CURLOPT_URL, (endpoint_.base_url + target).c_str());
    easy_.Set(
        CURLOPT_TIMEOUT_MS,
        ToMilliseconds(limit.deadline - std::chrono::steady_clock::now()));
    CURLcode code = Perform(limit.cancellation);
    if (code == CURLE_OK && !arriving.head_ended()) code = CURLE_GOT_NOTHING;
    // Check the code first: a truncated response arrives with status 200.
    if (code != CURLE_OK) {
      return Describe(easy_.FailureOf(code), arriving, endpoint_, options_,
                      limit);
    }
    HttpResponse response = easy_.Head();
    response.body = arriving.TakeBody();
    return response;
  }

 private:
  void SetTls(const TlsOptions& tls) {
    easy_.Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    easy_.Set(CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
    easy_.Set(CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
    if (!tls.ca_file.empty()) easy_.Set(CURLOPT_CAINFO, tls.ca_file.c_str());
    if (!tls.cert_file.empty())
      easy_.Set(CURLOPT_SSLCERT, tls.cert_file.c_str());
    if (!tls.key_file.empty()) easy_.Set(CURLOPT_SSLKEY, tls.key_file.c_str());
  }

  /// Like curl_easy_perform(), but another thread can cancel it.
  CURLcode Perform(Cancellation* cancellation) {
    socket_ = CURL_SOCKET_BAD;
    CURLcode result = CURLE_ABORTED_BY_CALLBACK;
    const CurlAttachment attachment(multi_, easy_);
    multi_.Run(cancellation, [&](CURL* /*easy*/, CURLcode code) {
      result = code;
      // libcurl reports the socket only while the handle is attached.
      socket_ = easy_.GetInfo<curl_socket_t>(CURLINFO_ACTIVESOCKET);
    });
    return result;
  }

  const Endpoint& endpoint_;       // Owned by the transport.
  const RuntimeOptions& options_;  // Owned by the transport.
  CurlEasy easy_;
  // Destroyed first, because it holds the handle's connection.
  CurlMulti multi_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
};

HttpTransport::HttpTransport(Endpoint endpoint, RuntimeOptions options)
    : endpoint_(std::move(endpoint)), options_(std::move(options)) {
  InitializeCurlOnce();
}

HttpTransport::~HttpTransport() = default;

std::variant<HttpResponse, Failure> HttpTransport::Get(
    const std::string& target, const CallLimit& limit,
    std::size_t expected_bytes) {
  auto handle = idle_.Take();
  if (handle == nullptr) handle = std::make_unique<Handle>(endpoint_, options_);
  try {
    auto response = handle->Get(target, limit, expected_bytes);
    idle_.Keep(std::move(handle));
    return response;
  } catch (...) {
    idle_.Keep(std::move(handle));
    throw;
  }
}

}  // namespace containercollector::internal
