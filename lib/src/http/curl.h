// SPDX-License-Identifier: Apache-2.0
/// Shared by the files that use libcurl. Include it only in lib/src/http.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_CURL_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_CURL_H_

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "containercollector/runtime_options.h"
#include "lib/src/endpoint.h"
#include "lib/src/failure.h"
#include "lib/src/http/call_limit.h"
#include "lib/src/http/response.h"

namespace containercollector::internal {

/// @throws Error kInternal unless `code` is success.
void Check(CURLcode code);
void Check(CURLMcode code);

/// What libcurl reports about a request without a complete response.
struct CurlFailure {
  CURLcode code = CURLE_OK;
  int os_error = 0;
  bool resolved = false;
  bool connected = false;
  std::string text;
};

FailureKind KindOf(const CurlFailure& curl, const ArrivingResponse& arriving,
                   const Endpoint& endpoint);

/// RAII: owns a multi handle and the connections in it.
class CurlMulti {
 public:
  CurlMulti();

  CURLM* get() const noexcept { return multi_.get(); }

  /// Runs the started requests until all have ended, including those that a
  /// `done` starts.
  /// @return False if the call was cancelled.
  bool Run(Cancellation* cancellation);

 private:
  friend class CurlRequest;
  struct Deleter {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
  };
  std::unique_ptr<CURLM, Deleter> multi_;
  bool arrived_ = false;  ///< Whether bytes arrived for a request.
};

/// RAII: owns an easy handle, which makes one request at a time.
class CurlRequest {
 public:
  using Done = std::function<void(HttpResponse)>;

  /// Sets the options of every request: no signals, proxies or redirects.
  /// @param endpoint,options Must outlive the object.
  CurlRequest(const Endpoint& endpoint, const RuntimeOptions& options);
  ~CurlRequest() { Detach(); }
  CurlRequest(const CurlRequest&) = delete;
  CurlRequest& operator=(const CurlRequest&) = delete;

  template <typename Value>
  void Set(CURLoption option, Value value) {
    Check(curl_easy_setopt(easy_.get(), option, value));
  }

  /// Starts a request, which CurlMulti::Run() runs.
  /// @param timeout Time limit, in addition to that of the call.
  /// @param bytes_left,expected_bytes See ArrivingResponse.
  /// @param done Called with the response when the request ends. May start
  /// another one.
  void Start(CurlMulti& multi, const std::string& target,
             const CallLimit& limit, std::chrono::nanoseconds timeout,
             std::size_t* bytes_left, std::size_t expected_bytes, Done done);

  /// Returns whether a request has started and not ended.
  bool running() const noexcept { return multi_ != nullptr; }

  /// Ends the request with libcurl's result, and calls its `done`.
  void End(CURLcode code);

  /// Returns whether the connection, if any is kept, has no unread bytes. Bytes
  /// that arrived after the last response would be read as the next one.
  bool IsClean() const noexcept;

 private:
  struct Deleter {
    void operator()(CURL* curl) const noexcept { curl_easy_cleanup(curl); }
  };

  template <typename Value>
  Value GetInfo(CURLINFO info) const {
    Value value{};
    Check(curl_easy_getinfo(easy_.get(), info, &value));
    return value;
  }

  void SetTls(const TlsOptions& tls);
  Failure FailureOf(CURLcode code) const;
  void Detach() noexcept;

  const Endpoint& endpoint_;
  const RuntimeOptions& options_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  std::unique_ptr<CURL, Deleter> easy_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;

  // Of the current request.
  CurlMulti* multi_ = nullptr;  ///< Null if there is none.
  std::chrono::nanoseconds timeout_{};
  bool connected_ = false;
  std::optional<ArrivingResponse> arriving_;
  Done done_;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_CURL_H_
