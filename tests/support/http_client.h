// SPDX-License-Identifier: Apache-2.0

/// An HTTP client that shares no code with the library or the server.
#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_HTTP_CLIENT_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_HTTP_CLIENT_H_

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "tests/support/raw_client.h"
#include "tests/support/request.h"

namespace containercollector::test {

inline constexpr std::string_view kRoute = "/processor/containercollector";

struct HttpResponse {
  int status = 0;  ///< 0 if the connection ended before the whole response.
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  std::string body;                            ///< Without marks of chunks.
  std::string bytes;  ///< The response as it was received.

  /// Empty if there is no such header. `name` is in lower case.
  std::string Header(const std::string& name) const;
};

/// The bytes of a request with `Connection: close` and, if there is a body, its
/// length.
std::string RequestBytes(std::string_view method, std::string_view target,
                         const Headers& headers = {},
                         std::string_view body = "");

/// Parses `bytes` as one response.
HttpResponse ParseResponse(std::string bytes);

/// One request on its own connection.
class HttpCall {
 public:
  /// Sends the request.
  /// @param url http://127.0.0.1:PORT or unix:///PATH.
  /// @throws std::system_error if it cannot connect.
  HttpCall(const std::string& url, std::string_view bytes);

  /// Waits until the server closes the connection.
  HttpResponse Wait(std::chrono::milliseconds timeout = kTimeout);

  RawClient& connection() { return client_; }

 private:
  static constexpr std::chrono::seconds kTimeout{120};

  RawClient client_;
};

/// `tcp://127.0.0.1:PORT` from `http://127.0.0.1:PORT` or `https://…`; a
/// `unix://` URL unchanged.
std::string TcpHost(const std::string& url);

/// Sends a GET request and waits for the response.
HttpResponse Get(const std::string& url, std::string_view target);

/// Sends a POST request to the route and waits for the response.
HttpResponse Post(const std::string& url, std::string_view query = "",
                  const Headers& headers = {}, std::string_view body = "");

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_HTTP_CLIENT_H_
