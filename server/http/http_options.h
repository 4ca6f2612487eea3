// SPDX-License-Identifier: Apache-2.0
/// The limits of an HTTP server.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_OPTIONS_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_OPTIONS_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/tls.h"

namespace containercollector::server {

struct HttpOptions {
  /// If a client opens one more, the server closes the one that has been idle
  /// longest.
  std::size_t max_connections = 2048;
  std::size_t max_connections_per_address = 0;  ///< 0: no limit.
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_body_bytes = 4 * 1024 * 1024;
  /// Memory of the responses that are being sent.
  std::size_t max_in_flight_bytes = 64 * 1024 * 1024;
  /// How long a connection may be silent; rounded up to whole seconds.
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(10);
  /// How long a whole request may take to arrive.
  std::chrono::milliseconds request_timeout = std::chrono::seconds(30);
  /// How long the client may take to read a whole response.
  std::chrono::milliseconds send_timeout = std::chrono::seconds(60);
  /// How often the server looks for connections that are over their deadline,
  /// and calls HttpHandler::Sweep().
  std::chrono::milliseconds sweep_interval{250};
  /// Whether the Host header must be an IP address, localhost or an allowed
  /// host. Prometheus scrapes by other names.
  bool check_host = true;
  std::vector<std::string> allowed_hosts;
  std::shared_ptr<const Tls> tls;  ///< Null: plain HTTP.
  /// Names of the headers to copy to HttpRequest, in static storage.
  std::vector<std::string_view> headers;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_OPTIONS_H_
