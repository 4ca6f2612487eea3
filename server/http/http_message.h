// SPDX-License-Identifier: Apache-2.0
/// Requests and responses, independent of any HTTP library.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_MESSAGE_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_MESSAGE_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace containercollector::server {

/// An entry of the handler's route table. Opaque to the HTTP server.
struct Route;

/// Reads the body of a request as it arrives. The server stores none of it.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  virtual void Read(std::string_view piece) = 0;

 protected:
  BodyReader() = default;
  BodyReader(const BodyReader&) = default;
  BodyReader& operator=(const BodyReader&) = default;
};

struct HttpRequest {
  std::string method;
  std::string path;   ///< As received, not decoded.
  std::string query;  ///< As received, without the "?".
  /// The headers that HttpOptions::headers names, if present.
  std::vector<std::pair<std::string_view, std::string>> headers;
  std::string peer;  ///< The client's address and port, e.g. "[::1]:40312".
  const Route* route = nullptr;  ///< Set by HttpHandler::Check().
  /// Set by HttpHandler::Check(). Null: the body is not read.
  std::shared_ptr<BodyReader> body_reader;
};

/// Copies share the body.
struct HttpResponse {
  int status = 500;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<const std::string> body;  ///< Not null.
};

/// A response in plain text.
HttpResponse TextResponse(int status, std::string text);

/// A 503 with `Retry-After`.
HttpResponse BusyResponse(std::string text);

/// A request whose exchange has ended.
struct RequestRecord {
  HttpRequest request;
  int status = 0;  ///< 0 if the connection was lost before a response.
  std::chrono::steady_clock::duration duration{};
  std::size_t bytes = 0;   ///< Size of the response's body.
  bool delivered = false;  ///< Whether the whole response was sent.
  std::string error;       ///< The text of a response with status 400 to 599.
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_MESSAGE_H_
