// SPDX-License-Identifier: Apache-2.0

/// HTTP/1.1 messages as bytes, well formed and otherwise.
#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_HTTP_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_HTTP_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace containercollector::test {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Returns the first header of that name, in whatever case.
std::optional<std::string> FindHeader(const Headers& headers,
                                      std::string_view name);

/// Takes what precedes `separator` off `text`, or all of it.
std::string_view TakeUntil(std::string_view separator, std::string_view& text);

/// Parses the lines after the first one of a head.
/// @throws std::runtime_error if a line is malformed.
Headers ParseHeaders(std::string_view lines);

/// A request as it arrived.
struct Request {
  std::string method;
  std::string target;
  /// The target without its query, and the query without its `?`.
  std::string path;
  std::string query;
  Headers headers;
  std::string body;
  std::size_t sequence = 0;  ///< Among its connection's; counts from 1.

  std::optional<std::string> Header(std::string_view name) const {
    return FindHeader(headers, name);
  }
};

/// Takes the first request off `bytes`. Returns nothing if it is incomplete.
/// @throws std::runtime_error if it is malformed.
std::optional<Request> TakeRequest(std::string& bytes);

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

/// The headers of every response of dockerd.
Headers DaemonHeaders(std::string_view api_version = "1.40",
                      std::string_view server_version = "19.03.15");

/// Returns a response with a Content-Length.
std::string ResponseBytes(int status, std::string_view content_type,
                          std::string_view body,
                          const Headers& headers = DaemonHeaders());

/// Returns the head of such a response.
std::string ResponseHead(int status, std::string_view content_type,
                         std::uint64_t content_length,
                         const Headers& headers = DaemonHeaders());

/// Returns a response in chunks of at most `chunk_size` bytes.
std::string Chunked(int status, std::string_view content_type,
                    std::string_view body, std::size_t chunk_size,
                    const Headers& headers = DaemonHeaders());

/// Returns the head of such a response.
std::string ChunkedHead(int status, std::string_view content_type,
                        const Headers& headers = DaemonHeaders());
std::string Chunk(std::string_view bytes);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// Returns a response without a length, which ends where the connection does.
std::string UntilClose(int status, std::string_view content_type,
                       std::string_view body,
                       const Headers& headers = DaemonHeaders());

/// Returns Docker's error: `{"message":"..."}`.
std::string DaemonError(int status, std::string_view message,
                        const Headers& headers = DaemonHeaders());

/// What moby says of an API version that the client asked for.
std::string TooOldMessage(std::string_view asked, std::string_view minimum);
std::string TooNewMessage(std::string_view asked, std::string_view maximum);
/// The same as TooNewMessage() in the words of daemons up to API 1.24.
std::string NewerThanServerMessage(std::string_view asked,
                                   std::string_view maximum);

/// Returns the head of `response` with its empty line.
std::string HeadOf(std::string_view response);
/// Returns the head and the first half of what follows it.
std::string WithHalfTheBody(std::string_view response);
/// Returns the head without its empty line.
std::string HeadWithoutEnd(std::string_view response);

/// Returns bytes that are no HTTP, with a NUL.
std::string HttpGarbage();

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_HTTP_H_
