// SPDX-License-Identifier: Apache-2.0
#include "server/http/request_head.h"

#include <arpa/inet.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace containercollector::server {
namespace {

/// The longest name in DNS.
constexpr std::size_t kMaxNameBytes = 253;

bool ConsistsOf(std::string_view text, std::string_view bytes) {
  return !text.empty() &&
         text.find_first_not_of(bytes) == std::string_view::npos;
}

bool IsName(std::string_view text) {
  return text.size() <= kMaxNameBytes &&
         ConsistsOf(text,
                    "-._0123456789abcdefghijklmnopqrstuvwxyz"
                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

/// Returns the host of "host" or "host:port", including the brackets of an IPv6
/// address but not a trailing dot. Empty if `authority` has another form.
std::string_view HostOf(std::string_view authority) {
  const std::size_t end =
      authority.front() == '[' ? authority.find(']') + 1 : authority.find(':');
  const std::string_view port =
      end < authority.size() ? authority.substr(end) : ":";
  if (port.front() != ':' || port.size() > 6 ||
      (port.size() > 1 && !ConsistsOf(port.substr(1), "0123456789")))
    return "";
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
  if (zone != std::string_view::npos && !IsName(host.substr(zone + 1)))
    return false;
  return inet_pton(AF_INET6, std::string(host.substr(0, zone)).c_str(),
                   &address) == 1;
}

bool IsAllowed(std::string_view host,
               const std::vector<std::string>& allowed_hosts) {
  const auto is_host = [host](std::string_view allowed) {
    return EqualsIgnoringCase(host, allowed);
  };
  return IsAddress(host) || is_host("localhost") || is_host("ip6-localhost") ||
         std::any_of(allowed_hosts.begin(), allowed_hosts.end(), is_host);
}

HttpResponse WrongHost(std::string_view host) {
  const std::string name = IsName(host) ? std::string(host) : "NAME";
  return TextResponse(
      403,
      "This server does not serve requests for the host in their Host "
      "header. Ask for it by IP address or as localhost, or start it "
      "with --allowed-host " +
          name + ".");
}

}  // namespace

std::optional<HttpResponse> CheckSource(const RequestHead& head,
                                        const HttpOptions& options) {
  for (const auto& [name, value] : head.headers) {
    if (EqualsIgnoringCase(name, "Origin")) {
      return TextResponse(403,
                          "This server does not serve web pages' requests. "
                          "Send the request without an Origin header.");
    }
    if (EqualsIgnoringCase(name, "Sec-Fetch-Site") &&
        EqualsIgnoringCase(value, "cross-site")) {
      return TextResponse(403,
                          "This server does not serve web pages' requests. "
                          "Enter its URL in the browser.");
    }
    if (!options.check_host || !EqualsIgnoringCase(name, "Host")) continue;
    const std::string_view host = value.empty() ? value : HostOf(value);
    if (!IsAllowed(host, options.allowed_hosts)) return WrongHost(host);
  }
  return std::nullopt;
}

namespace {

/// RFC 9110, section 5.6.2.
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

std::optional<std::uint64_t> ParseLength(std::string_view text) {
  std::uint64_t length = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] =
      std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || rest != end) return std::nullopt;
  return length;
}

using Rejection = std::optional<HttpResponse>;

HttpResponse BadRequest(const std::string& why) {
  return TextResponse(400, "Bad request: " + why);
}

Rejection CheckLength(std::string_view text, std::size_t max_body_bytes,
                      bool expects) {
  const auto length = ParseLength(text);
  if (!length) return BadRequest("Content-Length is not a number.");
  if (*length > max_body_bytes &&
      (expects || *length - max_body_bytes > kMaxDiscardedBytes))
    return BodyTooLarge(max_body_bytes);
  return std::nullopt;
}

/// Accepts only framing that every server interprets the same way.
Rejection CheckFraming(const std::vector<std::string_view>& lengths,
                       const std::vector<std::string_view>& encodings,
                       std::string_view version, std::size_t max_body_bytes,
                       bool expects) {
  if (lengths.size() > 1)
    return BadRequest("Content-Length is there more than once.");
  if (!lengths.empty() && !encodings.empty()) {
    return BadRequest(
        "Content-Length and Transfer-Encoding exclude each other.");
  }
  if (!lengths.empty())
    return CheckLength(lengths.front(), max_body_bytes, expects);
  if (encodings.empty()) return std::nullopt;
  if (encodings.size() > 1 || !EqualsIgnoringCase(encodings.front(), "chunked"))
    return BadRequest("Transfer-Encoding can only be chunked.");
  if (version != "HTTP/1.1")
    return BadRequest("Transfer-Encoding needs HTTP/1.1.");
  return std::nullopt;
}

}  // namespace

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

HttpResponse BodyTooLarge(std::size_t max_body_bytes) {
  return TextResponse(413, "The request's body is larger than the limit of " +
                               std::to_string(max_body_bytes) +
                               " bytes (--max-body-bytes). It is not used: "
                               "send {} or nothing.");
}

std::optional<HttpResponse> CheckHead(const RequestHead& head,
                                      const RequestLimits& limits) {
  if (head.bytes > limits.max_header_bytes) {
    return TextResponse(
        431, "The request's headers are larger than the limit of " +
                 std::to_string(limits.max_header_bytes) + " bytes.");
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
  bool expects = false;
  for (const auto& [name, value] : head.headers) {
    if (!IsToken(name) || !IsHeaderValue(value))
      return BadRequest("a header has bytes that do not belong there.");
    if (EqualsIgnoringCase(name, "Content-Length")) lengths.push_back(value);
    if (EqualsIgnoringCase(name, "Transfer-Encoding"))
      encodings.push_back(value);
    if (EqualsIgnoringCase(name, "Host")) ++hosts;
    if (EqualsIgnoringCase(name, "Expect")) expects = true;
  }
  if (hosts > 1) return BadRequest("Host is there more than once.");
  if (hosts == 0 && head.version == "HTTP/1.1")
    return BadRequest("Host is missing.");
  return CheckFraming(lengths, encodings, head.version, limits.max_body_bytes,
                      expects);
}

}  // namespace containercollector::server
