// SPDX-License-Identifier: Apache-2.0

/// An HTTP client that shares no code with the library or the server.
#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_HTTP_CLIENT_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_HTTP_CLIENT_H_

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "tests/support/http.h"
#include "tests/support/posix.h"

namespace containercollector::test {

/// A client that knows nothing of HTTP: it sends the bytes it is given and
/// returns those that arrive.
class RawClient {
 public:
  /// Connects to `unix:///PATH` or `tcp://127.0.0.1:PORT`.
  /// @throws std::system_error if that fails.
  explicit RawClient(const std::string& host);

  /// Returns false if the peer is gone.
  bool Send(std::string_view bytes) { return SendAll(socket_, bytes); }

  /// Tells the peer that no more bytes follow, as `nc -N` does. Receiving goes
  /// on.
  void FinishSending();

  /// Why receiving ended.
  enum class End { kEnough, kClosed, kReset, kTimedOut };

  struct Received {
    std::string bytes;
    End end;
  };

  /// Waits until there are `size` bytes, or no more follow.
  Received Receive(std::size_t size,
                   std::chrono::milliseconds timeout = kTimeout);
  Received ReceiveToEnd(std::chrono::milliseconds timeout = kTimeout) {
    return Receive(std::string::npos, timeout);
  }

  void Close() { socket_.Reset(); }

 private:
  static constexpr std::chrono::seconds kTimeout{20};

  FileDescriptor socket_;
};

inline constexpr std::string_view kRoute = "/processor/containercollector";

struct HttpResponse {
  int status = 0;  ///< 0 if the connection ended before the whole response.
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  std::string body;                            ///< Without marks of chunks.
  std::string bytes;  ///< The response as it was received.

  /// Empty if there is no such header. `name` is in lower case.
  std::string Header(const std::string& name) const;
};

/// Returns a request with `Connection: close` and, if there is a body, its
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
  HttpResponse Wait(
      std::chrono::milliseconds timeout = std::chrono::minutes(2)) {
    return ParseResponse(client_.ReceiveToEnd(timeout).bytes);
  }

  RawClient& connection() { return client_; }

 private:
  RawClient client_;
};

/// Returns `tcp://127.0.0.1:PORT` for `http://127.0.0.1:PORT` or `https://…`,
/// and a `unix://` URL unchanged.
std::string TcpHost(const std::string& url);

/// Sends a GET request and waits for the response.
HttpResponse Get(const std::string& url, std::string_view target);

/// Sends a POST request to the route and waits for the response.
HttpResponse Post(const std::string& url, std::string_view query = "",
                  const Headers& headers = {}, std::string_view body = "");

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_HTTP_CLIENT_H_
