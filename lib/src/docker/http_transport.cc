// SPDX-License-Identifier: Apache-2.0
#include "lib/src/docker/http_transport.h"

#include <curl/curl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "containercollector/error.h"
#include "containercollector/version.h"
#include "lib/src/docker/arriving_response.h"
#include "lib/src/docker/failure.h"

namespace containercollector::internal {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct EasyDeleter {
  void operator()(CURL* curl) const noexcept { curl_easy_cleanup(curl); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};

[[noreturn]] void ThrowCurlError(const char* text) {
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

/// What the callbacks of a request get.
struct Transfer {
  CURL* curl;
  ArrivingResponse response;
};

/// libcurl's header callback; fewer bytes than it got end the request.
std::size_t AddHeader(char* /*data*/, std::size_t size, std::size_t count,
                      void* user_data) noexcept {
  auto& transfer = *static_cast<Transfer*>(user_data);
  return transfer.response.AddHeader(size * count) ? size * count : 0;
}

/// libcurl's write callback; fewer bytes than it got end the request.
std::size_t AddBody(char* data, std::size_t size, std::size_t count,
                    void* user_data) noexcept {
  auto& transfer = *static_cast<Transfer*>(user_data);
  curl_off_t length = -1;
  static_cast<void>(curl_easy_getinfo(
      transfer.curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length));
  return transfer.response.AddBody({data, size * count}, length) ? size * count
                                                                 : 0;
}

/// What libcurl says of a request that got no whole response.
struct CurlFailure {
  CURLcode code = CURLE_OK;
  int os_error = 0;
  bool resolved = false;
  bool connected = false;
  std::string text;
};

FailureKind KindOfReceiveFailure(const CurlFailure& curl,
                                 const Endpoint& endpoint) {
  // TLS 1.3 lets the daemon reject a client's certificate after the handshake.
  if (endpoint.tls && curl.text.find("alert") != std::string::npos)
    return FailureKind::kTls;
  // Without an error of the socket, libcurl did not understand the bytes.
  return curl.os_error != 0 ? FailureKind::kTruncated
                            : FailureKind::kInvalidHttp;
}

FailureKind KindOfTimeout(const CurlFailure& curl) {
  if (curl.connected) return FailureKind::kResponseTimeout;
  return curl.resolved ? FailureKind::kConnectTimeout
                       : FailureKind::kResolveTimeout;
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
    case CURLE_SEND_ERROR:
      return FailureKind::kTruncated;
    case CURLE_RECV_ERROR:
      return KindOfReceiveFailure(curl, endpoint);
    case CURLE_UNSUPPORTED_PROTOCOL:
      return FailureKind::kNotHttp;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return FailureKind::kInvalidHttp;
    // libcurl takes a header line over 100 KB for a lack of memory.
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

Failure Describe(const CurlFailure& curl, const ArrivingResponse& response,
                 const Endpoint& endpoint, const ClientOptions& options,
                 const CallLimit& limit) {
  Failure failure;
  failure.kind = KindOf(curl, response, endpoint);
  failure.endpoint = endpoint;
  failure.bytes = response.body().size();
  failure.limit = failure.kind == FailureKind::kHeadersTooLarge
                      ? kMaxHeaderBytes
                      : options.max_response_bytes;
  failure.elapsed = curl.connected
                        ? limit.timeout
                        : std::min(options.connect_timeout, limit.timeout);
  failure.detail = response.rejected() ? "out of memory" : curl.text;
  return failure;
}

}  // namespace

/// RAII: owns one libcurl handle and its connection.
class HttpTransport::Handle {
 public:
  Handle(const Endpoint& endpoint, const ClientOptions& options)
      : endpoint_(endpoint),
        options_(options),
        easy_(curl_easy_init()),
        multi_(curl_multi_init()) {
    if (easy_ == nullptr || multi_ == nullptr) Check(CURLE_OUT_OF_MEMORY);
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_PROXY, "");
    Set(CURLOPT_FOLLOWLOCATION, 0L);
    Set(CURLOPT_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    Set(CURLOPT_USERAGENT, user_agent_.c_str());
    Set(CURLOPT_ERRORBUFFER, error_text_.data());
    Set(CURLOPT_WRITEFUNCTION, &AddBody);
    Set(CURLOPT_HEADERFUNCTION, &AddHeader);
    Set(CURLOPT_MAXFILESIZE_LARGE,
        static_cast<curl_off_t>(options.max_response_bytes));
    Set(CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(options.connect_timeout));
    // Without it, giving up waits for the thread that resolves the name.
    Set(CURLOPT_QUICK_EXIT, 1L);
    if (!endpoint.socket_path.empty()) {
      Set(CURLOPT_UNIX_SOCKET_PATH, endpoint.socket_path.c_str());
      Set(CURLOPT_FORBID_REUSE, 1L);
    }
    if (endpoint.tls) SetTls(options.tls.value_or(TlsOptions{}));
  }

  /// Returns whether the kept connection, if there is one, has nothing to read:
  /// what arrived after the last response would be taken for the next.
  bool IsClean() const noexcept {
    if (socket_ == CURL_SOCKET_BAD) return true;
    pollfd event{socket_, POLLIN, 0};
    return poll(&event, 1, 0) == 0;
  }

  DaemonResponse Get(const std::string& target, const CallLimit& limit) {
    Transfer transfer{easy_.get(),
                      ArrivingResponse(options_.max_response_bytes)};
    error_text_.front() = '\0';
    Set(CURLOPT_URL, (endpoint_.base_url + target).c_str());
    Set(CURLOPT_TIMEOUT_MS, Milliseconds(limit.deadline - steady_clock::now()));
    Set(CURLOPT_WRITEDATA, &transfer);
    Set(CURLOPT_HEADERDATA, &transfer);
    const CURLcode code = Perform(limit.cancellation);
    // A truncated response comes with status 200: the code counts first.
    if (code != CURLE_OK) {
      Failure failure = Describe(FailureOf(code), transfer.response, endpoint_,
                                 options_, limit);
      failure.request = "GET " + target.substr(0, target.find('?'));
      throw ToError(failure);
    }

    DaemonResponse response;
    response.status = static_cast<int>(GetInfo<long>(CURLINFO_RESPONSE_CODE));
    curl_header* header = nullptr;
    while ((header = curl_easy_nextheader(easy_.get(), CURLH_HEADER, -1,
                                          header)) != nullptr) {
      response.headers.emplace_back(header->name, header->value);
    }
    response.body = transfer.response.TakeBody();
    return response;
  }

 private:
  /// Keeps the handle in the multi handle for as long as it lives.
  class Attachment {
   public:
    Attachment(CURLM* multi, CURL* easy) : multi_(multi), easy_(easy) {
      Check(curl_multi_add_handle(multi_, easy_));
    }
    // It can only fail for handles that are not valid.
    ~Attachment() {
      static_cast<void>(curl_multi_remove_handle(multi_, easy_));
    }
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;

   private:
    CURLM* multi_;
    CURL* easy_;
  };

  template <typename Value>
  void Set(CURLoption option, Value value) {
    Check(curl_easy_setopt(easy_.get(), option, value));
  }

  template <typename Value>
  Value GetInfo(CURLINFO info) {
    Value value{};
    Check(curl_easy_getinfo(easy_.get(), info, &value));
    return value;
  }

  /// At least 1: libcurl takes 0 for "no limit".
  static long Milliseconds(std::chrono::nanoseconds duration) {
    const auto count = std::chrono::ceil<milliseconds>(duration).count();
    return std::max(1L, static_cast<long>(count));
  }

  void SetTls(const TlsOptions& tls) {
    Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    Set(CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
    Set(CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
    if (!tls.ca_file.empty()) Set(CURLOPT_CAINFO, tls.ca_file.c_str());
    if (!tls.cert_file.empty()) Set(CURLOPT_SSLCERT, tls.cert_file.c_str());
    if (!tls.key_file.empty()) Set(CURLOPT_SSLKEY, tls.key_file.c_str());
  }

  /// As curl_easy_perform(), but another thread can cancel it.
  CURLcode Perform(Cancellation* cancellation) {
    constexpr int kLongestWaitMs = 1000;
    std::optional<Cancellation::Wake> wake;
    if (cancellation != nullptr) {
      wake.emplace(*cancellation, [multi = multi_.get()] {
        static_cast<void>(curl_multi_wakeup(multi));
      });
    }
    socket_ = CURL_SOCKET_BAD;
    const Attachment attachment(multi_.get(), easy_.get());
    for (int running = 1;;) {
      if (cancellation != nullptr && cancellation->cancelled())
        return CURLE_ABORTED_BY_CALLBACK;
      Check(curl_multi_perform(multi_.get(), &running));
      if (running == 0) break;
      Check(curl_multi_poll(multi_.get(), nullptr, 0, kLongestWaitMs, nullptr));
    }
    // libcurl knows the socket only while the handle is part of the multi.
    socket_ = GetInfo<curl_socket_t>(CURLINFO_ACTIVESOCKET);
    int left = 0;
    const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left);
    if (message == nullptr) ThrowCurlError("a transfer ended without result");
    return message->data.result;
  }

  CurlFailure FailureOf(CURLcode code) {
    CurlFailure failure;
    failure.code = code;
    failure.os_error = static_cast<int>(GetInfo<long>(CURLINFO_OS_ERRNO));
    failure.resolved = GetInfo<curl_off_t>(CURLINFO_NAMELOOKUP_TIME_T) > 0;
    failure.connected = GetInfo<curl_off_t>(CURLINFO_PRETRANSFER_TIME_T) > 0;
    failure.text = error_text_.front() != '\0' ? error_text_.data()
                                               : curl_easy_strerror(code);
    return failure;
  }

  const Endpoint& endpoint_;      // The transport's.
  const ClientOptions& options_;  // The transport's.
  std::unique_ptr<CURL, EasyDeleter> easy_;
  // Destroyed first: it holds the connection that the handle used.
  std::unique_ptr<CURLM, MultiDeleter> multi_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  const std::string user_agent_ =
      "containercollector/" + std::string(kLibraryVersion);
};

HttpTransport::HttpTransport(Endpoint endpoint, ClientOptions options)
    : endpoint_(std::move(endpoint)), options_(std::move(options)) {
  InitializeCurlOnce();
}

HttpTransport::~HttpTransport() = default;

DaemonResponse HttpTransport::Get(const std::string& target,
                                  const CallLimit& limit) {
  auto handle = idle_.Take();
  if (handle == nullptr) handle = std::make_unique<Handle>(endpoint_, options_);
  try {
    DaemonResponse response = handle->Get(target, limit);
    idle_.Keep(std::move(handle));
    return response;
  } catch (...) {
    idle_.Keep(std::move(handle));
    throw;
  }
}

}  // namespace containercollector::internal
