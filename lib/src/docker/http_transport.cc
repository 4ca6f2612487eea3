// SPDX-License-Identifier: Apache-2.0

#include "lib/src/docker/http_transport.h"

#include <curl/curl.h>
#include <strings.h>

#include <array>
#include <cerrno>
#include <new>

#include "containercollector/error.h"
#include "containercollector/version.h"

namespace containercollector::internal {
namespace {

/// More than these at once get a connection for one request only.
constexpr std::size_t kMaxIdleHandles = 8;

struct CurlDeleter {
  void operator()(CURL* curl) const noexcept { curl_easy_cleanup(curl); }
};

[[noreturn]] void ThrowCurlError(CURLcode code) {
  throw Error(ErrorCode::kInternal,
              std::string("libcurl failed: ") + curl_easy_strerror(code));
}

void Check(CURLcode code) {
  if (code != CURLE_OK) ThrowCurlError(code);
}

void InitializeCurlOnce() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  Check(result);
}

std::string ToText(std::chrono::milliseconds duration) {
  const auto count = duration.count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + "s"
                           : std::to_string(count) + "ms";
}

/// The body while it arrives.
struct Body {
  std::string bytes;
  std::size_t limit = 0;
  bool too_large = false;
  bool out_of_memory = false;
};

/// libcurl's write callback: less than all bytes taken ends the request.
std::size_t AppendToBody(char* data, std::size_t size, std::size_t count,
                         void* user_data) noexcept {
  auto& body = *static_cast<Body*>(user_data);
  const std::size_t length = size * count;
  if (length > body.limit - body.bytes.size()) {
    body.too_large = true;
    return 0;
  }
  try {
    body.bytes.append(data, length);
  } catch (const std::bad_alloc&) {
    body.out_of_memory = true;
    return 0;
  }
  return length;
}

/// What is known of a request that gave no whole answer.
struct Failure {
  CURLcode code;
  int os_error;
  bool connected;
  std::string_view curl_text;
  const Body& body;
  std::string_view target;
};

/// The kernel lets nobody wait for a place in the queue of a unix socket:
/// EAGAIN, which libcurl may already have overwritten with the socket's lack of
/// an error.
bool QueueIsFull(const Failure& failure, const Endpoint& endpoint) {
  return !endpoint.socket_path.empty() &&
         (failure.os_error == EAGAIN || failure.os_error == 0);
}

Error ToError(const Failure& failure, const Endpoint& endpoint,
              const ClientOptions& options) {
  const std::string& host = endpoint.text;
  const std::string request =
      "GET " + std::string(failure.target.substr(0, failure.target.find('?')));
  const std::string curl_text(failure.curl_text);

  const auto cut_off = [&] {
    const std::size_t bytes = failure.body.bytes.size();
    const std::string how =
        bytes == 0 ? "closed the connection without an answer to " + request
                   : "cut off its answer to " + request + " after " +
                         std::to_string(bytes) + " bytes";
    return Error(ErrorCode::kResponseTruncated,
                 "The Docker daemon at " + host + " " + how +
                     ". It may have been stopped or restarted: try again, then "
                     "look at its log.");
  };
  const auto malformed = [&] {
    return Error(ErrorCode::kResponseMalformed,
                 "The answer of the Docker daemon at " + host + " to " +
                     request + " is not valid HTTP: " + curl_text +
                     ". Check that it is a Docker daemon that listens there.");
  };
  const auto tls_failed = [&] {
    return Error(
        ErrorCode::kTlsFailed,
        "No TLS connection with the Docker daemon at " + host + ": " +
            curl_text +
            ". Check the TLS files, and whether the daemon speaks TLS there.");
  };
  const auto too_large = [&] {
    return Error(ErrorCode::kResponseTooLarge,
                 "The answer of the Docker daemon at " + host + " to " +
                     request + " is larger than the limit of " +
                     std::to_string(options.max_response_bytes) +
                     " bytes. Narrow it with filters or limit, or allow larger "
                     "answers.");
  };

  switch (failure.code) {
    case CURLE_COULDNT_CONNECT:
      if (!endpoint.socket_path.empty() &&
          (failure.os_error == EACCES || failure.os_error == EPERM)) {
        return Error(ErrorCode::kPermissionDenied,
                     "Got permission denied while trying to connect to the "
                     "Docker daemon socket at " +
                         host + ": dial unix " + endpoint.socket_path +
                         ": connect: permission denied. Run as root or as a "
                         "member of the group that owns the socket.");
      }
      return Error(
          ErrorCode::kCannotConnect,
          "Cannot connect to the Docker daemon at " + host +
              ". Is the docker daemon running?" +
              (QueueIsFull(failure, endpoint)
                   ? " It accepts no connection, and its queue is full: it "
                     "may hang, look at its log."
                   : ""));

    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_URL_MALFORMAT:
      return Error(ErrorCode::kCannotConnect,
                   "Cannot connect to the Docker daemon at " + host + ": " +
                       curl_text + ". Check the name of the host.");

    case CURLE_OPERATION_TIMEDOUT:
      if (!failure.connected) {
        return Error(ErrorCode::kTimeout,
                     "No connection to the Docker daemon at " + host +
                         " within " + ToText(options.connect_timeout) +
                         ". Check that its machine is up, that no firewall is "
                         "between" +
                         (endpoint.tls ? " and that it speaks TLS there."
                                       : " and that the port is right."));
      }
      return Error(ErrorCode::kTimeout,
                   "The Docker daemon at " + host +
                       " did not finish its answer to " + request + " within " +
                       ToText(options.timeout) + " (" +
                       std::to_string(failure.body.bytes.size()) +
                       " bytes came). It may hang: look at its log, or allow "
                       "more time.");

    case CURLE_WRITE_ERROR:
      if (failure.body.too_large) return too_large();
      break;
    case CURLE_FILESIZE_EXCEEDED:
      return too_large();

    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
      return cut_off();

    case CURLE_RECV_ERROR:
      // TLS 1.3 lets the daemon refuse a client's certificate after the
      // handshake.
      if (endpoint.tls && curl_text.find("alert") != std::string::npos)
        return tls_failed();
      // Without an error of the socket, it is libcurl that could not make sense
      // of the bytes.
      return failure.os_error != 0 ? cut_off() : malformed();

    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
#if LIBCURL_VERSION_NUM >= 0x080600
    case CURLE_TOO_LARGE:
#endif
      return malformed();

    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
      return tls_failed();

    default:
      break;
  }
  const std::string why =
      failure.body.out_of_memory ? "out of memory" : curl_text;
  return Error(ErrorCode::kInternal,
               "The request " + request + " to the Docker daemon at " + host +
                   " failed: " + why +
                   ". This is not the daemon's fault: look at the memory and "
                   "the files of this process.");
}

}  // namespace

