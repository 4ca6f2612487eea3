// SPDX-License-Identifier: Apache-2.0
#include "server/http/request_source.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace containercollector::server {
namespace {

/// The longest name that DNS has.
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

/// The host of "host:port", with the brackets of an IPv6 address, and without
/// the dot that can end a name. Empty if it is not of that form.
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

/// Whether `host` is an address as a URI has it: 127.0.0.1, [::1] or
/// [fe80::1%25eth0].
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

}  // namespace containercollector::server
