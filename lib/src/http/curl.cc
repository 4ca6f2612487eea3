// SPDX-License-Identifier: Apache-2.0
#include "lib/src/http/curl.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "containercollector/error.h"
#include "containercollector/version.h"

namespace containercollector::internal {
namespace {

[[noreturn]] void ThrowCurlError(const char* text) {
  throw Error(ErrorCode::kInternal, std::string("libcurl failed: ") + text);
}

/// Returns the duration for libcurl: at least 1, because 0 means "no limit".
long ToMilliseconds(std::chrono::nanoseconds duration) {
  const auto count =
      std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return std::max(1L, static_cast<long>(count));
}

/// Returns why a connection failed while the request was being sent or the
/// response was arriving.
/// @param truncated The kind if the connection ended.
FailureKind KindOfBrokenConnection(const CurlFailure& curl, bool tls,
                                   FailureKind truncated) {
  // With TLS 1.3, a daemon can reject a client certificate after the handshake.
  if (tls && curl.text.find("alert") != std::string::npos)
    return FailureKind::kTls;
  // libcurl 8 reports this for HTTP/2, even if the socket fails afterwards.
  if (curl.text.find("unexpected data") != std::string::npos)
    return FailureKind::kInvalidHttp;
  // Without a socket error, libcurl did not understand the bytes. If the
  // connection ended before a response, it has no text of its own.
  return curl.os_error != 0 || curl.code == CURLE_SEND_ERROR ||
                 curl.text == curl_easy_strerror(curl.code)
             ? truncated
             : FailureKind::kInvalidHttp;
}

/// Returns why a TLS file cannot be read; empty if all can be.
std::string UnreadableFile(const TlsOptions& tls) {
  for (const std::string* file : {&tls.ca_file, &tls.cert_file, &tls.key_file})
    if (!file->empty() && access(file->c_str(), R_OK) != 0)
      return *file +
             " cannot be read: " + std::generic_category().message(errno);
  return {};
}

}  // namespace

void Check(CURLcode code) {
  if (code != CURLE_OK) ThrowCurlError(curl_easy_strerror(code));
}

void Check(CURLMcode code) {
  if (code != CURLM_OK) ThrowCurlError(curl_multi_strerror(code));
}

FailureKind KindOf(const CurlFailure& curl, const ArrivingResponse& arriving,
                   const Endpoint& endpoint) {
  if (arriving.rejected()) return *arriving.rejected();
  const bool no_body = arriving.response().body.empty();
  const auto truncated =
      no_body ? FailureKind::kClosed : FailureKind::kTruncated;
  switch (curl.code) {
    case CURLE_COULDNT_CONNECT:
      return KindOfConnectFailure(curl.os_error, endpoint);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_URL_MALFORMAT:
      return FailureKind::kUnknownHost;
    case CURLE_OPERATION_TIMEDOUT:
      if (curl.connected) return FailureKind::kResponseTimeout;
      return curl.resolved ? FailureKind::kConnectTimeout
                           : FailureKind::kResolveTimeout;
    case CURLE_ABORTED_BY_CALLBACK:
      return FailureKind::kCancelled;
    case CURLE_FILESIZE_EXCEEDED:
      return FailureKind::kBodyTooLarge;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
      return truncated;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
      return KindOfBrokenConnection(curl, endpoint.tls, truncated);
    case CURLE_HTTP2_STREAM:
      return FailureKind::kStreamReset;
    case CURLE_UNSUPPORTED_PROTOCOL:
      return FailureKind::kNotHttp;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return FailureKind::kInvalidHttp;
    // libcurl reports a header line over 100 KB as out of memory.
    case CURLE_OUT_OF_MEMORY:
#if LIBCURL_VERSION_NUM >= 0x080600
    case CURLE_TOO_LARGE:
#endif
      return curl.connected && no_body ? FailureKind::kHeadersTooLarge
                                       : FailureKind::kInternal;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
      return FailureKind::kTls;
    default:
      return FailureKind::kInternal;
  }
}

CurlMulti::CurlMulti() {
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  Check(initialized);
  multi_.reset(curl_multi_init());
  if (multi_ == nullptr) Check(CURLE_OUT_OF_MEMORY);
#if LIBCURL_VERSION_NUM >= 0x081400
  // Without this, curl_multi_cleanup() waits for a resolver that hangs. An
  // older library at run time does not support it.
  static_cast<void>(curl_multi_setopt(get(), CURLMOPT_QUICK_EXIT, 1L));
#endif
}

bool CurlMulti::Run(Cancellation* cancellation) {
  constexpr int kLongestWaitMs = 1000;
  const CancellationWake wake(
      cancellation, [this] { static_cast<void>(curl_multi_wakeup(get())); });
  for (;;) {
    if (cancellation != nullptr && cancellation->cancelled()) return false;
    int running = 0;
    arrived_ = false;
    Check(curl_multi_perform(get(), &running));
    bool any_ended = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(get(), &left)) {
      any_ended = true;
      const CURLcode result = message->data.result;
      char* request = nullptr;
      Check(
          curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &request));
      reinterpret_cast<CurlRequest*>(request)->End(result);
    }
    // libcurl 7.88 can fail to wake up for data that it has already read,
    // such as the end of an HTTP/2 response in the same packet.
    if (any_ended || arrived_) continue;
    if (running == 0) return true;
    Check(curl_multi_poll(get(), nullptr, 0, kLongestWaitMs, nullptr));
  }
}