std::string_view DaemonResponse::Header(std::string_view name) const noexcept {
  for (const auto& [header, value] : headers) {
    if (header.size() == name.size() &&
        strncasecmp(header.data(), name.data(), name.size()) == 0)
      return value;
  }
  return {};
}

/// RAII: owns one libcurl handle and its connection.
class HttpTransport::Handle {
 public:
  Handle(const Endpoint& endpoint, const ClientOptions& options)
      : curl_(curl_easy_init()) {
    if (curl_ == nullptr) ThrowCurlError(CURLE_OUT_OF_MEMORY);
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_PROXY, "");
    Set(CURLOPT_FOLLOWLOCATION, 0L);
    Set(CURLOPT_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    Set(CURLOPT_USERAGENT, user_agent_.c_str());
    Set(CURLOPT_ERRORBUFFER, error_text_.data());
    Set(CURLOPT_WRITEFUNCTION, &AppendToBody);
    Set(CURLOPT_MAXFILESIZE_LARGE,
        static_cast<curl_off_t>(options.max_response_bytes));
    Set(CURLOPT_CONNECTTIMEOUT_MS,
        static_cast<long>(options.connect_timeout.count()));
    if (!endpoint.socket_path.empty())
      Set(CURLOPT_UNIX_SOCKET_PATH, endpoint.socket_path.c_str());
    if (endpoint.tls) SetTls(options.tls.value_or(TlsOptions{}));
  }

