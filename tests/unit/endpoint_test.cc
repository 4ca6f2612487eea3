// SPDX-License-Identifier: Apache-2.0

#include "lib/src/docker/endpoint.h"

#include <string>

#include "containercollector/error.h"
#include "tests/support/catch.h"
#include "tests/support/error_of.h"

using containercollector::ErrorCode;
using containercollector::internal::ParseEndpoint;
using containercollector::test::ErrorOf;

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
           Case{"localhost:2375",
                "the scheme is missing: write tcp://localhost:2375"},
           Case{":2375", any},
           Case{"localhost:docker", any},
           Case{"fd://", any},
           Case{"UNIX:///x", any},
           Case{"unix://", absolute},
           Case{"unix://docker.sock", absolute},
           Case{"unix:///var/run/docker sock",
                "it has a space or a control character: write e.g. "
                "unix:///var/run/docker.sock"},
           Case{"tcp://",
                "the host is missing: write host and port, e.g. "
                "tcp://127.0.0.1:2375"},
           Case{"tcp://:2375",
                "the host is missing: write host and port, e.g. "
                "tcp://127.0.0.1:2375"},
           Case{"tcp://node:", port},
           Case{"tcp://node:0", port},
           Case{"tcp://node:65536", port},
           Case{"tcp://node:http", port},
           Case{"tcp://::1", brackets},
           Case{"tcp://::1:2375", brackets},
           Case{"https://me:secret@node",
                "a user name has no meaning to Docker: write only host and "
                "port, e.g. https://127.0.0.1:2376"},
           Case{"http://node?x=1",
                "it has a query or a fragment: write only host and port, e.g. "
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
