// SPDX-License-Identifier: Apache-2.0

#include "tests/support/http.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <iomanip>
#include <sstream>
#include <stdexcept>

namespace containercollector::test {
namespace {

constexpr std::string_view kEndOfLine = "\r\n";
constexpr std::string_view kEndOfHead = "\r\n\r\n";

void Require(bool condition, const std::string& what, std::string_view text) {
  if (!condition) throw std::runtime_error(what + std::string(text));
}

std::size_t BodySize(const Request& request) {
  Require(!request.Header("Transfer-Encoding"), "no Content-Length", "");
  const std::string text = request.Header("Content-Length").value_or("0");
  std::size_t size = 0;
  const char* const end = text.data() + text.size();
  Require(std::from_chars(text.data(), end, size).ptr == end,
          "bad Content-Length: ", text);
  return size;
}

/// Returns the head up to the header that frames the body.
std::string OpenHead(int status, std::string_view content_type,
                     const Headers& headers) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + " Reason\r\n";
  for (const auto& [name, value] : headers)
    head.append(name).append(": ").append(value).append(kEndOfLine);
  return head.append("Content-Type: ").append(content_type).append(kEndOfLine);
}

std::size_t BodyOffset(std::string_view response) {
  return response.find(kEndOfHead) + kEndOfHead.size();
}

std::string Quoted(std::string_view text) {
  std::ostringstream json;
  json << std::hex << std::setfill('0');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') json << '\\';
    if (byte < 0x20)
      json << "\\u" << std::setw(4) << int{byte};
    else
      json << c;
  }
  return '"' + json.str() + '"';
}

}  // namespace

std::optional<std::string> FindHeader(const Headers& headers,
                                      std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (::strcasecmp(key.c_str(), std::string(name).c_str()) == 0) return value;
  }
  return std::nullopt;
}

std::string_view TakeUntil(std::string_view separator, std::string_view& text) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + separator.size()));
  return taken;
}

Headers ParseHeaders(std::string_view lines) {
  Headers headers;
  while (!lines.empty()) {
    std::string_view value = TakeUntil(kEndOfLine, lines);
    Require(value.find(':') + 1 > 1, "malformed header: ", value);
    const std::string_view name = TakeUntil(":", value);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    headers.emplace_back(name, value);
  }
  return headers;
}

std::optional<Request> TakeRequest(std::string& bytes) {
  const std::size_t head_end = bytes.find(kEndOfHead);
  if (head_end == std::string::npos) return std::nullopt;
  std::string_view head = std::string_view(bytes).substr(0, head_end);
  const std::string_view line = TakeUntil(kEndOfLine, head);

  Request request;
  std::string_view rest = line;
  request.method = TakeUntil(" ", rest);
  request.target = TakeUntil(" ", rest);
  Require(!request.target.empty() && rest.rfind("HTTP/1.", 0) == 0,
          "malformed request line: ", line);
  std::string_view target = request.target;
  request.path = TakeUntil("?", target);
  request.query = target;
  request.headers = ParseHeaders(head);

  const std::size_t offset = head_end + kEndOfHead.size();
  const std::size_t size = BodySize(request);
  if (bytes.size() - offset < size) return std::nullopt;
  request.body = bytes.substr(offset, size);
  bytes.erase(0, offset + size);
  return request;
}

Headers DaemonHeaders(std::string_view api_version,
                      std::string_view server_version) {
  return {{"Api-Version", std::string(api_version)},
          {"Docker-Experimental", "false"},
          {"Ostype", "linux"},
          {"Server", "Docker/" + std::string(server_version) + " (linux)"}};
}

std::string ResponseBytes(int status, std::string_view content_type,
                          std::string_view body, const Headers& headers) {
  return ResponseHead(status, content_type, body.size(), headers).append(body);
}

std::string ResponseHead(int status, std::string_view content_type,
                         std::uint64_t content_length, const Headers& headers) {
  return OpenHead(status, content_type, headers) +
         "Content-Length: " + std::to_string(content_length) + "\r\n\r\n";
}

std::string Chunked(int status, std::string_view content_type,
                    std::string_view body, std::size_t chunk_size,
                    const Headers& headers) {
  std::string response = ChunkedHead(status, content_type, headers);
  for (std::size_t i = 0; i < body.size(); i += chunk_size)
    response += Chunk(body.substr(i, chunk_size));
  return response.append(kLastChunk);
}

std::string ChunkedHead(int status, std::string_view content_type,
                        const Headers& headers) {
  return OpenHead(status, content_type, headers) +
         "Transfer-Encoding: chunked\r\n\r\n";
}

std::string Chunk(std::string_view bytes) {
  std::ostringstream chunk;
  chunk << std::hex << bytes.size() << "\r\n" << bytes << "\r\n";
  return chunk.str();
}

std::string UntilClose(int status, std::string_view content_type,
                       std::string_view body, const Headers& headers) {
  return (OpenHead(status, content_type, headers) + "Connection: close\r\n\r\n")
      .append(body);
}

std::string DaemonError(int status, std::string_view message,
                        const Headers& headers) {
  return ResponseBytes(status, kJson, "{\"message\":" + Quoted(message) + "}\n",
                       headers);
}

std::string TooOldMessage(std::string_view asked, std::string_view minimum) {
  return "client version " + std::string(asked) +
         " is too old. Minimum supported API version is " +
         std::string(minimum) +
         ", please upgrade your client to a newer version";
}

std::string TooNewMessage(std::string_view asked, std::string_view maximum) {
  return "client version " + std::string(asked) +
         " is too new. Maximum supported API version is " +
         std::string(maximum);
}

std::string NewerThanServerMessage(std::string_view asked,
                                   std::string_view maximum) {
  return "client is newer than server (client API version: " +
         std::string(asked) + ", server API version: " + std::string(maximum) +
         ")";
}

std::string HeadOf(std::string_view response) {
  return std::string(response.substr(0, BodyOffset(response)));
}

std::string WithHalfTheBody(std::string_view response) {
  const std::size_t body = BodyOffset(response);
  return std::string(response.substr(0, body + (response.size() - body) / 2));
}

std::string HeadWithoutEnd(std::string_view response) {
  return std::string(response.substr(0, BodyOffset(response) - 2));
}

std::string HttpGarbage() {
  using std::string_literals::operator""s;
  return "\x16\x03\x01\0\xff\xfe garbage \x80\r\n\r\n\0\0"s;
}

}  // namespace containercollector::test
