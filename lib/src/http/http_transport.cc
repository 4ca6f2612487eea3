// SPDX-License-Identifier: Apache-2.0
#include "lib/src/http/http_transport.h"

#include <utility>

#include "lib/src/http/curl.h"

namespace containercollector::internal {

/// RAII: owns one libcurl handle and its connection.
struct HttpTransport::Handle {
  Handle(const Endpoint& endpoint, const RuntimeOptions& options)
      : request(endpoint, options) {
    request.Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    if (!endpoint.socket_path.empty()) request.Set(CURLOPT_FORBID_REUSE, 1L);
  }

  bool IsClean() const noexcept { return request.IsClean(); }

  CurlMulti multi;
  CurlRequest request;
};

HttpTransport::HttpTransport(Endpoint endpoint, RuntimeOptions options)
    : endpoint_(std::move(endpoint)), options_(std::move(options)) {}

HttpTransport::~HttpTransport() = default;

HttpResponse HttpTransport::Get(const std::string& target,
                                const CallLimit& limit,
                                std::size_t expected_bytes) {
  auto handle = idle_.Take();
  if (handle == nullptr) handle = std::make_unique<Handle>(endpoint_, options_);
  std::size_t bytes_left = options_.max_response_bytes;
  HttpResponse response;
  handle->request.Start(
      handle->multi, target, limit, limit.timeout, &bytes_left, expected_bytes,
      [&](HttpResponse ended) { response = std::move(ended); });
  if (!handle->multi.Run(limit.cancellation))
    handle->request.End(CURLE_ABORTED_BY_CALLBACK);
  // A handle keeps the errno of a failed connect(), which the next failure may
  // not replace.
  if (!response.failure) idle_.Keep(std::move(handle));
  return response;
}

}  // namespace containercollector::internal
