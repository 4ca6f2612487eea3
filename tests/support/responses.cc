// SPDX-License-Identifier: Apache-2.0

#include "tests/support/responses.h"

#include <array>
#include <charconv>
#include <stdexcept>

namespace containercollector::test {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    default:
      return "Other";
  }
}

std::string Hexadecimal(std::size_t number) {
  std::array<char, 2 * sizeof(number)> digits{};
  const auto result =
      std::to_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return std::string(digits.data(), result.ptr);
}

std::string JsonString(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string json = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (byte < 0x20) {
      json += "\\u00";
      json += kHexDigits[byte >> 4];
      json += kHexDigits[byte & 0xf];
    } else {
      json += c;
    }
  }
  return json + '"';
}

/// The head up to where the header that frames the body is to follow.
std::string OpenHead(int status, std::string_view content_type,
                     const Headers& headers) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + ' ';
  head += ReasonPhrase(status);
  for (const auto& [name, value] : headers) {
    head += "\r\n" + name + ": " + value;
  }
  if (!content_type.empty()) {
    head += "\r\nContent-Type: ";
    head += content_type;
  }
  return head + "\r\n";
}

std::size_t BodyOffset(std::string_view response) {
  const std::size_t end = response.find(kEndOfHead);
  if (end == std::string_view::npos) {
    throw std::invalid_argument("a response without an end to its head");
  }
  return end + kEndOfHead.size();
}

}  // namespace

Headers DaemonHeaders(std::string_view api_version,
                      std::string_view server_version) {
  return {{"Api-Version", std::string(api_version)},
          {"Docker-Experimental", "false"},
          {"Ostype", "linux"},
          {"Server", "Docker/" + std::string(server_version) + " (linux)"}};
}

std::string ResponseBytes(int status, std::string_view content_type,
                          std::string_view body, const Headers& headers) {
  return ResponseHead(status, content_type, body.size(), headers) +
         std::string(body);
}

std::string ResponseHead(int status, std::string_view content_type,
                         std::uint64_t content_length, const Headers& headers) {
  return OpenHead(status, content_type, headers) +
         "Content-Length: " + std::to_string(content_length) + "\r\n\r\n";
}

std::string Chunked(int status, std::string_view content_type,
                    std::string_view body, std::size_t chunk_size,
                    const Headers& headers) {
  if (chunk_size == 0) throw std::invalid_argument("chunks of no bytes");
  std::string response = ChunkedHead(status, content_type, headers);
  for (std::size_t i = 0; i < body.size(); i += chunk_size) {
    response += Chunk(body.substr(i, chunk_size));
  }
  response += kLastChunk;
  return response;
}

std::string ChunkedHead(int status, std::string_view content_type,
                        const Headers& headers) {
  return OpenHead(status, content_type, headers) +
         "Transfer-Encoding: chunked\r\n\r\n";
}

std::string Chunk(std::string_view bytes) {
  return Hexadecimal(bytes.size()) + "\r\n" + std::string(bytes) + "\r\n";
}

std::string UntilClose(int status, std::string_view content_type,
                       std::string_view body, const Headers& headers) {
  return OpenHead(status, content_type, headers) + "Connection: close\r\n\r\n" +
         std::string(body);
}

std::string DaemonError(int status, std::string_view message,
                        const Headers& headers) {
  return ResponseBytes(status, kJson,
                       "{\"message\":" + JsonString(message) + "}\n", headers);
}

std::string PageNotFound(const Headers& headers) {
  return DaemonError(404, "page not found", headers);
}

std::string HtmlErrorPage(int status) {
  const std::string title =
      std::to_string(status) + ' ' + std::string(ReasonPhrase(status));
  return ResponseBytes(status, kHtml,
                       "<html>\r\n<head><title>" + title +
                           "</title></head>\r\n<body>\r\n<center><h1>" + title +
                           "</h1></center>\r\n</body>\r\n</html>\r\n",
                       {{"Server", "nginx"}});
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
