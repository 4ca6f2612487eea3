// SPDX-License-Identifier: Apache-2.0

#include "server/http/http_server.h"

#include <microhttpd.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <thread>

#include "server/http/connection_deadlines.h"
#include "server/http/http_response.h"
#include "server/http/request_head.h"
#include "server/http/wake_event.h"
#include "server/log.h"

namespace containercollector::server {
namespace {

using std::chrono::steady_clock;

/// Room for libmicrohttpd's own notes besides the headers, so that it is
/// max_header_bytes that limits them.
constexpr std::size_t kMemoryPerHeaderByte = 2;

/// A body that is too large is read on for so much, so that the client reads
/// the answer.
constexpr std::size_t kMaxDiscardedBytes = std::size_t{8} << 20;

/// One request, from its first line to the end of its answer.
struct Exchange {
  HttpRequest request;
  std::string target;
  steady_clock::time_point start = steady_clock::now();
  bool headers_seen = false;
  std::size_t body_bytes = 0;
  Deferred deferred;
  /// Written by whoever responds, before it resumes the connection; read after.
  Answer answer;
  int status = 0;
  std::size_t answer_bytes = 0;
};

int SocketOf(MHD_Connection* connection) {
  const auto* const info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == nullptr ? -1 : info->connect_fd;
}

gnutls_session_int* TlsSessionOf(MHD_Connection* connection) {
  const auto* const info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  return info == nullptr ? nullptr
                         : static_cast<gnutls_session_int*>(info->tls_session);
}

RequestHead HeadOf(MHD_Connection* connection, const char* method,
                   const std::string& target, const char* version) {
  RequestHead head;
  head.method = method;
  head.target = target;
  head.version = version;
  const auto* const info = MHD_get_connection_info(
      connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  if (info != nullptr) head.bytes = info->header_size;
  const auto add = [](void* to, MHD_ValueKind /*kind*/, const char* name,
                      std::size_t name_size, const char* value,
                      std::size_t value_size) noexcept {
    try {
      static_cast<RequestHead*>(to)->headers.emplace_back(
          std::string_view(name, name_size),
          value == nullptr ? std::string_view()
                           : std::string_view(value, value_size));
      return MHD_YES;
    } catch (const std::exception&) {
      return MHD_NO;
    }
  };
  const int expected = MHD_get_connection_values_n(connection, MHD_HEADER_KIND,
                                                   nullptr, nullptr);
  if (MHD_get_connection_values_n(connection, MHD_HEADER_KIND, add, &head) !=
      expected)
    throw std::bad_alloc();
  return head;
}

/// The server's certificate comes from Tls; without it a handshake fails.
int NoCertificate(gnutls_session_int* /*session*/,
                  const struct gnutls_datum_st* /*authorities*/, int /*count*/,
                  const void* /*algorithms*/, int /*algorithm_count*/,
                  void** /*certificates*/, unsigned int* /*length*/,
                  void** /*key*/) noexcept {
  return -1;
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(ListenSocket socket, HttpOptions options, HttpHandler handler,
       std::function<void(const RequestRecord&)> on_request)
      : socket_(std::move(socket)),
        options_(std::move(options)),
        limits_{options_.max_header_bytes, options_.max_body_bytes},
        handler_(std::move(handler)),
        on_request_(std::move(on_request)) {
    const std::size_t memory = options_.max_header_bytes * kMemoryPerHeaderByte;
    const auto idle_seconds = static_cast<unsigned int>(
        std::chrono::ceil<std::chrono::seconds>(options_.idle_timeout).count());
    unsigned int flags =
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    std::vector<MHD_OptionItem> more_options;
    if (options_.tls != nullptr) {
      flags |= MHD_USE_TLS;
      more_options = {
          {MHD_OPTION_HTTPS_PRIORITIES, 0, const_cast<char*>(Tls::kPriorities)},
          {MHD_OPTION_HTTPS_CERT_CALLBACK, 0,
           reinterpret_cast<void*>(&NoCertificate)}};
    }
#if MHD_VERSION >= 0x00097701
    // Later versions have more ways to be lenient.
    more_options.push_back({MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1, nullptr});
#endif
    more_options.push_back({MHD_OPTION_END, 0, nullptr});

    daemon_.reset(MHD_start_daemon(
        flags, 0, nullptr, nullptr, &Impl::OnAccess, this,  //
        MHD_OPTION_EXTERNAL_LOGGER, &Impl::OnMessage, nullptr,
        MHD_OPTION_LISTEN_SOCKET, socket_.fd(), MHD_OPTION_NOTIFY_CONNECTION,
        &Impl::OnConnection, this, MHD_OPTION_URI_LOG_CALLBACK, &Impl::OnTarget,
        nullptr, MHD_OPTION_NOTIFY_COMPLETED, &Impl::OnCompleted, this,
        MHD_OPTION_CONNECTION_LIMIT,
        static_cast<unsigned int>(options_.max_connections),
        MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        static_cast<unsigned int>(options_.max_connections_per_address),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds, MHD_OPTION_ARRAY,
        more_options.data(), MHD_OPTION_END));
    if (daemon_ == nullptr) {
      throw std::runtime_error("Cannot start the HTTP server on " +
                               socket_.endpoint() +
                               ": libmicrohttpd failed. Look at the limits of "
                               "memory, threads and open files.");
    }
    thread_ = std::thread([this] { ServeConnections(); });
  }
  ~Impl() { Stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void EndOverdue() { deadlines_.EndOverdue(steady_clock::now()); }

  void StopAccepting() {
    closing_ = true;
    // The socket is still ours to close, and libmicrohttpd does not use it any
    // more.
    if (MHD_quiesce_daemon(daemon_.get()) != MHD_INVALID_SOCKET)
      socket_.Close();
  }

  void Shutdown(steady_clock::time_point deadline) {
    constexpr std::chrono::milliseconds kPause{5};
    while (!deadlines_.Empty() && steady_clock::now() < deadline) {
      deadlines_.EndReceiving();
      std::this_thread::sleep_for(kPause);
    }
    Stop();
  }

 private:
  struct DaemonStopper {
    void operator()(MHD_Daemon* daemon) const noexcept {
      MHD_stop_daemon(daemon);
    }
  };

  /// The loop is ours, because that of libmicrohttpd (0.9.75 and 1.0.1 alike)
  /// goes to sleep on its events when 128 come at once, or a multiple of that.
  void ServeConnections() {
    constexpr MHD_UNSIGNED_LONG_LONG kLongestWait = 250;
    const auto* const info =
        MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_EPOLL_FD);
    std::array<pollfd, 2> events{
        {{info->epoll_fd, POLLIN, 0}, {wake_.fd(), POLLIN, 0}}};
    while (!stopping_) {
      MHD_UNSIGNED_LONG_LONG wait = kLongestWait;
      if (MHD_get_timeout(daemon_.get(), &wait) == MHD_YES)
        wait = std::min(wait, kLongestWait);
      // Where it fails, the connections have waited for nothing.
      static_cast<void>(
          poll(events.data(), events.size(), static_cast<int>(wait)));
      wake_.Clear();
      if (MHD_run(daemon_.get()) != MHD_YES)
        Log(LogLevel::kError, "libmicrohttpd failed");
    }
  }

  void Stop() {
    stopping_ = true;
    wake_.Set();
    if (thread_.joinable()) thread_.join();
    daemon_.reset();
  }

  // What libmicrohttpd calls. An exception that left one would end the process.

  static void OnMessage(void* /*unused*/, const char* format,
                        va_list arguments) noexcept {
    try {
      std::string text(512, '\0');
      const int length =
          std::vsnprintf(text.data(), text.size(), format, arguments);
      if (length < 0) return;
      text.resize(std::min(static_cast<std::size_t>(length), text.size() - 1));
      while (!text.empty() && text.back() == '\n') text.pop_back();
      Log(LogLevel::kDebug, "libmicrohttpd", {{"text", text}});
    } catch (const std::exception&) {
      Log(LogLevel::kError, "a message of libmicrohttpd was lost");
    }
  }

  static void OnConnection(void* self, MHD_Connection* connection,
                           void** context,
                           MHD_ConnectionNotificationCode code) noexcept {
    auto* const impl = static_cast<Impl*>(self);
    const int socket = SocketOf(connection);
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
      impl->deadlines_.Remove(socket);
      // Taken back from Open().
      const std::unique_ptr<std::shared_ptr<const TlsCredentials>> credentials(
          static_cast<std::shared_ptr<const TlsCredentials>*>(
              std::exchange(*context, nullptr)));
      return;
    }
    try {
      impl->Open(connection, socket, context);
    } catch (const std::exception& error) {
      // Without its certificate, a handshake fails.
      Log(LogLevel::kError, "connection failed",
          {{"error", std::string(error.what())}});
    }
  }

  static void* OnTarget(void* /*unused*/, const char* target,
                        MHD_Connection* /*connection*/) noexcept {
    try {
      auto exchange = std::make_unique<Exchange>();
      exchange->target = target;
      const std::size_t mark = exchange->target.find('?');
      exchange->request.path = exchange->target.substr(0, mark);
      if (mark != std::string::npos)
        exchange->request.query = exchange->target.substr(mark + 1);
      return exchange.release();  // OnCompleted() takes it back.
    } catch (const std::exception&) {
      return nullptr;
    }
  }

  static MHD_Result OnAccess(void* self, MHD_Connection* connection,
                             const char* /*url*/, const char* method,
                             const char* version, const char* /*data*/,
                             std::size_t* data_size, void** context) noexcept {
    auto* const exchange = static_cast<Exchange*>(*context);
    if (exchange == nullptr) return MHD_NO;
    try {
      auto* const impl = static_cast<Impl*>(self);
      if (!exchange->headers_seen) {
        exchange->headers_seen = true;
        return impl->AcceptHead(connection, method, version, *exchange);
      }
      return *data_size > 0 ? impl->AcceptBody(data_size, *exchange)
                            : impl->AnswerRequest(connection, *exchange);
    } catch (const std::exception&) {
      return MHD_NO;
    }
  }

  static void OnCompleted(void* self, MHD_Connection* connection,
                          void** context,
                          MHD_RequestTerminationCode code) noexcept {
    const std::unique_ptr<Exchange> exchange(
        static_cast<Exchange*>(std::exchange(*context, nullptr)));
    if (exchange == nullptr) return;
    try {
      auto* const impl = static_cast<Impl*>(self);
      impl->ExpectRequest(SocketOf(connection));
      RequestRecord record;
      record.request = std::move(exchange->request);
      record.status = exchange->status;
      record.duration = steady_clock::now() - exchange->start;
      record.bytes = exchange->answer_bytes;
      record.delivered = code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
      impl->on_request_(record);
    } catch (const std::exception&) {
      Log(LogLevel::kError, "a request was not counted");
    }
  }

  void Open(MHD_Connection* connection, int socket, void** context) {
    ExpectRequest(socket);
    if (options_.tls == nullptr) return;
    auto credentials = std::make_unique<std::shared_ptr<const TlsCredentials>>(
        options_.tls->Prepare(TlsSessionOf(connection)));
    *context = credentials.release();
  }

  void ExpectRequest(int socket) {
    deadlines_.Receiving(socket,
                         steady_clock::now() + options_.request_timeout);
  }

  MHD_Result AcceptHead(MHD_Connection* connection, const char* method,
                        const char* version, Exchange& exchange) {
    exchange.request.method = method;
    const RequestHead head =
        HeadOf(connection, method, exchange.target, version);
    for (const std::string_view wanted : options_.headers) {
      for (const auto& [name, value] : head.headers) {
        if (!EqualsIgnoringCase(name, wanted)) continue;
        exchange.request.headers.emplace_back(wanted, value);
        break;
      }
    }
    if (const Answer refusal = RefuseHead(head, limits_))
      return Send(connection, exchange, refusal, true);
    if (options_.tls != nullptr &&
        !options_.tls->ClientIsWelcome(TlsSessionOf(connection))) {
      return Send(connection, exchange,
                  TextAnswer(403,
                             "This server answers only clients that show a "
                             "certificate which it trusts."),
                  true);
    }
    auto reaction = handler_(exchange.request);
    if (const auto* answer = std::get_if<Answer>(&reaction)) {
      // Before the body has come, so that nobody sends it for nothing; that
      // costs the connection, which others may use again.
      if ((*answer)->status >= 400)
        return Send(connection, exchange, *answer, true);
      exchange.answer = *answer;
      return MHD_YES;
    }
    exchange.deferred = std::get<Deferred>(std::move(reaction));
    return MHD_YES;
  }

  MHD_Result AcceptBody(std::size_t* data_size, Exchange& exchange) const {
    exchange.body_bytes += *data_size;
    *data_size = 0;
    const bool endless =
        exchange.body_bytes > limits_.max_body_bytes + kMaxDiscardedBytes;
    return endless ? MHD_NO : MHD_YES;
  }

  MHD_Result AnswerRequest(MHD_Connection* connection, Exchange& exchange) {
    if (exchange.body_bytes > limits_.max_body_bytes)
      return Send(connection, exchange, BodyTooLarge(limits_.max_body_bytes));
    if (exchange.answer != nullptr)
      return Send(connection, exchange, exchange.answer);

    deadlines_.Waiting(SocketOf(connection));
    // Suspended first: from the next line on, the answer may come.
    MHD_suspend_connection(connection);
    exchange.deferred([this, connection, &exchange](Answer answer) {
      exchange.answer = std::move(answer);
      MHD_resume_connection(connection);
      wake_.Set();
    });
    return MHD_YES;
  }

  MHD_Result Send(MHD_Connection* connection, Exchange& exchange,
                  const Answer& answer, bool close = false) {
    const ResponsePtr response = MakeResponse(answer, close || closing_);
    if (response == nullptr) return MHD_NO;
    exchange.status = answer->status;
    exchange.answer_bytes = answer->body.size();
    deadlines_.Sending(SocketOf(connection),
                       steady_clock::now() + options_.send_timeout);
    return MHD_queue_response(
        connection, static_cast<unsigned int>(answer->status), response.get());
  }

  ListenSocket socket_;
  const HttpOptions options_;
  const RequestLimits limits_;
  const HttpHandler handler_;
  const std::function<void(const RequestRecord&)> on_request_;
  std::atomic<bool> closing_{false};
  ConnectionDeadlines deadlines_;
  WakeEvent wake_;
  std::unique_ptr<MHD_Daemon, DaemonStopper> daemon_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

HttpServer::HttpServer(ListenSocket socket, HttpOptions options,
                       HttpHandler handler,
                       std::function<void(const RequestRecord&)> on_request)
    : impl_(std::make_unique<Impl>(std::move(socket), std::move(options),
                                   std::move(handler), std::move(on_request))) {
}
HttpServer::~HttpServer() = default;

void HttpServer::EndOverdue() { impl_->EndOverdue(); }

void HttpServer::StopAccepting() { impl_->StopAccepting(); }

void HttpServer::Shutdown(steady_clock::time_point deadline) {
  impl_->Shutdown(deadline);
}

}  // namespace containercollector::server
