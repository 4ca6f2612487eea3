// SPDX-License-Identifier: Apache-2.0
#include "lib/src/endpoint.h"

#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "containercollector/error.h"
#include "lib/src/failure.h"
#include "lib/src/text.h"

namespace containercollector::internal {
namespace {

constexpr std::string_view kDockerSocket = "/var/run/docker.sock";
constexpr std::string_view kCriSocket = "/run/containerd/containerd.sock";

class Parser {
 public:
  Parser(std::string_view text, RuntimeKind kind, bool tls)
      : text_(Trimmed(text)), cri_(kind == RuntimeKind::kCri) {
    endpoint_.text = text_;
    endpoint_.kind = kind;
    endpoint_.tls = tls;
  }

  Endpoint Parse() && {
    if (std::any_of(text_.begin(), text_.end(),
                    [](unsigned char c) { return c < ' ' || c == '\x7f'; }))
      Reject("it has a control character: write e.g. " + Example());
    if (text_.substr(0, 1) == "/")
      Reject("the scheme is missing: write unix://" + endpoint_.text);
    const std::size_t separator = text_.find("://");
    const bool has_scheme = separator != text_.npos;
    const std::string_view scheme =
        has_scheme ? text_.substr(0, separator) : "tcp";
    const std::string_view rest =
        has_scheme ? text_.substr(separator + 3) : text_;
    if (scheme == "unix") {
      ParsePath(rest);
    } else if (cri_) {
      Reject("container runtimes listen at a Unix socket: write e.g. " +
             Example());
    } else if (scheme == "http" || scheme == "https") {
      endpoint_.tls = scheme == "https";
      ParseAddress(scheme, rest);
    } else if (scheme == "tcp" &&
               (has_scheme || (!text_.empty() && !Contains("/")))) {
      ParseAddress(scheme, rest);
      if (!has_scheme && endpoint_.text == text_)
        endpoint_.text = "tcp://" + endpoint_.text;
    } else {
      RejectScheme(scheme);
    }
    return std::move(endpoint_);
  }

 private:
  [[noreturn]] void Reject(const std::string& why) const {
    throw Error(
        ErrorCode::kInvalidArgument,
        (cri_ ? "Container runtime endpoint \"" : "Docker endpoint \"") +
            std::string(text_) + "\" cannot be used: " + why);
  }

  std::string Example() const {
    return "unix://" + std::string(cri_ ? kCriSocket : kDockerSocket);
  }

  bool Contains(std::string_view characters) const {
    return text_.find_first_of(characters) != text_.npos;
  }

  [[noreturn]] void RejectScheme(std::string_view scheme) const {
    for (const auto& [known, advice] :
         {std::pair{"ssh",
                    "ssh:// is not supported: forward the socket with \"ssh "
                    "-nNT -L /tmp/docker.sock:/var/run/docker.sock user@host\" "
                    "and write unix:///tmp/docker.sock"},
          {"npipe",
           "npipe:// is for Windows: write e.g. unix:///var/run/docker.sock or "
           "tcp://127.0.0.1:2375"},
          {"fd",
           "fd:// names a socket that systemd passes to the daemon: write "
           "where that socket listens, e.g. unix:///var/run/docker.sock"}})
      if (scheme == known) Reject(advice);
    Reject(
        "write unix:///path, tcp://host:port, http://host:port or "
        "https://host:port, e.g. unix:///var/run/docker.sock");
  }

  void ParsePath(std::string_view path) {
    // sun_path also holds a terminating NUL.
    constexpr std::size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;
    if (path.empty()) path = cri_ ? kCriSocket : kDockerSocket;
    if (path.front() != '/' && (path.front() != '@' || path.size() == 1))
      Reject("write the absolute path of the socket, e.g. " + Example());
    if (path.size() > kMaxPath) {
      Reject("the path of a unix socket has at most " +
             std::to_string(kMaxPath) + " bytes, this one has " +
             std::to_string(path.size()) +
             ": use a shorter path, or a symbolic link with one");
    }
    endpoint_.text = "unix://" + std::string(path);
    endpoint_.socket_path = path;
    endpoint_.base_url = "http://localhost";
    endpoint_.tls = false;
  }

  void ParseAddress(std::string_view scheme, std::string_view address) {
    const std::string default_port = endpoint_.tls ? "2376" : "2375";
    const std::string prefix = std::string(scheme) + "://";
    const auto reject = [&](const std::string& why) {
      Reject(why + ": write host and port, e.g. " + prefix +
             "127.0.0.1:" + default_port);
    };
    if (Contains("@")) reject("a user name has no meaning to Docker");
    if (Contains("?#")) reject("it has a query or a fragment");
    if (Contains(" ")) reject("it has a space");

    std::string_view path =
        address.substr(std::min(address.find('/'), address.size()));
    address.remove_suffix(path.size());
    while (!path.empty() && path.back() == '/') path.remove_suffix(1);

    // The colons of an IPv6 address are in brackets.
    const std::size_t colon = address.find_last_of(":]");
    const bool has_port = colon != address.npos && address[colon] == ':';
    std::string name(address.substr(0, has_port ? colon : address.npos));
    const std::string port(has_port ? address.substr(colon + 1) : default_port);
    if (name.find(':') != std::string::npos && name.front() != '[') {
      Reject("an IPv6 address stands in brackets: write e.g. " + prefix +
             "[::1]:" + default_port);
    }
    if (ParseNumber<std::uint16_t>(port).value_or(0) == 0)
      reject("the port is not a number from 1 to 65535");
    if (name.empty()) {
      name = "localhost";
      endpoint_.text = prefix + name + ":" + port;
    }
    endpoint_.base_url = (endpoint_.tls ? "https://" : "http://") + name + ":" +
                         port + std::string(path);
  }

  const std::string_view text_;
  const bool cri_;
  Endpoint endpoint_;
};

}  // namespace

Endpoint ParseEndpoint(std::string_view text, RuntimeKind kind, bool tls) {
  return Parser(text, kind, tls).Parse();
}

std::optional<FileIdentity> IdentityOf(const std::string& path) {
  struct stat file{};
  if (::stat(path.c_str(), &file) != 0) return std::nullopt;
  return FileIdentity(file.st_dev, file.st_ino, file.st_ctim.tv_sec,
                      file.st_ctim.tv_nsec);
}

}  // namespace containercollector::internal
