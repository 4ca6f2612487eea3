// SPDX-License-Identifier: Apache-2.0

#include "tests/support/request.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace containercollector::test {
namespace {

constexpr std::string_view kEndOfLine = "\r\n";
constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::size_t kLargestHead = std::size_t{64} << 10;
constexpr std::size_t kLargestBody = std::size_t{64} << 20;

char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool EqualIgnoringCase(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return ToLower(a) == ToLower(b); });
}

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes off and returns what stands before `separator`; all of it when there
/// is no separator.
std::string_view TakeUntil(std::string_view separator, std::string_view& text) {
  const std::size_t end = text.find(separator);
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size()
                                                   : end + separator.size());
  return taken;
}

void ParseRequestLine(std::string_view line, Request& request) {
  std::string_view rest = line;
  request.method = TakeUntil(" ", rest);
  request.target = TakeUntil(" ", rest);
  request.protocol = rest;
  if (request.method.empty() || request.target.empty() ||
      request.protocol.rfind("HTTP/1.", 0) != 0) {
    throw MalformedRequest("malformed request line: " + std::string(line));
  }
  std::string_view target = request.target;
  request.path = TakeUntil("?", target);
  request.query = target;
}

Request ParseHead(std::string_view head) {
  Request request;
  ParseRequestLine(TakeUntil(kEndOfLine, head), request);
  while (!head.empty()) {
    const std::string_view line = TakeUntil(kEndOfLine, head);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) {
      throw MalformedRequest("malformed header: " + std::string(line));
    }
    request.headers.emplace_back(line.substr(0, colon),
                                 Trim(line.substr(colon + 1)));
  }
  return request;
}

std::size_t BodySize(const Request& request) {
  if (request.Header("Transfer-Encoding")) {
    throw MalformedRequest("a body without a Content-Length");
  }
  const std::optional<std::string> text = request.Header("Content-Length");
  if (!text) return 0;
  std::size_t size = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, size);
  if (error != std::errc() || stop != end || size > kLargestBody) {
    throw MalformedRequest("bad Content-Length: " + *text);
  }
  return size;
}

}  // namespace

std::optional<std::string> Request::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (EqualIgnoringCase(key, name)) return value;
  }
  return std::nullopt;
}

bool Request::KeepsAlive() const {
  const std::optional<std::string> wish = Header("Connection");
  if (protocol == "HTTP/1.0") {
    return wish && EqualIgnoringCase(*wish, "keep-alive");
  }
  return !wish || !EqualIgnoringCase(*wish, "close");
}

std::optional<Request> RequestReader::Next() {
  std::size_t head_size = 0;
  while ((head_size = pending_.find(kEndOfHead)) == std::string::npos) {
    if (pending_.size() > kLargestHead) {
      throw MalformedRequest("a head of more than 64 KiB");
    }
    if (!ReceiveMore()) return std::nullopt;
  }
  Request request = ParseHead(std::string_view(pending_).substr(0, head_size));
  pending_.erase(0, head_size + kEndOfHead.size());

  const std::size_t body_size = BodySize(request);
  while (pending_.size() < body_size) {
    if (!ReceiveMore()) return std::nullopt;
  }
  request.body = pending_.substr(0, body_size);
  pending_.erase(0, body_size);

  request.connection = ordinal_;
  request.sequence = ++sequence_;
  return request;
}

bool RequestReader::ReceiveMore() {
  std::array<char, 16384> buffer{};
  const std::size_t received =
      connection_.Receive(buffer.data(), buffer.size());
  pending_.append(buffer.data(), received);
  return received > 0;
}

}  // namespace containercollector::test
