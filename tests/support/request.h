// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_REQUEST_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_REQUEST_H_

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/connection.h"

namespace containercollector::test {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;
  std::string target;
  /// The target without its query, and the query without its `?`.
  std::string path;
  std::string query;
  /// As in `HTTP/1.1`.
  std::string protocol;
  Headers headers;
  std::string body;
  /// Which of the daemon's connections it came on, and as which request on it;
  /// both count from 1.
  std::size_t connection = 0;
  std::size_t sequence = 0;

  /// The first header of that name, in whatever case.
  std::optional<std::string> Header(std::string_view name) const;

  /// Whether the client wants the connection kept for another request.
  bool KeepsAlive() const;
};

class MalformedRequest : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads one request after the other from a connection.
class RequestReader {
 public:
  RequestReader(Connection& connection, std::size_t connection_ordinal)
      : connection_(connection), ordinal_(connection_ordinal) {}

  /// Nothing when the peer is gone before another request is complete. Throws
  /// MalformedRequest; a body must come with a Content-Length.
  std::optional<Request> Next();

 private:
  bool ReceiveMore();

  Connection& connection_;
  const std::size_t ordinal_;
  std::size_t sequence_ = 0;
  /// Received, but not yet part of a request.
  std::string pending_;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_REQUEST_H_