CurlRequest::CurlRequest(const Endpoint& endpoint,
                         const RuntimeOptions& options)
    : endpoint_(endpoint), options_(options), easy_(curl_easy_init()) {
  if (easy_ == nullptr) Check(CURLE_OUT_OF_MEMORY);
  static const std::string user_agent =
      "containercollector/" + std::string(kLibraryVersion);
  Set(CURLOPT_PRIVATE, this);
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_PROXY, "");
  Set(CURLOPT_FOLLOWLOCATION, 0L);
  Set(CURLOPT_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_USERAGENT, user_agent.c_str());
  Set(CURLOPT_ERRORBUFFER, error_text_.data());
  // Without this, a cancelled request waits for the resolver thread.
  Set(CURLOPT_QUICK_EXIT, 1L);
  Set(CURLOPT_CONNECTTIMEOUT_MS, ToMilliseconds(options.connect_timeout));
  Set(CURLOPT_MAXFILESIZE_LARGE,
      static_cast<curl_off_t>(options.max_response_bytes));
  const std::string& path = endpoint.socket_path;
  if (path.substr(0, 1) == "@") {
    Set(CURLOPT_ABSTRACT_UNIX_SOCKET, path.c_str() + 1);
  } else if (!path.empty()) {
    Set(CURLOPT_UNIX_SOCKET_PATH, path.c_str());
  }
  if (endpoint.tls) SetTls(options.tls.value_or(TlsOptions{}));
  // Called between the connection (including TLS) and the request. libcurl's
  // timings cannot replace it: on a reused connection, all are 0.
  Set(CURLOPT_PREREQDATA, this);
  Set(
      CURLOPT_PREREQFUNCTION,
      +[](void* self, char*, char*, int, int) noexcept -> int {
        static_cast<CurlRequest*>(self)->connected_ = true;
        return CURL_PREREQFUNC_OK;
      });
  // Returning fewer bytes than received ends the request.
  Set(CURLOPT_HEADERDATA, this);
  Set(
      CURLOPT_HEADERFUNCTION,
      +[](char* data, std::size_t size, std::size_t count,
          void* self) noexcept -> std::size_t {
        auto& request = *static_cast<CurlRequest*>(self);
        request.multi_->arrived_ = true;
        return request.arriving_->AddHeader({data, size * count}) ? size * count
                                                                  : 0;
      });
  Set(CURLOPT_WRITEDATA, this);
  Set(
      CURLOPT_WRITEFUNCTION,
      +[](char* data, std::size_t size, std::size_t count,
          void* self) noexcept -> std::size_t {
        auto& request = *static_cast<CurlRequest*>(self);
        request.multi_->arrived_ = true;
        curl_off_t length = -1;
        static_cast<void>(curl_easy_getinfo(
            request.easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length));
        return request.arriving_->AddBody({data, size * count}, length)
                   ? size * count
                   : 0;
      });
}

