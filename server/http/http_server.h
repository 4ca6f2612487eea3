// SPDX-License-Identifier: Apache-2.0
/// An HTTP/1.1 server on libmicrohttpd.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_SERVER_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_SERVER_H_

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "server/http/exchange.h"
#include "server/http/http_handler.h"
#include "server/http/listen_socket.h"

struct MHD_Daemon;

namespace containercollector::server {

/// Serves from its construction until Shutdown() or its destruction. One thread
/// serves all connections, so a pending request occupies no thread. Response
/// bodies are sent without being copied.
///
/// Every Responder must be gone or have sent its response before Shutdown() or
/// the destructor. Thread-safety: call the members from one thread, but for
/// RenewConnections().
class HttpServer {
 public:
  /// @param handler Must outlive the server.
  /// @throws std::runtime_error with a text for people if it cannot start.
  HttpServer(ListenSocket socket, HttpOptions options, HttpHandler& handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Accepts no more connections, and closes each after its response.
  void StopAccepting();

  /// Closes connections that are idle between two requests at once, and all
  /// others after their response. Call from any thread.
  void RenewConnections() noexcept;

  /// Closes the connections without a request, waits until `deadline` for
  /// responses to be sent, then closes the rest.
  void Shutdown(std::chrono::steady_clock::time_point deadline);

 private:
  using Time = std::chrono::steady_clock::time_point;

  struct Callbacks;  // What libmicrohttpd calls.
  struct DaemonStopper {
    void operator()(MHD_Daemon* daemon) const noexcept;
  };

  void StartDaemon();
  std::string CannotStart(const std::string& why) const;
  void Run();
  void Sweep();
  void WaitForEvents();
  void CloseListenSocket();
  bool IsDrained();

  ListenSocket socket_;
  ExchangeContext context_;
  std::unique_ptr<MHD_Daemon, DaemonStopper> daemon_;
  Time next_sweep_;
  std::atomic<bool> stop_accepting_{false};
  std::atomic<bool> renew_{false};
  std::atomic<bool> shut_down_{false};
  Time shutdown_deadline_;  // Written before shut_down_.
  std::thread thread_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_SERVER_H_
