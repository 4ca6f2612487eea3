// SPDX-License-Identifier: Apache-2.0

#include "tests/server/http_client.h"

#include <algorithm>
#include <cctype>
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
  HttpResponse reply;
  reply.bytes = std::move(bytes);
  const std::size_t head_end = reply.bytes.find("\r\n\r\n");
  if (head_end == std::string::npos ||
      reply.bytes.compare(0, kProtocol.size(), kProtocol) != 0)
    return reply;

  std::string_view head = std::string_view(reply.bytes).substr(0, head_end);
  const int status =
      std::stoi(std::string(TakeLine(head).substr(kProtocol.size(), 3)));
  while (!head.empty()) {
    const std::string_view line = TakeLine(head);
    const std::size_t colon = line.find(": ");
    reply.headers[Lower(line.substr(0, colon))] = line.substr(colon + 2);
  }
  reply.body = reply.bytes.substr(head_end + 4);
  if (reply.headers["content-length"] == std::to_string(reply.body.size()))
    reply.status = status;
  return reply;
}

HttpCall::HttpCall(const std::string& url, std::string_view bytes)
    : client_(TcpHost(url)) {
  // Where the server has refused and closed already, its answer says why.
  static_cast<void>(client_.Send(bytes));
}

HttpResponse HttpCall::Wait(std::chrono::milliseconds timeout) {
  return ParseResponse(client_.ReceiveToEnd(timeout).bytes);
}

std::string TcpHost(const std::string& url) {
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