void CurlRequest::SetTls(const TlsOptions& tls) {
  Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  Set(CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
  Set(CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
  if (!tls.ca_file.empty()) Set(CURLOPT_CAINFO, tls.ca_file.c_str());
  if (!tls.cert_file.empty()) Set(CURLOPT_SSLCERT, tls.cert_file.c_str());
  if (!tls.key_file.empty()) Set(CURLOPT_SSLKEY, tls.key_file.c_str());
}

void CurlRequest::Start(CurlMulti& multi, const std::string& target,
                        const CallLimit& limit,
                        std::chrono::nanoseconds timeout,
                        std::size_t* bytes_left, std::size_t expected_bytes,
                        Done done) {
  // Reported is the limit that applied rather than the time that remained.
  timeout_ = std::min(timeout, limit.timeout);
  connected_ = false;
  error_text_.front() = '\0';
  arriving_.emplace(bytes_left, expected_bytes);
  done_ = std::move(done);
  Set(CURLOPT_URL, (endpoint_.base_url + target).c_str());
  Set(CURLOPT_TIMEOUT_MS, ToMilliseconds(std::min(timeout, limit.TimeLeft())));
  Check(curl_multi_add_handle(multi.get(), easy_.get()));
  multi_ = &multi;
}

void CurlRequest::End(CURLcode code) {
  if (code == CURLE_OK && !arriving_->head_ended()) code = CURLE_GOT_NOTHING;
  HttpResponse& response = arriving_->response();
  response.status = static_cast<int>(GetInfo<long>(CURLINFO_RESPONSE_CODE));
  // A truncated response arrives with status 200.
  if (code != CURLE_OK) response.failure = FailureOf(code);
  // libcurl reports the socket only while the handle is attached.
  socket_ = GetInfo<curl_socket_t>(CURLINFO_ACTIVESOCKET);
  Detach();
  const Done done = std::move(done_);
  done(std::move(response));
}

Failure CurlRequest::FailureOf(CURLcode code) const {
  const CurlFailure curl{
      code, static_cast<int>(GetInfo<long>(CURLINFO_OS_ERRNO)),
      GetInfo<curl_off_t>(CURLINFO_NAMELOOKUP_TIME_T) > 0, connected_,
      error_text_.front() != '\0' ? error_text_.data()
                                  : curl_easy_strerror(code)};
  Failure failure{KindOf(curl, *arriving_, endpoint_),
                  arriving_->rejected() ? "out of memory" : curl.text,
                  arriving_->response().body.size()};
  failure.limit = failure.kind == FailureKind::kHeadersTooLarge
                      ? kMaxHeaderBytes
                      : options_.max_response_bytes;
  failure.elapsed =
      connected_ ? timeout_ : std::min(options_.connect_timeout, timeout_);
  if (failure.kind == FailureKind::kTls && options_.tls) {
    const std::string file = UnreadableFile(*options_.tls);
    if (!file.empty()) failure.detail = file;
  }
  return failure;
}

void CurlRequest::Detach() noexcept {
  // This can fail only for invalid handles.
  if (multi_ != nullptr)
    static_cast<void>(curl_multi_remove_handle(multi_->get(), easy_.get()));
  multi_ = nullptr;
}

bool CurlRequest::IsClean() const noexcept {
  if (socket_ == CURL_SOCKET_BAD) return true;
  pollfd event{socket_, POLLIN, 0};
  return poll(&event, 1, 0) == 0;
}

}  // namespace containercollector::internal
