// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/cri_endpoint.h"

#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "containercollector/error.h"

namespace containercollector::internal::cri {
namespace {

constexpr const char* kExample = "unix:///run/containerd/containerd.sock";

[[noreturn]] void Reject(std::string_view text, const std::string& why) {
  throw Error(ErrorCode::kInvalidArgument, "Container runtime endpoint \"" +
                                               std::string(text) +
                                               "\" cannot be used: " + why);
}

}  // namespace

Endpoint ParseEndpoint(std::string_view text) {
  constexpr std::string_view kScheme = "unix://";
  // The kernel's buffer ends with a NUL.
  constexpr std::size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;

  const bool has_blank = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
  });
  if (has_blank) {
    Reject(text, std::string("it has a space or a control character: write "
                             "e.g. ") +
                     kExample);
  }
  if (text.substr(0, 1) == "/")
    Reject(text, "the scheme is missing: write unix://" + std::string(text));
  if (text.substr(0, kScheme.size()) != kScheme) {
    Reject(text, std::string("container runtimes listen at a Unix socket: "
                             "write e.g. ") +
                     kExample);
  }
  const std::string_view path = text.substr(kScheme.size());
  if (path.empty() || path.front() != '/') {
    Reject(text, std::string("write the absolute path of the socket, e.g. ") +
                     kExample);
  }
  if (path.size() > kMaxPath) {
    Reject(text, "the path of a unix socket has at most " +
                     std::to_string(kMaxPath) + " bytes, this one has " +
                     std::to_string(path.size()) +
                     ": use a shorter path, or a symbolic link with one");
  }
  return {std::string(text), std::string(path), "http://localhost", false};
}

}  // namespace containercollector::internal::cri
