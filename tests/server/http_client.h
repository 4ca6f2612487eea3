// SPDX-License-Identifier: Apache-2.0

/// What a caller of the server sends, and what it gets.
#ifndef CONTAINERCOLLECTOR_TESTS_SERVER_HTTP_CLIENT_H_
#define CONTAINERCOLLECTOR_TESTS_SERVER_HTTP_CLIENT_H_

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "tests/support/raw_client.h"
#include "tests/support/request.h"

namespace containercollector::test {

inline constexpr std::string_view kRoute = "/processor/containercollector";

struct HttpResponse {
  int status = 0;  ///< 0 where the connection ended without a whole answer.
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  std::string body;
  std::string bytes;  ///< All that came.
};

/// The bytes of a request with `Connection: close` and, where there is a body,
/// its length.
std::string RequestBytes(std::string_view method, std::string_view target,
                         const Headers& headers = {},
                         std::string_view body = "");

/// Reads what came as one answer.
HttpResponse ParseResponse(std::string bytes);

/// A request on a connection of its own.
class HttpCall {
 public:
  /// Sends it. @param url As the server prints it.
  HttpCall(const std::string& url, std::string_view bytes);

  /// Waits until the server closes the connection.
  HttpResponse Wait(std::chrono::milliseconds timeout = kTimeout);

  RawClient& connection() { return client_; }

 private:
  static constexpr std::chrono::seconds kTimeout{120};

  RawClient client_;
};

/// `tcp://127.0.0.1:PORT` from `http://127.0.0.1:PORT`.
std::string TcpHost(const std::string& url);

HttpResponse Get(const std::string& url, std::string_view target);

/// POSTs to the route.
HttpResponse Post(const std::string& url, std::string_view query = "",
                  const Headers& headers = {}, std::string_view body = "");

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SERVER_HTTP_CLIENT_H_
