// SPDX-License-Identifier: Apache-2.0
#include "lib/src/http/curl.h"

#include <algorithm>

#include "containercollector/error.h"
#include "containercollector/version.h"

namespace containercollector::internal {
namespace {

/// Returns why a connection failed while the request was being sent or the
/// response was arriving.
FailureKind KindOfBrokenConnection(const CurlFailure& curl,
                                   const Endpoint& endpoint) {
  // With TLS 1.3, a daemon can reject a client certificate after the handshake.
  if (endpoint.tls && curl.text.find("alert") != std::string::npos)
    return FailureKind::kTls;
  // libcurl 8 reports this for HTTP/2, even if the socket fails afterwards.
  if (curl.text.find("unexpected data") != std::string::npos)
    return FailureKind::kInvalidHttp;
  // Without a socket error, libcurl did not understand the bytes. If the
  // connection ended before a response, it has no text of its own.
  return curl.os_error != 0 || curl.code == CURLE_SEND_ERROR ||
                 curl.text == curl_easy_strerror(curl.code)
             ? FailureKind::kTruncated
             : FailureKind::kInvalidHttp;
}

FailureKind KindOfTimeout(const CurlFailure& curl) {
  if (curl.connected) return FailureKind::kResponseTimeout;
  return curl.resolved ? FailureKind::kConnectTimeout
                       : FailureKind::kResolveTimeout;
}

}  // namespace

void ThrowCurlError(const char* text) {
  throw Error(ErrorCode::kInternal, std::string("libcurl failed: ") + text);
}

void Check(CURLcode code) {
  if (code != CURLE_OK) ThrowCurlError(curl_easy_strerror(code));
}

void Check(CURLMcode code) {
  if (code != CURLM_OK) ThrowCurlError(curl_multi_strerror(code));
}

void InitializeCurlOnce() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  Check(result);
}

long ToMilliseconds(std::chrono::nanoseconds duration) {
  const auto count =
      std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return std::max(1L, static_cast<long>(count));
}

