// SPDX-License-Identifier: Apache-2.0
#include "lib/src/endpoint.h"

#include <string>
#include <utility>

#include "containercollector/error.h"
#include "tests/support/catch.h"
#include "tests/support/error_of.h"

using namespace containercollector;
using internal::Endpoint;
using internal::ParseEndpoint;
using test::ErrorOf;

namespace {

constexpr auto kDocker = RuntimeKind::kDocker;
constexpr auto kCri = RuntimeKind::kCri;

void CheckRejected(const std::string& endpoint, const std::string& why,
                   RuntimeKind kind = kDocker) {
  const Error error = ErrorOf([&] { ParseEndpoint(endpoint, kind); });
  CHECK(error.code() == ErrorCode::kInvalidArgument);
  CHECK(error.what() == (kind == kCri ? "Container runtime endpoint \""
                                      : "Docker endpoint \"") +
                            endpoint + "\" cannot be used: " + why);
}

}  // namespace

TEST_CASE("TCP endpoints become URLs, with Docker's defaults") {
  struct Case {
    const char* endpoint;
    bool tls;
    const char* text;
    const char* url;
  };
  const char* const local = "http://localhost:2375";
  for (const Case& c : {
           Case{"tcp://127.0.0.1:1", true, "tcp://127.0.0.1:1",
                "https://127.0.0.1:1"},
           Case{"tcp://node", false, "tcp://node", "http://node:2375"},
           Case{"tcp://node", true, "tcp://node", "https://node:2376"},
           Case{"tcp://[::1]:99", false, "tcp://[::1]:99", "http://[::1]:99"},
           Case{"tcp://[::1]", false, "tcp://[::1]", "http://[::1]:2375"},
           Case{"http://node:80/", false, "http://node:80/", "http://node:80"},
           Case{"http://node/a/b//", true, "http://node/a/b//",
                "http://node:2375/a/b"},
           Case{"https://node:443/base", false, "https://node:443/base",
                "https://node:443/base"},
           Case{"https://node", false, "https://node", "https://node:2376"},
           Case{"tcp://", false, "tcp://localhost:2375", local},
           Case{"tcp://", true, "tcp://localhost:2376",
                "https://localhost:2376"},
           Case{"tcp://:2375", false, "tcp://localhost:2375", local},
           Case{":2375", false, "tcp://localhost:2375", local},
           Case{"localhost:2375", false, "tcp://localhost:2375", local},
           Case{"localhost", false, "tcp://localhost", local},
           Case{" localhost ", false, "tcp://localhost", local},
           Case{"[::1]:99", false, "tcp://[::1]:99", "http://[::1]:99"},
       }) {
    CAPTURE(c.endpoint, c.tls);
    const Endpoint endpoint = ParseEndpoint(c.endpoint, kDocker, c.tls);
    CHECK(endpoint.text == c.text);
    CHECK(endpoint.socket_path.empty());
    CHECK(endpoint.base_url == c.url);
    CHECK(endpoint.tls == (endpoint.base_url.rfind("https://", 0) == 0));
    CHECK(endpoint.kind == kDocker);
  }
}

TEST_CASE("A Unix endpoint is the absolute path of a socket or its name") {
  struct Case {
    std::string endpoint;
    RuntimeKind kind;
    std::string path;
  };
  for (const Case& c : {
           Case{"unix:///run/d.sock", kDocker, "/run/d.sock"},
           Case{"unix:///my files/d.sock", kDocker, "/my files/d.sock"},
           Case{"unix://@docker", kDocker, "@docker"},
           Case{"unix:///" + std::string(106, 'x'), kDocker,
                "/" + std::string(106, 'x')},
           Case{"unix://", kDocker, "/var/run/docker.sock"},
           Case{"unix:///run/r.sock", kCri, "/run/r.sock"},
           Case{"unix://", kCri, "/run/containerd/containerd.sock"},
       }) {
    const Endpoint endpoint = ParseEndpoint(c.endpoint, c.kind, true);
    CHECK(endpoint.text == "unix://" + c.path);
    CHECK(endpoint.socket_path == c.path);
    CHECK(endpoint.base_url == "http://localhost");
    CHECK_FALSE(endpoint.tls);
    CHECK(endpoint.kind == c.kind);
  }
}

TEST_CASE("The error of an invalid endpoint says what to write instead") {
  const std::string any =
      "write unix:///path, tcp://host:port, http://host:port or "
      "https://host:port, e.g. unix:///var/run/docker.sock";
  const std::string absolute =
      "write the absolute path of the socket, e.g. unix:///var/run/docker.sock";
  const std::string port =
      "the port is not a number from 1 to 65535: write host and port, e.g. "
      "tcp://127.0.0.1:2375";
  const std::string brackets =
      "an IPv6 address stands in brackets: write e.g. tcp://[::1]:2375";
  const std::string path(107, 'x');
  for (const auto& [endpoint, why] : {
           std::pair{std::string(), any},
           {"/var/run/docker.sock",
            "the scheme is missing: write unix:///var/run/docker.sock"},
           {"localhost:docker", port},
           {"unix:/var/run/docker.sock", any},
           {"fd://",
            "fd:// names a socket that systemd passes to the daemon: write "
            "where that socket listens, e.g. unix:///var/run/docker.sock"},
           {"UNIX:///x", any},
           {"unix://docker.sock", absolute},
           {"unix://@", absolute},
           {"unix:///var/run/docker\tsock",
            "it has a control character: write e.g. "
            "unix:///var/run/docker.sock"},
           {"tcp://my node",
            "it has a space: write host and port, e.g. "
            "tcp://127.0.0.1:2375"},
           {"tcp://node:", port},
           {"tcp://node:0", port},
           {"tcp://node:65536", port},
           {"tcp://node:http", port},
           {"tcp://::1", brackets},
           {"tcp://::1:2375", brackets},
           {"https://me:secret@node",
            "a user name has no meaning to Docker: write host and port, "
            "e.g. https://127.0.0.1:2376"},
           {"http://node?x=1",
            "it has a query or a fragment: write host and port, e.g. "
            "http://127.0.0.1:2375"},
           {"ssh://me@node",
            "ssh:// is not supported: forward the socket with \"ssh -nNT "
            "-L /tmp/docker.sock:/var/run/docker.sock "
            "user@host\" and write unix:///tmp/docker.sock"},
           {"npipe:////./pipe/docker_engine",
            "npipe:// is for Windows: write e.g. "
            "unix:///var/run/docker.sock or tcp://127.0.0.1:2375"},
           {"unix:///" + path,
            "the path of a unix socket has at most 107 bytes, this one has "
            "108: use a shorter path, or a symbolic link with one"},
       }) {
    CheckRejected(endpoint, why);
  }
}

TEST_CASE("The error of an invalid CRI endpoint says what to write instead") {
  const std::string example =
      "write e.g. unix:///run/containerd/containerd.sock";
  CheckRejected("tcp://127.0.0.1:1",
                "container runtimes listen at a Unix socket: " + example, kCri);
  CheckRejected("unix://run/r.sock",
                "write the absolute path of the socket, e.g. "
                "unix:///run/containerd/containerd.sock",
                kCri);
  CheckRejected("unix:///a\nb", "it has a control character: " + example, kCri);
}
