// SPDX-License-Identifier: Apache-2.0

#include "tests/support/http_client.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <optional>
#include <utility>

namespace containercollector::test {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(
      lower.begin(), lower.end(), lower.begin(),
      [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

/// Takes the first line off `text`.
std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  return line;
}

/// The bytes that chunks carry; nothing if the last chunk is missing.
std::optional<std::string> JoinChunks(std::string_view chunks) {
  std::string body;
  for (;;) {
    if (chunks.find("\r\n") == std::string_view::npos) return std::nullopt;
    const std::size_t size =
        std::stoul(std::string(TakeLine(chunks)), nullptr, 16);
    if (size == 0) return body;
    if (chunks.size() < size + 2) return std::nullopt;
    body += chunks.substr(0, size);
    chunks.remove_prefix(size + 2);
  }
}

}  // namespace

std::string RequestBytes(std::string_view method, std::string_view target,
                         const Headers& headers, std::string_view body) {
  std::string bytes;
  bytes.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
  bytes += "Host: localhost\r\nConnection: close\r\n";
  for (const auto& [name, value] : headers)
    bytes.append(name).append(": ").append(value).append("\r\n");
  if (!body.empty())
    bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return bytes.append("\r\n").append(body);
}

HttpResponse ParseResponse(std::string bytes) {
  constexpr std::string_view kProtocol = "HTTP/1.1 ";
  HttpResponse response;
  response.bytes = std::move(bytes);
  const std::size_t head_end = response.bytes.find("\r\n\r\n");
  if (head_end == std::string::npos ||
      response.bytes.compare(0, kProtocol.size(), kProtocol) != 0)
    return response;

  std::string_view head = std::string_view(response.bytes).substr(0, head_end);
  const int status =
      std::stoi(std::string(TakeLine(head).substr(kProtocol.size(), 3)));
  while (!head.empty()) {
    const std::string_view line = TakeLine(head);
    const std::size_t colon = line.find(": ");
    response.headers[Lower(line.substr(0, colon))] = line.substr(colon + 2);
  }
  response.body = response.bytes.substr(head_end + 4);
  if (response.Header("transfer-encoding") == "chunked") {
    if (const auto body = JoinChunks(response.body)) {
      response.body = *body;
      response.status = status;
    }
  } else if (response.Header("content-length") ==
             std::to_string(response.body.size())) {
    response.status = status;
  }
  return response;
}

std::string HttpResponse::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

HttpCall::HttpCall(const std::string& url, std::string_view bytes)
    : client_(TcpHost(url)) {
  // A server that rejected the request may have closed the connection already:
  // its response says why.
  static_cast<void>(client_.Send(bytes));
}

HttpResponse HttpCall::Wait(std::chrono::milliseconds timeout) {
  return ParseResponse(client_.ReceiveToEnd(timeout).bytes);
}

std::string TcpHost(const std::string& url) {
  if (url.rfind("unix://", 0) == 0) return url;
  return "tcp" + url.substr(url.find("://"));
}

HttpResponse Get(const std::string& url, std::string_view target) {
  return HttpCall(url, RequestBytes("GET", target)).Wait();
}

HttpResponse Post(const std::string& url, std::string_view query,
                  const Headers& headers, std::string_view body) {
  const std::string target = std::string(kRoute) + std::string(query);
  return HttpCall(url, RequestBytes("POST", target, headers, body)).Wait();
}

}  // namespace containercollector::test
