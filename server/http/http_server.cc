// SPDX-License-Identifier: Apache-2.0
#include "server/http/http_server.h"

#include <microhttpd.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "server/http/exchange.h"
#include "server/http/request_head.h"
#include "server/log.h"

namespace containercollector::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using State = Connection::State;
using Time = Connection::Time;

/// libmicrohttpd keeps its own data in the same memory as the head of a
/// request. With room for both, kMaxHeaderBytes is what limits the head.
constexpr std::size_t kConnectionMemory = 2 * kMaxHeaderBytes;

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

/// Calls `function`. If it throws, memory has run out: logs what failed.
template <typename Function>
void Try(std::string_view failure, Function function) noexcept {
  try {
    function();
  } catch (const std::exception&) {
    Log(LogLevel::kError, failure);
  }
}

/// Returns null if allocating the connection failed.
Connection* ConnectionOf(MHD_Connection* handle) {
  const auto* const info =
      MHD_get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == nullptr ? nullptr
                         : static_cast<Connection*>(info->socket_context);
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(ListenSocket socket, HttpOptions options, HttpHandler& handler)
      : socket_(std::move(socket)), context_{std::move(options), handler} {
    StartDaemon();
    try {
      thread_ = std::thread([this] { Run(); });
    } catch (const std::system_error& error) {
      CannotStart(error.code().message() +
                  ". Raise the limit of memory or threads.");
    }
  }

  /// Sets a flag and makes the server's thread look at it.
  void Order(std::atomic<bool> Impl::* flag) noexcept {
    this->*flag = true;
    context_.queue->Wake();
  }

  void Shutdown(Time deadline) {
    if (!thread_.joinable()) return;
    shutdown_deadline_ = deadline;
    stop_accepting = true;
    Order(&Impl::shut_down);
    thread_.join();
    daemon_.reset();
  }

  std::atomic<bool> stop_accepting{false};
  std::atomic<bool> renew{false};
  std::atomic<bool> shut_down{false};

 private:
  using Daemon = std::unique_ptr<MHD_Daemon, decltype(&MHD_stop_daemon)>;

  // What libmicrohttpd calls. An exception that left one would end the process.

  static void OnMessage(void* self, const char* format,
                        va_list arguments) noexcept {
    std::array<char, 512> text{};
    if (std::vsnprintf(text.data(), text.size(), format, arguments) < 0) return;
    Try("a message of libmicrohttpd was lost", [&] {
      const std::string line(text.data(), std::strcspn(text.data(), "\n"));
      Log(LogLevel::kDebug, "libmicrohttpd", {{"text", line}});
      const std::string rejection =
          "Error processing request (HTTP response code is ";
      if (line.compare(0, rejection.size(), rejection) != 0) return;
      const char* const status = line.c_str() + rejection.size();
      Of(self).RejectedByLibrary(
          static_cast<int>(std::strtol(status, nullptr, 10)));
    });
  }

  static void OnConnection(void* self, MHD_Connection* mhd, void** held,
                           MHD_ConnectionNotificationCode code) noexcept {
    Impl& server = Of(self);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
      Try("a connection failed", [&] { server.Open(mhd, held); });
    } else if (*held != nullptr) {
      server.Closed(*static_cast<Connection*>(std::exchange(*held, nullptr)));
    }
  }

  static void* OnTarget(void* self, const char* target,
                        MHD_Connection* mhd) noexcept {
    Connection* const connection = ConnectionOf(mhd);
    if (connection == nullptr || target == nullptr) return nullptr;
    Impl& server = Of(self);
    server.RecordRejection();
    server.EndExchange(*connection, false);
    Try("a request was lost", [&] {
      connection->exchange =
          std::make_unique<Exchange>(server.context_, *connection, target);
    });
    // Parsing would take 60 bytes of the connection's memory per parameter.
    // libmicrohttpd's copy of the target, in that memory, is not const.
    char* const query = std::strchr(const_cast<char*>(target), '?');
    if (query != nullptr && query[1] != '\0') query[1] = '\0';
    return nullptr;
  }

  static MHD_Result OnAccess(void* self, MHD_Connection* mhd,
                             const char* /*url*/, const char* method,
                             const char* version, const char* data,
                             std::size_t* data_size,
                             void** /*context*/) noexcept {
    Of(self).RecordRejection();
    const Connection* const connection = ConnectionOf(mhd);
    if (connection == nullptr || connection->exchange == nullptr) return MHD_NO;
    bool keep = false;
    Try("a request was lost", [&] {
      const std::string_view body(data, std::exchange(*data_size, 0));
      keep = connection->exchange->Receive(method, version, body);
    });
    return keep ? MHD_YES : MHD_NO;
  }

  static void OnCompleted(void* self, MHD_Connection* mhd, void** /*context*/,
                          MHD_RequestTerminationCode code) noexcept {
    Connection* const connection = ConnectionOf(mhd);
    if (connection == nullptr || connection->exchange == nullptr) return;
    Impl& server = Of(self);
    server.EndExchange(*connection,
                       code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    connection->used = true;
    server.ExpectRequest(*connection);
    if (connection->old) connection->Close();
  }

  static Impl& Of(void* self) { return *static_cast<Impl*>(self); }

  void StartDaemon() {
    const HttpOptions& options = context_.options;
    unsigned int flags =
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    std::vector<MHD_OptionItem> more_options;
    if (options.tls != nullptr) {
      flags |= MHD_USE_TLS;
      more_options = {
          {MHD_OPTION_HTTPS_PRIORITIES, 0, const_cast<char*>(Tls::kPriorities)},
          {MHD_OPTION_HTTPS_CERT_CALLBACK, 0,
           reinterpret_cast<void*>(&NoCertificate)}};
    }
#if MHD_VERSION >= 0x00097701
    // Strict parsing, which is the default before this version.
    more_options.push_back({MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1, nullptr});
#endif
    more_options.push_back({MHD_OPTION_END, 0, nullptr});
    const auto idle_seconds = static_cast<unsigned int>(
        std::chrono::ceil<std::chrono::seconds>(options.idle_timeout).count());
    daemon_.reset(MHD_start_daemon(
        flags, 0, nullptr, nullptr, &Impl::OnAccess, this,  //
        MHD_OPTION_EXTERNAL_LOGGER, &Impl::OnMessage, this,
        MHD_OPTION_LISTEN_SOCKET, socket_.fd(), MHD_OPTION_NOTIFY_CONNECTION,
        &Impl::OnConnection, this, MHD_OPTION_URI_LOG_CALLBACK, &Impl::OnTarget,
        this, MHD_OPTION_NOTIFY_COMPLETED, &Impl::OnCompleted, this,
        MHD_OPTION_CONNECTION_LIMIT,
        static_cast<unsigned int>(options.max_connections + kSpareConnections),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds, MHD_OPTION_ARRAY,
        more_options.data(), MHD_OPTION_END));
    if (daemon_ == nullptr) {
      CannotStart(
          "libmicrohttpd failed. Look at the limits of memory, threads and "
          "open files.");
    }
  }

  [[noreturn]] void CannotStart(const std::string& why) const {
    throw std::runtime_error("Cannot start the HTTP server on " +
                             socket_.endpoint() + ": " + why);
  }

  /// The server has its own loop because libmicrohttpd's (in both 0.9.75 and
  /// 1.0.1) sleeps if a multiple of 128 events arrive at once.
  void Run() {
    while (true) {
      WaitForEvents();
      // Read first: every response was sent before the flag was set.
      const bool last = shut_down;
      for (auto request = context_.queue->Take(); request != nullptr;
           request = std::exchange(request->next, nullptr))
        request->exchange->Resume();
      if (MHD_run(daemon_.get()) != MHD_YES)
        Log(LogLevel::kError, "libmicrohttpd failed");
      RecordRejection();
      if (renew.exchange(false)) CloseOldConnections();
      // After MHD_quiesce_daemon(), libmicrohttpd does not use the socket, and
      // leaves it to us.
      if (stop_accepting && !std::exchange(context_.stopping, true) &&
          MHD_quiesce_daemon(daemon_.get()) != MHD_INVALID_SOCKET)
        socket_.Close();
      if (last && IsDrained()) return;
      if (steady_clock::now() >= next_sweep_) Sweep();
    }
  }

  void WaitForEvents() {
    const auto* const info =
        MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_EPOLL_FD);
    std::array<pollfd, 2> events{
        {{info->epoll_fd, POLLIN, 0}, {context_.queue->wake_fd(), POLLIN, 0}}};
    const milliseconds longest =
        shut_down ? kDrainInterval : context_.options.sweep_interval;
    auto wait = static_cast<MHD_UNSIGNED_LONG_LONG>(longest.count());
    MHD_UNSIGNED_LONG_LONG wanted = 0;
    if (MHD_get_timeout(daemon_.get(), &wanted) == MHD_YES)
      wait = std::min(wait, wanted);
    // If it fails, MHD_run() finds nothing to do.
    static_cast<void>(
        poll(events.data(), events.size(), static_cast<int>(wait)));
  }

  void CloseOldConnections() {
    for (auto& [socket, connection] : context_.connections) {
      if (connection.used && connection.exchange == nullptr) connection.Close();
      connection.old = true;
    }
  }

  bool IsDrained() {
    for (auto& [socket, connection] : context_.connections)
      if (connection.state == State::kReceiving) connection.Close();
    return context_.connections.empty() ||
           steady_clock::now() >= shutdown_deadline_;
  }

  void Sweep() {
    const Time now = steady_clock::now();
    for (auto& [socket, connection] : context_.connections)
      if (connection.deadline < now) connection.Close();
    Try("a sweep failed", [&] {
      FindHangUps(context_.connections);
      context_.handler.Sweep(context_.connections.size(),
                             context_.bodies.bytes());
    });
    next_sweep_ = now + context_.options.sweep_interval;
  }

  /// Sets `*held` to the state of a connection, which may fail later on.
  void Open(MHD_Connection* mhd, void** held) {
    const auto info = [&](MHD_ConnectionInfoType type) {
      return MHD_get_connection_info(mhd, type);
    };
    Connections& connections = context_.connections;
    const int socket = info(MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    Connection& opened =
        connections.try_emplace(socket, socket, mhd).first->second;
    *held = &opened;
    ExpectRequest(opened);
    if (connections.size() > context_.options.max_connections)
      CloseLongest(connections);
    if (const auto* const address = info(MHD_CONNECTION_INFO_CLIENT_ADDRESS))
      opened.peer = ToText(address->client_addr);
    if (context_.options.tls == nullptr) return;
    opened.session = static_cast<gnutls_session_int*>(
        info(MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session);
    // If it fails, so does the handshake: the session has no certificate.
    opened.handshake = context_.options.tls->Prepare(opened.session);
  }

  void Closed(Connection& connection) noexcept {
    EndExchange(connection, false);
    Try("a failure of TLS was not counted", [&] {
      if (connection.handshake == nullptr) return;
      if (const auto failure = connection.handshake->Failure(connection.socket))
        context_.handler.TlsFailed(connection.peer, *failure);
    });
    context_.connections.erase(context_.connections.find(connection.socket));
  }

  void ExpectRequest(Connection& connection) {
    connection.Enter(State::kReceiving,
                     steady_clock::now() + context_.options.request_timeout);
  }

  /// Call when libmicrohttpd itself rejects a request. It sends the response
  /// unless the exchange does.
  void RejectedByLibrary(int status) {
    RecordRejection();
    for (auto& [socket, connection] : context_.connections)
      if (connection.exchange && connection.exchange->RejectHead(status))
        return;
    rejected_status_ = status;
  }

  /// Records that request unless it is already recorded. Call when
  /// libmicrohttpd has moved on to another connection.
  void RecordRejection() noexcept {
    if (rejected_status_ == 0) return;
    Try("a request was not counted", [&] {
      for (auto& [socket, connection] : context_.connections)
        if (connection.exchange && connection.exchange->HasUnknownRejection())
          return SetRejection(connection.exchange->record());
      Record({});
    });
  }

  /// Completes the record of a request that has no response, which
  /// libmicrohttpd may have rejected.
  void SetRejection(RequestRecord& record) {
    record.status = std::exchange(rejected_status_, 0);
    if (record.status == 0) return;
    record.error = "libmicrohttpd rejected the request.";
    record.delivered = true;
  }

  void EndExchange(Connection& connection, bool delivered) noexcept {
    const std::unique_ptr<Exchange> exchange = std::move(connection.exchange);
    if (exchange != nullptr) Record(exchange->TakeRecord(delivered));
  }

  void Record(RequestRecord record) noexcept {
    Try("a request was not counted", [&] {
      if (record.status == 0) SetRejection(record);
      context_.handler.Record(record);
    });
  }

  ListenSocket socket_;
  ExchangeContext context_;
  Daemon daemon_{nullptr, &MHD_stop_daemon};
  Time next_sweep_;
  int rejected_status_ = 0;  // By libmicrohttpd; 0 if none or recorded.
  Time shutdown_deadline_;   // Written before shut_down.
  std::thread thread_;
};

HttpServer::HttpServer(ListenSocket socket, HttpOptions options,
                       HttpHandler& handler)
    : impl_(std::make_unique<Impl>(std::move(socket), std::move(options),
                                   handler)) {}

HttpServer::~HttpServer() { Shutdown(steady_clock::now()); }

void HttpServer::StopAccepting() { impl_->Order(&Impl::stop_accepting); }

void HttpServer::RenewConnections() noexcept { impl_->Order(&Impl::renew); }

void HttpServer::Shutdown(steady_clock::time_point deadline) {
  impl_->Shutdown(deadline);
}

}  // namespace containercollector::server
