// SPDX-License-Identifier: Apache-2.0

#include "tests/support/http_client.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <optional>
#include <utility>

namespace containercollector::test {
namespace {

template <typename Specific>
FileDescriptor Connect(const Specific& address, const std::string& host) {
  FileDescriptor socket(CheckSystemCall(
      ::socket(Generic(address)->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0),
      "socket"));
  CheckSystemCall(::connect(socket.get(), Generic(address), sizeof(address)),
                  "connect to " + host);
  return socket;
}

FileDescriptor Connect(const std::string& host) {
  constexpr std::string_view kUnix = "unix://";
  if (host.rfind(kUnix, 0) == 0)
    return Connect(UnixAddress(host.substr(kUnix.size())), host);
  const int port = std::stoi(host.substr(host.rfind(':') + 1));
  return Connect(LoopbackAddress(static_cast<std::uint16_t>(port)), host);
}

std::string Lower(std::string text) {
  for (char& c : text)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// The bytes that chunks carry; nothing if the last chunk is missing.
std::optional<std::string> JoinChunks(std::string_view chunks) {
  std::string body;
  while (chunks.find("\r\n") != std::string_view::npos) {
    const std::string digits(TakeUntil("\r\n", chunks));
    const std::size_t size = std::stoul(digits, nullptr, 16);
    if (size == 0) return body;
    if (chunks.size() < size + 2) break;
    body += chunks.substr(0, size);
    chunks.remove_prefix(size + 2);
  }
  return std::nullopt;
}

}  // namespace

RawClient::RawClient(const std::string& host) : socket_(Connect(host)) {}

void RawClient::FinishSending() {
  CheckSystemCall(::shutdown(socket_.get(), SHUT_WR), "shutdown");
}

RawClient::Received RawClient::Receive(std::size_t size,
                                       std::chrono::milliseconds timeout) {
  using std::chrono::milliseconds;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::array<char, 65536> buffer{};
  std::vector<pollfd> polled = {{socket_.get(), POLLIN, 0}};
  Received result{{}, End::kEnough};
  while (result.bytes.size() < size) {
    const auto left = std::chrono::ceil<milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (!Poll(polled, left)) return {std::move(result.bytes), End::kTimedOut};
    const ssize_t received =
        ::recv(socket_.get(), buffer.data(),
               std::min(buffer.size(), size - result.bytes.size()), 0);
    if (received > 0) {
      result.bytes.append(buffer.data(), static_cast<std::size_t>(received));
    } else if (received == 0 || errno == ECONNRESET) {
      return {std::move(result.bytes),
              received == 0 ? End::kClosed : End::kReset};
    } else if (errno != EINTR) {
      ThrowErrno("recv");
    }
  }
  return result;
}

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
  HttpResponse response;
  response.bytes = std::move(bytes);
  const std::size_t head_end = response.bytes.find("\r\n\r\n");
  if (head_end == std::string::npos ||
      response.bytes.rfind("HTTP/1.1 ", 0) != 0)
    return response;
  std::string_view head = std::string_view(response.bytes).substr(0, head_end);
  const std::string line(TakeUntil("\r\n", head));
  for (auto& [name, value] : ParseHeaders(head))
    response.headers[Lower(name)] = std::move(value);
  std::optional<std::string> body = response.bytes.substr(head_end + 4);
  if (response.Header("transfer-encoding") == "chunked")
    body = JoinChunks(*body);
  else if (response.Header("content-length") != std::to_string(body->size()))
    body.reset();
  if (body) response.status = std::stoi(line.substr(9));
  response.body = body.value_or(response.bytes.substr(head_end + 4));
  return response;
}

std::string HttpResponse::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

HttpCall::HttpCall(const std::string& url, std::string_view bytes)
    : client_(TcpHost(url)) {
  // A server that rejected the request may have closed the connection already.
  // Its response says why.
  static_cast<void>(client_.Send(bytes));
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