FailureKind KindOf(const CurlFailure& curl, const ArrivingResponse& response,
                   const Endpoint& endpoint) {
  if (response.rejected()) return *response.rejected();
  switch (curl.code) {
    case CURLE_COULDNT_CONNECT:
      return KindOfConnectFailure(curl.os_error, endpoint);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_URL_MALFORMAT:
      return FailureKind::kUnknownHost;
    case CURLE_OPERATION_TIMEDOUT:
      return KindOfTimeout(curl);
    case CURLE_ABORTED_BY_CALLBACK:
      return FailureKind::kCancelled;
    case CURLE_FILESIZE_EXCEEDED:
      return FailureKind::kBodyTooLarge;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
      return FailureKind::kTruncated;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
      return KindOfBrokenConnection(curl, endpoint);
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
      return curl.connected && response.body().empty()
                 ? FailureKind::kHeadersTooLarge
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

CurlEasy::CurlEasy()
    : easy_(curl_easy_init()),
      transfer_(std::make_unique<Transfer>()),
      error_text_(std::make_unique<std::array<char, CURL_ERROR_SIZE>>()) {
  if (easy_ == nullptr) Check(CURLE_OUT_OF_MEMORY);
  static const std::string user_agent =
      "containercollector/" + std::string(kLibraryVersion);
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_PROXY, "");
  Set(CURLOPT_FOLLOWLOCATION, 0L);
  Set(CURLOPT_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_USERAGENT, user_agent.c_str());
  Set(CURLOPT_ERRORBUFFER, error_text_->data());
  Set(CURLOPT_WRITEFUNCTION, &AddBody);
  Set(CURLOPT_HEADERFUNCTION, &AddHeader);
  Set(CURLOPT_WRITEDATA, transfer_.get());
  Set(CURLOPT_HEADERDATA, transfer_.get());
  Set(CURLOPT_PREREQFUNCTION, &NoteConnection);
  Set(CURLOPT_PREREQDATA, transfer_.get());
  // Without this, a cancelled request waits for the resolver thread.
  Set(CURLOPT_QUICK_EXIT, 1L);
}

/// libcurl's callback between the connection (including TLS) and the request.
/// libcurl's timings cannot replace it: on a reused connection, all are 0.
int CurlEasy::NoteConnection(void* user_data, char* /*remote_address*/,
                             char* /*local_address*/, int /*remote_port*/,
                             int /*local_port*/) noexcept {
  static_cast<Transfer*>(user_data)->connected = true;
  return CURL_PREREQFUNC_OK;
}

/// libcurl's header callback; returning fewer bytes than received ends the
/// request.
std::size_t CurlEasy::AddHeader(char* data, std::size_t size, std::size_t count,
                                void* user_data) noexcept {
  const auto& transfer = *static_cast<Transfer*>(user_data);
  *transfer.arrived = true;
  return transfer.response->AddHeader({data, size * count}) ? size * count : 0;
}

/// libcurl's write callback; returning fewer bytes than received ends the
/// request.
std::size_t CurlEasy::AddBody(char* data, std::size_t size, std::size_t count,
                              void* user_data) noexcept {
  const auto& transfer = *static_cast<Transfer*>(user_data);
  *transfer.arrived = true;
  curl_off_t length = -1;
  static_cast<void>(curl_easy_getinfo(
      transfer.curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length));
  return transfer.response->AddBody({data, size * count}, length) ? size * count
                                                                  : 0;
}

void CurlEasy::SetSocket(const Endpoint& endpoint) {
  const std::string& path = endpoint.socket_path;
  if (path.empty()) return;
  if (path.front() == '@') {
    Set(CURLOPT_ABSTRACT_UNIX_SOCKET, path.c_str() + 1);
  } else {
    Set(CURLOPT_UNIX_SOCKET_PATH, path.c_str());
  }
}

void CurlEasy::ReceiveInto(ArrivingResponse& response) {
  transfer_->curl = easy_.get();
  transfer_->response = &response;
  transfer_->connected = false;
  error_text_->front() = '\0';
}

HttpResponse CurlEasy::Head() const {
  HttpResponse response;
  response.status = static_cast<int>(GetInfo<long>(CURLINFO_RESPONSE_CODE));
  curl_header* header = nullptr;
  while ((header = curl_easy_nextheader(
              easy_.get(), CURLH_HEADER | CURLH_TRAILER, -1, header)) !=
         nullptr)
    response.headers.emplace_back(header->name, header->value);
  const auto trailers =
      response.headers.end() -
      static_cast<std::ptrdiff_t>(std::min(transfer_->response->trailer_lines(),
                                           response.headers.size()));
  response.trailers.assign(trailers, response.headers.end());
  response.headers.erase(trailers, response.headers.end());
  return response;
}

CurlFailure CurlEasy::FailureOf(CURLcode code) const {
  CurlFailure failure;
  failure.code = code;
  failure.os_error = static_cast<int>(GetInfo<long>(CURLINFO_OS_ERRNO));
  failure.resolved = GetInfo<curl_off_t>(CURLINFO_NAMELOOKUP_TIME_T) > 0;
  failure.connected = transfer_->connected;
  failure.text = error_text_->front() != '\0' ? error_text_->data()
                                              : curl_easy_strerror(code);
  return failure;
}

CurlMulti::CurlMulti() : multi_(curl_multi_init()) {
  if (multi_ == nullptr) Check(CURLE_OUT_OF_MEMORY);
#if LIBCURL_VERSION_NUM >= 0x081400
  // Without this, curl_multi_cleanup() waits for a resolver that hangs. An
  // older library at run time does not support it.
  static_cast<void>(curl_multi_setopt(get(), CURLMOPT_QUICK_EXIT, 1L));
#endif
}

}  // namespace containercollector::internal