  DaemonResponse Get(const std::string& target,
                     std::chrono::milliseconds timeout,
                     const Endpoint& endpoint, const ClientOptions& options) {
    Body body;
    body.limit = options.max_response_bytes;
    error_text_.front() = '\0';
    Set(CURLOPT_URL, (endpoint.base_url + target).c_str());
    Set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    Set(CURLOPT_WRITEDATA, &body);
    const CURLcode code = curl_easy_perform(curl_.get());
    // A cut-off answer comes with status 200: the code counts first.
    if (code != CURLE_OK)
      throw ToError(DescribeFailure(code, body, target), endpoint, options);

    DaemonResponse response;
    response.status = static_cast<int>(GetInfo<long>(CURLINFO_RESPONSE_CODE));
    curl_header* header = nullptr;
    while ((header = curl_easy_nextheader(curl_.get(), CURLH_HEADER, -1,
                                          header)) != nullptr) {
      response.headers.emplace_back(header->name, header->value);
    }
    response.body = std::move(body.bytes);
    return response;
  }

 private:
  template <typename Value>
  void Set(CURLoption option, Value value) {
    Check(curl_easy_setopt(curl_.get(), option, value));
  }

  template <typename Value>
  Value GetInfo(CURLINFO info) {
    Value value{};
    Check(curl_easy_getinfo(curl_.get(), info, &value));
    return value;
  }

  void SetTls(const TlsOptions& tls) {
    Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    Set(CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
    Set(CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
    if (!tls.ca_file.empty()) Set(CURLOPT_CAINFO, tls.ca_file.c_str());
    if (!tls.cert_file.empty()) Set(CURLOPT_SSLCERT, tls.cert_file.c_str());
    if (!tls.key_file.empty()) Set(CURLOPT_SSLKEY, tls.key_file.c_str());
  }

  Failure DescribeFailure(CURLcode code, const Body& body,
                          std::string_view target) {
    const auto os_error = static_cast<int>(GetInfo<long>(CURLINFO_OS_ERRNO));
    const bool connected = GetInfo<curl_off_t>(CURLINFO_PRETRANSFER_TIME_T) > 0;
    const std::string_view text = error_text_.front() != '\0'
                                      ? error_text_.data()
                                      : curl_easy_strerror(code);
    return {code, os_error, connected, text, body, target};
  }

  std::unique_ptr<CURL, CurlDeleter> curl_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  const std::string user_agent_ =
      "containercollector/" + std::string(kLibraryVersion);
};

HttpTransport::HttpTransport(Endpoint endpoint, ClientOptions options)
    : endpoint_(std::move(endpoint)), options_(std::move(options)) {
  InitializeCurlOnce();
}

HttpTransport::~HttpTransport() = default;

DaemonResponse HttpTransport::Get(
    const std::string& target, std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  // libcurl takes 0 for "no limit".
  const auto timeout = std::max(left, std::chrono::milliseconds(1));

  auto handle = TakeHandle();
  try {
    DaemonResponse response = handle->Get(target, timeout, endpoint_, options_);
    KeepHandle(std::move(handle));
    return response;
  } catch (...) {
    KeepHandle(std::move(handle));
    throw;
  }
}

std::unique_ptr<HttpTransport::Handle> HttpTransport::TakeHandle() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
  }
  return std::make_unique<Handle>(endpoint_, options_);
}

void HttpTransport::KeepHandle(std::unique_ptr<Handle> handle) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMaxIdleHandles) idle_.push_back(std::move(handle));
}

}  // namespace containercollector::internal
