// SPDX-License-Identifier: Apache-2.0

#include "lib/src/docker/endpoint.h"

#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "containercollector/error.h"

namespace containercollector::internal {
namespace {

/// One byte less than the kernel's buffer, which ends with a NUL.
constexpr std::size_t kMaxSocketPath = sizeof(sockaddr_un::sun_path) - 1;

constexpr std::string_view kDefaultPort = "2375";
constexpr std::string_view kDefaultTlsPort = "2376";

[[noreturn]] void Refuse(std::string_view host, const std::string& why) {
  throw Error(
      ErrorCode::kInvalidArgument,
      "Docker host \"" + std::string(host) + "\" cannot be used: " + why);
}

bool IsPort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0;
}

Endpoint UnixEndpoint(std::string_view host, std::string_view path) {
  if (path.empty() || path.front() != '/') {
    Refuse(host,
           "write the absolute path of the socket, e.g. "
           "unix:///var/run/docker.sock");
  }
  if (path.size() > kMaxSocketPath) {
    Refuse(host, "the path of a unix socket has at most " +
                     std::to_string(kMaxSocketPath) + " bytes, this one has " +
                     std::to_string(path.size()) +
                     ": use a shorter path, or a symbolic link with one");
  }
  return {std::string(host), std::string(path), "http://localhost", false};
}

Endpoint TcpEndpoint(std::string_view host, std::string_view scheme,
                     std::string_view address, bool tls) {
  const std::string example = "e.g. " + std::string(scheme) + "://127.0.0.1:" +
                              std::string(tls ? kDefaultTlsPort : kDefaultPort);

  std::string_view path;
  if (const std::size_t slash = address.find('/');
      slash != std::string_view::npos) {
    path = address.substr(slash);
    address = address.substr(0, slash);
    while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  }
  if (address.find('@') != std::string_view::npos) {
    Refuse(host,
           "a user name has no meaning to Docker: write only host and port, " +
               example);
  }
  if (path.find_first_of("?#") != std::string_view::npos ||
      address.find_first_of("?#") != std::string_view::npos) {
    Refuse(host, "it has a query or a fragment: write only host and port, " +
                     example);
  }

  // The colons of an IPv6 address stand in brackets.
  const std::size_t bracket = address.rfind(']');
  const std::size_t colon = address.rfind(':');
  const bool has_port = colon != std::string_view::npos &&
                        (bracket == std::string_view::npos || colon > bracket);
  const std::string_view name = has_port ? address.substr(0, colon) : address;
  const std::string_view port = has_port
                                    ? address.substr(colon + 1)
                                    : (tls ? kDefaultTlsPort : kDefaultPort);
  if (name.empty())
    Refuse(host, "the host is missing: write host and port, " + example);
  if (name.front() != '[' && name.find(':') != std::string_view::npos) {
    Refuse(host, "an IPv6 address stands in brackets: write e.g. " +
                     std::string(scheme) + "://[::1]:" +
                     std::string(tls ? kDefaultTlsPort : kDefaultPort));
  }
  if (!IsPort(port))
    Refuse(host,
           "the port is not a number from 1 to 65535: write host and port, " +
               example);

  std::string url = tls ? "https://" : "http://";
  url.append(name).append(":").append(port).append(path);
  return {std::string(host), "", url, tls};
}

}  // namespace

Endpoint ParseEndpoint(std::string_view host, bool tls) {
  const auto is_blank = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
  };
  if (std::any_of(host.begin(), host.end(), is_blank)) {
    Refuse(host,
           "it has a space or a control character: write e.g. "
           "unix:///var/run/docker.sock");
  }
  const std::size_t separator = host.find("://");
  const std::string_view scheme =
      separator == std::string_view::npos ? "" : host.substr(0, separator);
  const std::string_view rest =
      scheme.empty() ? "" : host.substr(separator + 3);

  if (scheme == "unix") return UnixEndpoint(host, rest);
  if (scheme == "tcp") return TcpEndpoint(host, scheme, rest, tls);
  if (scheme == "http") return TcpEndpoint(host, scheme, rest, false);
  if (scheme == "https") return TcpEndpoint(host, scheme, rest, true);
  if (scheme == "ssh") {
    Refuse(host,
           "ssh:// is not supported: forward the socket with \"ssh -nNT -L "
           "/tmp/docker.sock:/var/run/docker.sock "
           "user@host\" and write unix:///tmp/docker.sock");
  }
  if (scheme == "npipe") {
    Refuse(host,
           "npipe:// is for Windows: write e.g. unix:///var/run/docker.sock or "
           "tcp://127.0.0.1:2375");
  }
  Refuse(host,
         "write unix:///path, tcp://host:port, http://host:port or "
         "https://host:port, e.g. "
         "unix:///var/run/docker.sock");
}

}  // namespace containercollector::internal
