// SPDX-License-Identifier: Apache-2.0
#include "server/http/http_server.h"

#include <microhttpd.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "server/log.h"

namespace containercollector::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// libmicrohttpd keeps its own data in the same memory. With room for both,
/// max_header_bytes is what limits the headers.
constexpr std::size_t kMemoryPerHeaderByte = 2;

/// How often the server checks whether the last responses have been sent.
constexpr milliseconds kDrainInterval{5};

/// Connections accepted beyond HttpOptions::max_connections while those that
/// have been idle longest are being closed.
constexpr std::size_t kSpareConnections = 32;

/// Fails the handshake of a session that Tls has not prepared.
int NoCertificate(gnutls_session_int* /*session*/,
                  const struct gnutls_datum_st* /*authorities*/, int /*count*/,
                  const void* /*algorithms*/, int /*algorithm_count*/,
                  void** /*certificates*/, unsigned int* /*length*/,
                  void** /*key*/) noexcept {
  return -1;
}

std::vector<MHD_OptionItem> MoreOptions(const HttpOptions& options) {
  std::vector<MHD_OptionItem> items;
  if (options.tls != nullptr) {
    items = {
        {MHD_OPTION_HTTPS_PRIORITIES, 0, const_cast<char*>(Tls::kPriorities)},
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0,
         reinterpret_cast<void*>(&NoCertificate)}};
  }
#if MHD_VERSION >= 0x00097701
  // Strict parsing, which is the default before this version.
  items.push_back({MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1, nullptr});
#endif
  items.push_back({MHD_OPTION_END, 0, nullptr});
  return items;
}

}  // namespace

/// An exception that left one of these would end the process.
struct HttpServer::Callbacks {
  static void OnMessage(void* self, const char* format,
                        va_list arguments) noexcept {
    std::array<char, 512> text{};
    if (std::vsnprintf(text.data(), text.size(), format, arguments) < 0) return;
    try {
      std::string line = text.data();
      while (!line.empty() && line.back() == '\n') line.pop_back();
      Log(LogLevel::kDebug, "libmicrohttpd", {{"text", line}});
      constexpr std::string_view kRejection =
          "Error processing request (HTTP response code is ";
      if (line.compare(0, kRejection.size(), kRejection) != 0) return;
      int status = 0;
      const char* const end = line.data() + line.size();
      if (std::from_chars(line.data() + kRejection.size(), end, status).ec ==
          std::errc())
        static_cast<HttpServer*>(self)->context_.RejectedByLibrary(status);
    } catch (const std::exception&) {
      Log(LogLevel::kError, "a message of libmicrohttpd was lost");
    }
  }

