// SPDX-License-Identifier: Apache-2.0
/// Requests that a web page makes a browser send.
#include "server/http/request_head.h"
#include "tests/server/node.h"

using namespace containercollector::test;
using containercollector::server::CheckSource;
using containercollector::server::HttpOptions;
using containercollector::server::RequestHead;

namespace {

bool IsAccepted(std::string_view host,
                const std::vector<std::string>& allowed = {}) {
  RequestHead head;
  head.headers = {{"Host", host}};
  HttpOptions options;
  options.allowed_hosts = allowed;
  return !CheckSource(head, options);
}

}  // namespace

TEST_CASE("A host is accepted if no page can have its name") {
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:8091", "192.0.2.7:80", "[::1]", "[::1]:8091",
        "[2001:db8::7]:8091", "localhost", "LocalHost:8091",
        "localhost:", "localhost.", "localhost.:8091", "ip6-localhost",
        "[fe80::1%25eth0]", "[fe80::1%25eth0]:8091", "[::ffff:127.0.0.1]"}) {
    CAPTURE(host);
    CHECK(IsAccepted(host));
  }
  for (const char* host : {"",
                           ":8091",
                           "evil.example",
                           "evil.example:8091",
                           "localhost.evil",
                           "127.0.0.1.evil.example",
                           "[evil.example]:8091",
                           "[::1",
                           "127.0.0.1@evil.example",
                           "evil.example#127.0.0.1",
                           ".",
                           "[",
                           "[]",
                           "[::1]8091",
                           "[::1]evil.com",
                           "[::1].evil.com",
                           "[::1]:8091evil",
                           "[127.0.0.1]",
                           "[fe80::1%]",
                           "[::1%25a/b]",
                           "::1",
                           "127.0.0.1:@evil.com",
                           "127.0.0.1:8091:1",
                           "127.0.0.1:123456",
                           "2130706433",
                           "0",
                           "127.1",
                           "0x7f.0.0.1",
                           "localhost..",
                           "localhost:80.evil.com"}) {
    CAPTURE(host);
    CHECK_FALSE(IsAccepted(host));
  }
  CHECK(IsAccepted("node7.example:8091", {"a.example", "Node7.example"}));
  CHECK_FALSE(IsAccepted("b.example", {"a.example"}));
}

TEST_CASE("Web pages get nothing on any route") {
  Node node({"--allowed-host", "node7.example", "--allowed-host=second"});
  node.Start(GoodDaemon());
  const auto send = [&](const std::string& head) {
    return HttpCall(node.url(), head + "Connection: close\r\n\r\n").Wait();
  };
  const std::string post = "POST /processor/containercollector HTTP/1.1\r\n";
  for (const std::string& line :
       {post, std::string("GET /metrics HTTP/1.1\r\n"),
        std::string("GET /healthz HTTP/1.1\r\n")}) {
    CheckText(
        send(line + "Host: 127.0.0.1\r\nOrigin: http://evil.example\r\n"), 403,
        "This server does not serve web pages' requests. Send the request "
        "without an Origin header.");
    CheckText(
        send(line + "Host: 127.0.0.1\r\nSec-Fetch-Site: cross-site\r\n"), 403,
        "This server does not serve web pages' requests. Enter its URL in the "
        "browser.");
    CheckText(send(line + "Host: evil.example:8091\r\n"), 403,
              "This server does not serve requests for the host in their Host "
              "header. Ask for it by IP address or as localhost, or start it "
              "with --allowed-host evil.example.");
    CheckText(send(line + "Host: <b>\r\n"), 403,
              "This server does not serve requests for the host in their Host "
              "header. Ask for it by IP address or as localhost, or start it "
              "with --allowed-host NAME.");
  }
  CHECK(node.daemon().Requests().empty());
  CheckCollected(send(post + "Host: 127.0.0.1:8091\r\n"));
  CheckCollected(send(post + "Host: node7.example:8091\r\n"));
  CheckCollected(send(post + "Host: second\r\n"));
  CheckText(send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                 "Sec-Fetch-Site: none\r\n"),
            200, "ok");
  CheckStops(node.server());
}
