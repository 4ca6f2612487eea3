// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_RESPONSES_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_RESPONSES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/request.h"

/// Whole HTTP responses, and the ways to spoil them, as the bytes to send.
namespace containercollector::test {

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kHtml = "text/html";
inline constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

/// The headers that dockerd gives every response.
Headers DaemonHeaders(std::string_view api_version = "1.40",
                      std::string_view server_version = "19.03.15");

/// With a Content-Length.
std::string ResponseBytes(int status, std::string_view content_type,
                          std::string_view body,
                          const Headers& headers = DaemonHeaders());

/// Only the head of such a response, whose body the script sends itself.
std::string ResponseHead(int status, std::string_view content_type,
                         std::uint64_t content_length,
                         const Headers& headers = DaemonHeaders());

/// In chunks of at most `chunk_size` bytes.
std::string Chunked(int status, std::string_view content_type,
                    std::string_view body, std::size_t chunk_size,
                    const Headers& headers = DaemonHeaders());

/// Only the head of such a response.
std::string ChunkedHead(int status, std::string_view content_type,
                        const Headers& headers = DaemonHeaders());
std::string Chunk(std::string_view bytes);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// `Connection: close` and no length: it ends where the connection does, so
/// send it with RespondAndClose().
std::string UntilClose(int status, std::string_view content_type,
                       std::string_view body,
                       const Headers& headers = DaemonHeaders());

/// Docker's error: `{"message":"..."}`.
std::string DaemonError(int status, std::string_view message,
                        const Headers& headers = DaemonHeaders());
std::string PageNotFound(const Headers& headers = DaemonHeaders());
/// A page such as a proxy in front of a daemon makes.
std::string HtmlErrorPage(int status);

/// What moby says of an API version that the client asked for.
std::string TooOldMessage(std::string_view asked, std::string_view minimum);
std::string TooNewMessage(std::string_view asked, std::string_view maximum);
/// The same as TooNewMessage() in the words of daemons up to API 1.24.
std::string NewerThanServerMessage(std::string_view asked,
                                   std::string_view maximum);

/// The head of `response` with its empty line.
std::string HeadOf(std::string_view response);
/// The head and the first half of what follows it, chunk marks included.
std::string WithHalfTheBody(std::string_view response);
/// A status line and headers, but not the empty line after them.
std::string HeadWithoutEnd(std::string_view response);

/// Bytes that are no HTTP at all, a NUL among them.
std::string HttpGarbage();

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_RESPONSES_H_