  static void OnConnection(void* self, MHD_Connection* connection, void** held,
                           MHD_ConnectionNotificationCode code) noexcept {
    auto& server = *static_cast<HttpServer*>(self);
    ExchangeContext& context = server.context_;
    const int socket = SocketOf(connection);
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
      if (*held != nullptr) {
        auto& closed = *static_cast<Connection*>(std::exchange(*held, nullptr));
        server.context_.EndExchange(closed, false);
        if (closed.handshake != nullptr)
          ReportFailure(context, connection, *closed.handshake);
      }
      context.connections.erase(socket);
      context.deadlines.Remove(socket);
      context.ReportLoad();
      return;
    }
    try {
      ExpectRequest(context, socket);
      context.ReportLoad();
      if (context.deadlines.size() > context.options.max_connections)
        context.deadlines.CloseLongest();
      Connection& opened = context.connections[socket];
      opened = Connection();
      *held = &opened;
      if (const auto& tls = context.options.tls; tls != nullptr)
        opened.handshake = tls->Prepare(TlsSessionOf(connection));
    } catch (const std::exception& error) {
      // The handshake fails, as the session has no certificate.
      Log(LogLevel::kError, "connection failed",
          {{"error", std::string(error.what())}});
    }
  }

  static void ReportFailure(const ExchangeContext& context,
                            MHD_Connection* connection,
                            const TlsHandshake& handshake) noexcept {
    try {
      if (const auto failure = handshake.Failure(SocketOf(connection)))
        context.handler.TlsFailed(PeerOf(connection), *failure);
    } catch (const std::exception&) {
      Log(LogLevel::kError, "a failure of TLS was not counted");
    }
  }

  static void* OnTarget(void* self, const char* target,
                        MHD_Connection* connection) noexcept {
    Connection* const opened = ConnectionOf(connection);
    if (opened == nullptr || target == nullptr) return nullptr;
    auto& server = *static_cast<HttpServer*>(self);
    server.context_.RecordRejection();
    server.context_.EndExchange(*opened, false);
    try {
      opened->exchange =
          std::make_unique<Exchange>(server.context_, connection, target);
    } catch (const std::exception&) {
    }
    HideQuery(target);
    return nullptr;
  }

  /// Cuts libmicrohttpd's copy of the target off after the question mark:
  /// parsing would take 60 bytes of the connection's memory per parameter.
  static void HideQuery(const char* target) noexcept {
    // The copy is in the connection's memory, which is not const.
    char* const query = std::strchr(const_cast<char*>(target), '?');
    if (query != nullptr && query[1] != '\0') query[1] = '\0';
  }

  static MHD_Result OnAccess(void* self, MHD_Connection* connection,
                             const char* /*url*/, const char* method,
                             const char* version, const char* data,
                             std::size_t* data_size,
                             void** /*context*/) noexcept {
    static_cast<HttpServer*>(self)->context_.RecordRejection();
    const Connection* const opened = ConnectionOf(connection);
    if (opened == nullptr || opened->exchange == nullptr) return MHD_NO;
    Exchange& exchange = *opened->exchange;
    try {
      bool keep = false;
      if (!exchange.head_accepted()) {
        keep = exchange.AcceptHead(method, version);
      } else if (*data_size > 0) {
        keep = exchange.AcceptBody({data, *data_size});
        *data_size = 0;
      } else {
        keep = exchange.Proceed();
      }
      return keep ? MHD_YES : MHD_NO;
    } catch (const std::exception&) {
      return MHD_NO;
    }
  }

  static void OnCompleted(void* self, MHD_Connection* connection,
                          void** /*context*/,
                          MHD_RequestTerminationCode code) noexcept {
    Connection* const opened = ConnectionOf(connection);
    if (opened == nullptr || opened->exchange == nullptr) return;
    auto& server = *static_cast<HttpServer*>(self);
    opened->used = true;
    server.context_.EndExchange(*opened,
                                code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    try {
      ExpectRequest(server.context_, SocketOf(connection));
      if (opened->old) server.context_.deadlines.Close(SocketOf(connection));
    } catch (const std::exception&) {
      Log(LogLevel::kError, "a connection has no deadline");
    }
  }

  static void ExpectRequest(ExchangeContext& context, int socket) {
    context.deadlines.Receiving(
        socket, steady_clock::now() + context.options.request_timeout);
  }
};

void HttpServer::DaemonStopper::operator()(MHD_Daemon* daemon) const noexcept {
  MHD_stop_daemon(daemon);
}

HttpServer::HttpServer(ListenSocket socket, HttpOptions options,
                       HttpHandler& handler)
    : socket_(std::move(socket)), context_(std::move(options), handler) {
  StartDaemon();
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error& error) {
    throw std::runtime_error(CannotStart(error.code().message() +
                                         ". Raise the limit of memory or "
                                         "threads."));
  }
}

HttpServer::~HttpServer() { Shutdown(steady_clock::now()); }

