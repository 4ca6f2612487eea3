// SPDX-License-Identifier: Apache-2.0

#include "server/http/request_head.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

namespace containercollector::server {
namespace {

/// As RFC 9110 has it, section 5.6.2.
bool IsToken(std::string_view text) {
  constexpr std::string_view kTokenBytes =
      "!#$%&'*+-.^_`|~0123456789"
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return !text.empty() &&
         text.find_first_not_of(kTokenBytes) == std::string_view::npos;
}

bool IsTarget(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7f;
  });
}

bool IsHeaderValue(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\t';
  });
}

/// What the parts that libmicrohttpd found take in a request. It ends a part at
/// a NUL byte, and joins lines that begin with white space to the line before:
/// what it left out makes the request longer than this.
std::size_t ExplainedBytes(const RequestHead& head) {
  constexpr std::size_t kLineEnd = 2;
  std::size_t bytes = head.method.size() + 1 + head.target.size() + 1 +
                      head.version.size() + kLineEnd + kLineEnd;
  for (const auto& [name, value] : head.headers)
    bytes += name.size() + 2 + value.size() + kLineEnd;
  return bytes;
}

std::optional<std::uint64_t> ParseLength(std::string_view text) {
  std::uint64_t length = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] =
      std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || rest != end) return std::nullopt;
  return length;
}

Answer BadRequest(const std::string& why) {
  return TextAnswer(400, "Bad request: " + why);
}

Answer RefuseLength(std::string_view text, std::size_t max_body_bytes) {
  const auto length = ParseLength(text);
  if (!length) return BadRequest("Content-Length is not a number.");
  return *length > max_body_bytes ? BodyTooLarge(max_body_bytes) : nullptr;
}

}  // namespace

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

Answer BodyTooLarge(std::size_t max_body_bytes) {
  return TextAnswer(413, "The request's body is larger than the limit of " +
                             std::to_string(max_body_bytes) +
                             " bytes (--max-body-bytes). It is not used: send "
                             "{} or nothing.");
}

Answer RefuseHead(const RequestHead& head, const RequestLimits& limits) {
  if (head.bytes > limits.max_header_bytes) {
    return TextAnswer(431,
                      "The request's headers are larger than the limit of " +
                          std::to_string(limits.max_header_bytes) +
                          " bytes (--max-header-bytes).");
  }
  if (head.bytes > ExplainedBytes(head)) {
    return BadRequest(
        "there are NUL bytes or unneeded white space in its headers.");
  }

  if (!IsTarget(head.target))
    return BadRequest("its target has bytes that do not belong there.");

  std::vector<std::string_view> lengths;
  std::vector<std::string_view> encodings;
  std::size_t hosts = 0;
  for (const auto& [name, value] : head.headers) {
    if (!IsToken(name) || !IsHeaderValue(value))
      return BadRequest("a header has bytes that do not belong there.");
    if (EqualsIgnoringCase(name, "Content-Length")) lengths.push_back(value);
    if (EqualsIgnoringCase(name, "Transfer-Encoding"))
      encodings.push_back(value);
    if (EqualsIgnoringCase(name, "Host")) ++hosts;
  }
  if (hosts > 1) return BadRequest("Host is there more than once.");
  if (hosts == 0 && head.version == "HTTP/1.1")
    return BadRequest("Host is missing.");
  if (lengths.size() > 1)
    return BadRequest("Content-Length is there more than once.");
  if (!lengths.empty() && !encodings.empty())
    return BadRequest(
        "Content-Length and Transfer-Encoding exclude each other.");
  if (!encodings.empty() && (encodings.size() > 1 ||
                             !EqualsIgnoringCase(encodings.front(), "chunked")))
    return BadRequest("Transfer-Encoding can only be chunked.");
  if (!encodings.empty() && head.version != "HTTP/1.1")
    return BadRequest("Transfer-Encoding needs HTTP/1.1.");
  return lengths.empty() ? nullptr
                         : RefuseLength(lengths.front(), limits.max_body_bytes);
}

}  // namespace containercollector::server
