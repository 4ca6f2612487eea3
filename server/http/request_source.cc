// SPDX-License-Identifier: Apache-2.0
#include "server/http/request_source.h"

#include <algorithm>
#include <string_view>

#include "server/http/socket_address.h"

namespace containercollector::server {
namespace {

/// The longest name that DNS has.
constexpr std::size_t kMaxNameBytes = 253;

/// "[::1]:8091" → "::1", "name:8091" → "name".
std::string_view WithoutPort(std::string_view host) {
  if (!host.empty() && host.front() == '[') {
    const std::size_t end = host.find(']');
    return end == std::string_view::npos ? "" : host.substr(1, end - 1);
  }
  return host.substr(0, host.find(':'));
}

bool IsName(std::string_view text) {
  constexpr std::string_view kNameBytes =
      "-._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return !text.empty() && text.size() <= kMaxNameBytes &&
         text.find_first_not_of(kNameBytes) == std::string_view::npos;
}

bool IsAllowed(std::string_view host,
               const std::vector<std::string>& allowed_hosts) {
  return IsIpAddress(std::string(host)) ||
         EqualsIgnoringCase(host, "localhost") ||
         std::any_of(allowed_hosts.begin(), allowed_hosts.end(),
                     [&](const std::string& allowed) {
                       return EqualsIgnoringCase(host, allowed);
                     });
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

std::optional<HttpResponse> CheckSource(
    const RequestHead& head, const std::vector<std::string>& allowed_hosts) {
  for (const auto& [name, value] : head.headers) {
    if (EqualsIgnoringCase(name, "Origin")) {
      return TextResponse(403,
                          "This server does not serve web pages' requests. "
                          "Send the request without an Origin header.");
    }
    if (!EqualsIgnoringCase(name, "Host")) continue;
    const std::string_view host = WithoutPort(value);
    if (!IsAllowed(host, allowed_hosts)) return WrongHost(host);
  }
  return std::nullopt;
}

}  // namespace containercollector::server