void HttpServer::StartDaemon() {
  const HttpOptions& options = context_.options;
  unsigned int flags =
      MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
  if (options.tls != nullptr) flags |= MHD_USE_TLS;
  const auto idle_seconds = static_cast<unsigned int>(
      std::chrono::ceil<std::chrono::seconds>(options.idle_timeout).count());
  std::vector<MHD_OptionItem> more_options = MoreOptions(options);
  daemon_.reset(MHD_start_daemon(
      flags, 0, nullptr, nullptr, &Callbacks::OnAccess, this,  //
      MHD_OPTION_EXTERNAL_LOGGER, &Callbacks::OnMessage, this,
      MHD_OPTION_LISTEN_SOCKET, socket_.fd(), MHD_OPTION_NOTIFY_CONNECTION,
      &Callbacks::OnConnection, this, MHD_OPTION_URI_LOG_CALLBACK,
      &Callbacks::OnTarget, this, MHD_OPTION_NOTIFY_COMPLETED,
      &Callbacks::OnCompleted, this, MHD_OPTION_CONNECTION_LIMIT,
      static_cast<unsigned int>(options.max_connections + kSpareConnections),
      MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      options.max_header_bytes * kMemoryPerHeaderByte,
      MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds, MHD_OPTION_ARRAY,
      more_options.data(), MHD_OPTION_END));
  if (daemon_ != nullptr) return;
  throw std::runtime_error(
      CannotStart("libmicrohttpd failed. Look at the limits of memory, threads "
                  "and open files."));
}

std::string HttpServer::CannotStart(const std::string& why) const {
  return "Cannot start the HTTP server on " + socket_.endpoint() + ": " + why;
}

void HttpServer::StopAccepting() {
  stop_accepting_ = true;
  context_.queue->wake().Set();
}

void HttpServer::RenewConnections() noexcept {
  renew_ = true;
  context_.queue->wake().Set();
}

void HttpServer::Shutdown(Time deadline) {
  if (!thread_.joinable()) return;
  shutdown_deadline_ = deadline;
  stop_accepting_ = true;
  shut_down_ = true;
  context_.queue->wake().Set();
  thread_.join();
  daemon_.reset();
}

/// The server has its own loop because libmicrohttpd's (in both 0.9.75 and
/// 1.0.1) sleeps if a multiple of 128 events arrive at once.
void HttpServer::Run() {
  while (true) {
    WaitForEvents();
    // Read first: every response was sent before it was set.
    const bool shut_down = shut_down_;
    for (auto request = context_.queue->Take(); request != nullptr;
         request = std::exchange(request->next, nullptr))
      request->exchange->Resume();
    if (MHD_run(daemon_.get()) != MHD_YES)
      Log(LogLevel::kError, "libmicrohttpd failed");
    context_.RecordRejection();
    if (renew_.exchange(false)) context_.CloseOldConnections();
    if (stop_accepting_) CloseListenSocket();
    if (shut_down && IsDrained()) return;
    if (steady_clock::now() >= next_sweep_) Sweep();
  }
}

void HttpServer::Sweep() {
  context_.deadlines.CloseOverdue(steady_clock::now());
  try {
    context_.deadlines.CloseEnded();
    context_.FindClientsThatLeft();
    context_.handler.Sweep();
  } catch (const std::exception& error) {
    Log(LogLevel::kError, "sweep failed",
        {{"error", std::string(error.what())}});
  }
  next_sweep_ = steady_clock::now() + context_.options.sweep_interval;
}

void HttpServer::WaitForEvents() {
  const auto* const info =
      MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_EPOLL_FD);
  WakeEvent& wake = context_.queue->wake();
  std::array<pollfd, 2> events{
      {{info->epoll_fd, POLLIN, 0}, {wake.fd(), POLLIN, 0}}};
  const milliseconds longest =
      shut_down_ ? kDrainInterval : context_.options.sweep_interval;
  auto wait = static_cast<MHD_UNSIGNED_LONG_LONG>(longest.count());
  MHD_UNSIGNED_LONG_LONG wanted = 0;
  if (MHD_get_timeout(daemon_.get(), &wanted) == MHD_YES)
    wait = std::min(wait, wanted);
  // If it fails, MHD_run() finds nothing to do.
  static_cast<void>(poll(events.data(), events.size(), static_cast<int>(wait)));
  wake.Clear();
}

void HttpServer::CloseListenSocket() {
  if (std::exchange(context_.stopping, true)) return;
  // After this, libmicrohttpd does not use the socket, and leaves it to us.
  if (MHD_quiesce_daemon(daemon_.get()) != MHD_INVALID_SOCKET) socket_.Close();
}

bool HttpServer::IsDrained() {
  context_.deadlines.CloseReceiving();
  return context_.deadlines.size() == 0 ||
         steady_clock::now() >= shutdown_deadline_;
}

}  // namespace containercollector::server
