// SPDX-License-Identifier: Apache-2.0

#include "lib/src/endpoint.h"

#include <string>

#include "containercollector/error.h"
#include "tests/support/catch.h"
#include "tests/support/error_of.h"

using containercollector::ErrorCode;
using containercollector::RuntimeKind;
using containercollector::internal::Endpoint;
using containercollector::test::ErrorOf;

namespace {

Endpoint ParseEndpoint(const std::string& text, bool tls) {
  return containercollector::internal::ParseEndpoint(text, RuntimeKind::kDocker,
                                                     tls);
}

Endpoint ParseCriEndpoint(const std::string& text) {
  return containercollector::internal::ParseEndpoint(text, RuntimeKind::kCri);
}

std::string RejectionOf(const std::string& endpoint) {
  const auto error = ErrorOf([&] { ParseCriEndpoint(endpoint); });
  CHECK(error.code() == ErrorCode::kInvalidArgument);
  return error.what();
}

}  // namespace

TEST_CASE("A unix host is the absolute path of a socket") {
  const auto endpoint = ParseEndpoint("unix:///var/run/docker.sock", false);
  CHECK(endpoint.text == "unix:///var/run/docker.sock");
  CHECK(endpoint.socket_path == "/var/run/docker.sock");
  CHECK(endpoint.base_url == "http://localhost");
  CHECK_FALSE(endpoint.tls);
  CHECK_FALSE(ParseEndpoint("unix:///var/run/docker.sock", true).tls);
}

TEST_CASE("TCP hosts become URLs") {
  struct Case {
    const char* host;
    bool tls_files;
    const char* url;
  };
  for (const Case& c : {
           Case{"tcp://127.0.0.1:2375", false, "http://127.0.0.1:2375"},
           Case{"tcp://127.0.0.1:1", true, "https://127.0.0.1:1"},
           Case{"tcp://node", false, "http://node:2375"},
           Case{"tcp://node", true, "https://node:2376"},
           Case{"tcp://[::1]:99", false, "http://[::1]:99"},
           Case{"tcp://[::1]", false, "http://[::1]:2375"},
           Case{"http://node:80/", false, "http://node:80"},
           Case{"http://node/a/b//", true, "http://node:2375/a/b"},
           Case{"https://node:443/base", false, "https://node:443/base"},
           Case{"https://node", false, "https://node:2376"},
       }) {
    CAPTURE(c.host, c.tls_files);
    const auto endpoint = ParseEndpoint(c.host, c.tls_files);
    CHECK(endpoint.text == c.host);
    CHECK(endpoint.socket_path.empty());
    CHECK(endpoint.base_url == c.url);
    CHECK(endpoint.tls == (endpoint.base_url.rfind("https://", 0) == 0));
  }
}

