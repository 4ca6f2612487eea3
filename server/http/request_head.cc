// SPDX-License-Identifier: Apache-2.0
#include "server/http/request_head.h"

#include <arpa/inet.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

namespace containercollector::server {
namespace {

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Returns whether `text` is not empty and has only ASCII letters, digits and
/// the bytes in `marks`.
bool ConsistsOf(std::string_view text, std::string_view marks) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  });
}

bool HasControlBytes(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

bool IsHostName(std::string_view text) {
  constexpr std::size_t kMaxBytes = 253;  // In DNS.
  return text.size() <= kMaxBytes && ConsistsOf(text, "-._");
}

/// Returns the host of "host" or "host:port", including the brackets of an IPv6
/// address but not a trailing dot. Empty if `authority` has another form.
std::string_view HostOf(std::string_view authority) {
  const std::size_t end = authority.substr(0, 1) == "["
                              ? authority.find(']') + 1
                              : authority.find(':');
  if (end < authority.size()) {
    const std::string_view port = authority.substr(end + 1);
    if (authority[end] != ':' || port.size() > 5 ||
        !std::all_of(port.begin(), port.end(), IsDigit))
      return "";
  }
  std::string_view host = authority.substr(0, end);
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  return host;
}

/// Returns whether `host` is an address as written in a URI: 127.0.0.1, [::1]
/// or [fe80::1%25eth0].
bool IsAddress(std::string_view host) {
  in6_addr address{};
  if (host.empty() || host.front() != '[')
    return inet_pton(AF_INET, std::string(host).c_str(), &address) == 1;
  host = host.substr(1, host.size() - 2);
  const std::size_t zone = host.find('%');
  if (zone != std::string_view::npos && !IsHostName(host.substr(zone + 1)))
    return false;
  return inet_pton(AF_INET6, std::string(host.substr(0, zone)).c_str(),
                   &address) == 1;
}

using Rejection = std::optional<HttpResponse>;

/// Rejects a request that a web page may have sent.
Rejection CheckSource(const RequestHead& head, const HttpOptions& options) {
  const std::string refusal = "This server does not serve web pages' requests.";
  if (!head.Values("Origin").empty()) {
    return TextResponse(
        403, refusal + " Send the request without an Origin header.");
  }
  for (const std::string_view site : head.Values("Sec-Fetch-Site"))
    if (EqualsIgnoringCase(site, "cross-site"))
      return TextResponse(403, refusal + " Enter its URL in the browser.");
  if (!options.check_host) return std::nullopt;
  for (const std::string_view authority : head.Values("Host")) {
    const std::string_view host = HostOf(authority);
    const auto is_host = [host](std::string_view allowed) {
      return EqualsIgnoringCase(host, allowed);
    };
    if (IsAddress(host) || is_host("localhost") || is_host("ip6-localhost") ||
        std::any_of(options.allowed_hosts.begin(), options.allowed_hosts.end(),
                    is_host))
      continue;
    return TextResponse(
        403,
        "This server does not serve requests for the host in their Host "
        "header. Ask for it by IP address or as localhost, or start it "
        "with --allowed-host " +
            (IsHostName(host) ? std::string(host) : "NAME") + ".");
  }
  return std::nullopt;
}

HttpResponse BadRequest(const std::string& why) {
  return TextResponse(400, "Bad request: " + why);
}

Rejection CheckLength(std::string_view text, std::size_t limit, bool expects) {
  std::uint64_t length = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, length);
  if (error != std::errc() || rest != end)
    return BadRequest("Content-Length is not a number.");
  if (length > limit && (expects || length - limit > kMaxDiscardedBytes))
    return BodyTooLarge(limit);
  return std::nullopt;
}

/// Accepts only framing that every server interprets the same way.
Rejection CheckFraming(const RequestHead& head, std::size_t max_body_bytes) {
  const std::size_t hosts = head.Values("Host").size();
  if (hosts > 1) return BadRequest("Host appears more than once.");
  if (hosts == 0 && head.version == "HTTP/1.1")
    return BadRequest("Host is missing.");
  const auto lengths = head.Values("Content-Length");
  const auto encodings = head.Values("Transfer-Encoding");
  if (lengths.size() > 1)
    return BadRequest("Content-Length appears more than once.");
  if (!lengths.empty() && !encodings.empty()) {
    return BadRequest(
        "Content-Length and Transfer-Encoding exclude each other.");
  }
  if (!lengths.empty()) {
    return CheckLength(lengths.front(), max_body_bytes,
                       !head.Values("Expect").empty());
  }
  if (encodings.empty()) return std::nullopt;
  if (encodings.size() > 1 || !EqualsIgnoringCase(encodings.front(), "chunked"))
    return BadRequest("Transfer-Encoding can only be chunked.");
  if (head.version != "HTTP/1.1")
    return BadRequest("Transfer-Encoding needs HTTP/1.1.");
  return std::nullopt;
}

/// Returns the size of a head with these parts. libmicrohttpd cuts a part off
/// at a NUL byte and joins folded lines, so a larger head hides something.
std::size_t ExplainedBytes(const RequestHead& head) {
  constexpr std::size_t kLineEnd = 2;
  std::size_t bytes = head.method.size() + 1 + head.target.size() + 1 +
                      head.version.size() + kLineEnd + kLineEnd;
  for (const auto& [name, value] : head.headers)
    bytes += name.size() + 2 + value.size() + kLineEnd;
  return bytes;
}

}  // namespace

std::vector<std::string_view> RequestHead::Values(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [other, value] : headers)
    if (EqualsIgnoringCase(other, name)) values.push_back(value);
  return values;
}

HttpResponse BodyTooLarge(std::size_t max_body_bytes) {
  return TextResponse(413, "The request's body is larger than the limit of " +
                               std::to_string(max_body_bytes) +
                               " bytes (--max-body-bytes). It is not used: "
                               "send {} or nothing.");
}

std::optional<HttpResponse> CheckHead(const RequestHead& head,
                                      const HttpOptions& options) {
  if (head.bytes > kMaxHeaderBytes) {
    return TextResponse(431,
                        "The request's headers are larger than the limit of " +
                            std::to_string(kMaxHeaderBytes) + " bytes.");
  }
  if (head.bytes > ExplainedBytes(head)) {
    return BadRequest("its headers contain NUL bytes or unneeded white space.");
  }
  if (HasControlBytes(head.target) ||
      head.target.find_first_of(" \t") != std::string_view::npos)
    return BadRequest("its target contains forbidden bytes.");
  for (const auto& [name, value] : head.headers) {
    // RFC 9110, section 5.6.2.
    if (!ConsistsOf(name, "!#$%&'*+-.^_`|~") || HasControlBytes(value))
      return BadRequest("a header contains forbidden bytes.");
  }
  Rejection rejection = CheckFraming(head, options.max_body_bytes);
  return rejection ? rejection : CheckSource(head, options);
}

}  // namespace containercollector::server
