// SPDX-License-Identifier: Apache-2.0

#include "lib/src/docker/endpoint.h"

#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "containercollector/error.h"

namespace containercollector::internal {
namespace {

/// The kernel's buffer ends with a NUL.
constexpr std::size_t kMaxSocketPath = sizeof(sockaddr_un::sun_path) - 1;

constexpr std::string_view kDefaultPort = "2375";
constexpr std::string_view kDefaultTlsPort = "2376";

[[noreturn]] void Reject(std::string_view text, const std::string& why) {
  throw Error(
      ErrorCode::kInvalidArgument,
      "Docker endpoint \"" + std::string(text) + "\" cannot be used: " + why);
}

bool IsPort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0;
}

Endpoint UnixEndpoint(std::string_view text, std::string_view path) {
  if (path.empty() || path.front() != '/') {
    Reject(text,
           "write the absolute path of the socket, e.g. "
           "unix:///var/run/docker.sock");
  }
  if (path.size() > kMaxSocketPath) {
    Reject(text, "the path of a unix socket has at most " +
                     std::to_string(kMaxSocketPath) + " bytes, this one has " +
                     std::to_string(path.size()) +
                     ": use a shorter path, or a symbolic link with one");
  }
  return {std::string(text), std::string(path), "http://localhost", false};
}

Endpoint TcpEndpoint(std::string_view text, std::string_view scheme,
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
    Reject(text,
           "a user name has no meaning to Docker: write only host and port, " +
               example);
  }
  if (path.find_first_of("?#") != std::string_view::npos ||
      address.find_first_of("?#") != std::string_view::npos) {
    Reject(text, "it has a query or a fragment: write only host and port, " +
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
    Reject(text, "the host is missing: write host and port, " + example);
  if (name.front() != '[' && name.find(':') != std::string_view::npos) {
    Reject(text, "an IPv6 address stands in brackets: write e.g. " +
                     std::string(scheme) + "://[::1]:" +
                     std::string(tls ? kDefaultTlsPort : kDefaultPort));
  }
  if (!IsPort(port))
    Reject(text,
           "the port is not a number from 1 to 65535: write host and port, " +
               example);

  std::string url = tls ? "https://" : "http://";
  url.append(name).append(":").append(port).append(path);
  return {std::string(text), "", url, tls};
}

}  // namespace

Endpoint ParseEndpoint(std::string_view text, bool tls) {
  const auto is_blank = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
  };
  if (std::any_of(text.begin(), text.end(), is_blank)) {
    Reject(text,
           "it has a space or a control character: write e.g. "
           "unix:///var/run/docker.sock");
  }
  const std::size_t separator = text.find("://");
  const std::string_view scheme =
      separator == std::string_view::npos ? "" : text.substr(0, separator);
  const std::string_view rest =
      scheme.empty() ? "" : text.substr(separator + 3);

  if (scheme == "unix") return UnixEndpoint(text, rest);
  if (scheme == "tcp") return TcpEndpoint(text, scheme, rest, tls);
  if (scheme == "http") return TcpEndpoint(text, scheme, rest, false);
  if (scheme == "https") return TcpEndpoint(text, scheme, rest, true);
  if (scheme == "ssh") {
    Reject(text,
           "ssh:// is not supported: forward the socket with \"ssh -nNT -L "
           "/tmp/docker.sock:/var/run/docker.sock "
           "user@host\" and write unix:///tmp/docker.sock");
  }
  if (scheme == "npipe") {
    Reject(text,
           "npipe:// is for Windows: write e.g. unix:///var/run/docker.sock or "
           "tcp://127.0.0.1:2375");
  }
  if (text.substr(0, 1) == "/") {
    Reject(text, "the scheme is missing: write unix://" + std::string(text));
  }
  if (const std::size_t colon = text.rfind(':');
      separator == std::string_view::npos && colon != std::string_view::npos &&
      colon > 0 && IsPort(text.substr(colon + 1))) {
    Reject(text, "the scheme is missing: write tcp://" + std::string(text));
  }
  Reject(text,
         "write unix:///path, tcp://host:port, http://host:port or "
         "https://host:port, e.g. "
         "unix:///var/run/docker.sock");
}

}  // namespace containercollector::internal