TEST_CASE("What an endpoint leaves out has Docker's defaults") {
  struct Case {
    const char* host;
    bool tls_files;
    const char* text;
    const char* url;
  };
  const char* const local = "http://localhost:2375";
  for (const Case& c : {
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
    CAPTURE(c.host, c.tls_files);
    const Endpoint endpoint = ParseEndpoint(c.host, c.tls_files);
    CHECK(endpoint.text == c.text);
    CHECK(endpoint.base_url == c.url);
  }
  const Endpoint socket = ParseEndpoint("unix://", true);
  CHECK(socket.text == "unix:///var/run/docker.sock");
  CHECK(socket.socket_path == "/var/run/docker.sock");
  CHECK_FALSE(socket.tls);
}

TEST_CASE("A socket's path can have spaces, and can be abstract") {
  CHECK(ParseEndpoint("unix:///my files/docker.sock", false).socket_path ==
        "/my files/docker.sock");
  const Endpoint abstract = ParseEndpoint("unix://@docker", false);
  CHECK(abstract.socket_path == "@docker");
  CHECK(abstract.text == "unix://@docker");
}

TEST_CASE("An endpoint that cannot be used says what to write instead") {
  struct Case {
    std::string host;
    std::string why;
  };
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
  for (const Case& c : {
           Case{"", any},
           Case{"/var/run/docker.sock",
                "the scheme is missing: write unix:///var/run/docker.sock"},
           Case{"localhost:docker", port},
           Case{"unix:/var/run/docker.sock", any},
           Case{"fd://",
                "fd:// names a socket that systemd passes to the daemon: write "
                "where that socket listens, e.g. unix:///var/run/docker.sock"},
           Case{"UNIX:///x", any},
           Case{"unix://docker.sock", absolute},
           Case{"unix://@", absolute},
           Case{"unix:///var/run/docker\tsock",
                "it has a control character: write e.g. "
                "unix:///var/run/docker.sock"},
           Case{"tcp://my node",
                "it has a space: write host and port, e.g. "
                "tcp://127.0.0.1:2375"},
           Case{"tcp://node:", port},
           Case{"tcp://node:0", port},
           Case{"tcp://node:65536", port},
           Case{"tcp://node:http", port},
           Case{"tcp://::1", brackets},
           Case{"tcp://::1:2375", brackets},
           Case{"https://me:secret@node",
                "a user name has no meaning to Docker: write host and port, "
                "e.g. https://127.0.0.1:2376"},
           Case{"http://node?x=1",
                "it has a query or a fragment: write host and port, e.g. "
                "http://127.0.0.1:2375"},
           Case{"ssh://me@node",
                "ssh:// is not supported: forward the socket with \"ssh -nNT "
                "-L /tmp/docker.sock:/var/run/docker.sock "
                "user@host\" and write unix:///tmp/docker.sock"},
           Case{"npipe:////./pipe/docker_engine",
                "npipe:// is for Windows: write e.g. "
                "unix:///var/run/docker.sock or tcp://127.0.0.1:2375"},
       }) {
    const auto error = ErrorOf([&] { ParseEndpoint(c.host, false); });
    CHECK(error.code() == ErrorCode::kInvalidArgument);
    CHECK(error.what() ==
          "Docker endpoint \"" + c.host + "\" cannot be used: " + c.why);
  }
}

TEST_CASE(
    "A socket path that is too long for the kernel is rejected with its "
    "length") {
  const std::string longest = "unix:///" + std::string(106, 'x');
  CHECK(ParseEndpoint(longest, false).socket_path.size() == 107);
  const std::string host = longest + "x";
  CHECK(ErrorOf([&] { ParseEndpoint(host, false); }).what() ==
        "Docker endpoint \"" + host +
            "\" cannot be used: the path of a unix socket has at most 107 "
            "bytes, this one has 108: use a shorter path, or "
            "a symbolic link with one");
}

TEST_CASE("The endpoint of a runtime is a Unix socket") {
  const Endpoint endpoint = ParseCriEndpoint("unix:///run/r.sock");
  CHECK(endpoint.text == "unix:///run/r.sock");
  CHECK(endpoint.socket_path == "/run/r.sock");
  CHECK(endpoint.kind == RuntimeKind::kCri);
  CHECK(ParseCriEndpoint("unix://").text ==
        "unix:///run/containerd/containerd.sock");
  CHECK(RejectionOf("tcp://127.0.0.1:1") ==
        "Container runtime endpoint \"tcp://127.0.0.1:1\" cannot be used: "
        "container runtimes listen at a Unix socket: write e.g. "
        "unix:///run/containerd/containerd.sock");
  CHECK(RejectionOf("/run/r.sock") ==
        "Container runtime endpoint \"/run/r.sock\" cannot be used: the scheme "
        "is missing: write unix:///run/r.sock");
  CHECK(RejectionOf("unix://run/r.sock") ==
        "Container runtime endpoint \"unix://run/r.sock\" cannot be used: "
        "write the absolute path of the socket, e.g. "
        "unix:///run/containerd/containerd.sock");
  CHECK(RejectionOf("unix:///a\nb") ==
        "Container runtime endpoint \"unix:///a\nb\" cannot be used: it has a "
        "control character: write e.g. unix:///run/containerd/containerd.sock");
  const std::string path(110, 'x');
  CHECK(RejectionOf("unix:///" + path) ==
        "Container runtime endpoint \"unix:///" + path +
            "\" cannot be used: the path of a unix socket has at most 107 "
            "bytes, this one has 111: use a shorter path, or a symbolic link "
            "with one");
}
