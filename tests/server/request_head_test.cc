// SPDX-License-Identifier: Apache-2.0
/// What is no honest request is rejected or dropped, and the next caller does
/// not notice.
#include "server/http/request_head.h"

#include <random>
#include <sstream>

#include "tests/server/node.h"

using namespace containercollector::test;
using namespace std::string_literals;
using containercollector::server::CheckHead;
using containercollector::server::HttpOptions;
using containercollector::server::kMaxHeaderBytes;
using containercollector::server::RequestHead;

namespace {

using HeadHeaders = std::vector<std::pair<std::string_view, std::string_view>>;

/// As long as its parts say.
RequestHead Head(const HeadHeaders& headers,
                 std::string_view version = "HTTP/1.1") {
  RequestHead head{"POST", "/x?y=z", version, headers, 0};
  head.bytes = std::string_view("POST /x?y=z HTTP/1.1\r\n\r\n").size();
  for (const auto& [name, value] : headers)
    head.bytes +=
        name.size() + value.size() + std::string_view(": \r\n").size();
  return head;
}

RequestHead HeadWith(HeadHeaders more, std::string_view version = "HTTP/1.1") {
  more.insert(more.begin(), {"Host", "[::1]"});
  return Head(more, version);
}

/// Returns the status and the text of the rejection; empty if there is none.
std::string Rejection(const RequestHead& head) {
  HttpOptions options;
  options.max_body_bytes = 100;
  options.allowed_hosts = {"a.example", "Node7.example"};
  const auto response = CheckHead(head, options);
  return response ? std::to_string(response->status) + " " + *response->body
                  : "";
}

const std::string kPost = "POST /processor/containercollector HTTP/1.1\r\n";
const std::string kGet = "GET /healthz HTTP/1.1\r\n";
const std::string kHost = "Host: localhost\r\n";

/// Returns what the server sends before it closes, which may be nothing.
std::string Send(const std::string& url, const std::string& bytes) {
  RawClient client(TcpHost(url));
  static_cast<void>(client.Send(bytes));
  return client.ReceiveToEnd().bytes;
}

}  // namespace

TEST_CASE("Valid requests are accepted") {
  CHECK(Rejection(Head({}, "HTTP/1.0")).empty());
  for (const HeadHeaders& more :
       std::vector<HeadHeaders>{{},
                                {{"Content-Length", "0"}},
                                {{"content-length", "100"}},
                                // The server discards what is beyond the limit.
                                {{"Content-Length", "33554532"}},
                                {{"TRANSFER-ENCODING", "Chunked"}},
                                {{"X", "a\tb \xc3\xa9"}, {"Y", ""}},
                                {{"Sec-Fetch-Site", "none"}}})
    CHECK(Rejection(HeadWith(more)).empty());
}

TEST_CASE("A head is rejected if it is ambiguous, forged or too large") {
  const auto check = [](const RequestHead& head, const std::string& expected) {
    CHECK(Rejection(head) == expected);
  };
  const auto check_headers = [&](const HeadHeaders& more,
                                 const std::string& expected) {
    check(HeadWith(more), expected);
  };
  check(Head({}), "400 Bad request: Host is missing.");
  check_headers({{"host", "h"}},
                "400 Bad request: Host appears more than once.");
  check_headers({{"Content-Length", "1"}, {"content-length", "1"}},
                "400 Bad request: Content-Length appears more than once.");
  check_headers({{"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}},
                "400 Bad request: Content-Length and Transfer-Encoding exclude "
                "each other.");
  const std::string only_chunked =
      "400 Bad request: Transfer-Encoding can only be chunked.";
  check_headers(
      {{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
      only_chunked);
  check_headers({{"Transfer-Encoding", "gzip, chunked"}}, only_chunked);
  check(HeadWith({{"Transfer-Encoding", "chunked"}}, "HTTP/1.0"),
        "400 Bad request: Transfer-Encoding needs HTTP/1.1.");
  for (const char* length : {"", "-1", "+1", "1, 1", "0x1", "1 "})
    check_headers({{"Content-Length", length}},
                  "400 Bad request: Content-Length is not a number.");
  const std::string too_large =
      "413 The request's body is larger than the limit of 100 bytes "
      "(--max-body-bytes). It is not used: send {} or nothing.";
  check_headers({{"Content-Length", "33554533"}}, too_large);
  check_headers({{"Content-Length", "18446744073709551615"}}, too_large);
  check_headers({{"Content-Length", "101"}, {"Expect", "100-continue"}},
                too_large);

  const std::string forbidden =
      "400 Bad request: a header contains forbidden bytes.";
  for (const char* name : {"", "A ", "A\t", " A", "A(", "A\xc3\xa9"})
    check_headers({{name, "b"}}, forbidden);
  for (const char* value : {"\x01", "a\rb", "a\nb", "\x7f"})
    check_headers({{"A", value}}, forbidden);
  RequestHead head = HeadWith({});
  head.target = "/x y?z";
  check(head, "400 Bad request: its target contains forbidden bytes.");
  const std::string hidden =
      "400 Bad request: its headers contain NUL bytes or unneeded white space.";
  head = HeadWith({});
  ++head.bytes;
  check(head, hidden);
  head.bytes = kMaxHeaderBytes;
  check(head, hidden);
  ++head.bytes;
  check(head,
        "431 The request's headers are larger than the limit of 16384 bytes.");
}

TEST_CASE("A request is rejected if a web page may have sent it") {
  std::istringstream allowed(
      "127.0.0.1 127.0.0.1:8091 192.0.2.7:80 [::1] [::1]:8091 "
      "[2001:db8::7]:8091 localhost LocalHost:8091 localhost: localhost. "
      "localhost.:8091 ip6-localhost [fe80::1%25eth0] [fe80::1%25eth0]:8091 "
      "[::ffff:127.0.0.1] a.example node7.example:8091");
  for (std::string host; allowed >> host;) {
    CAPTURE(host);
    CHECK(Rejection(Head({{"Host", host}})).empty());
  }
  const std::string wrong_host =
      "403 This server does not serve requests for the host in their Host "
      "header. Ask for it by IP address or as localhost, or start it with "
      "--allowed-host ";
  CHECK(Rejection(Head({{"Host", ""}})) == wrong_host + "NAME.");
  std::istringstream wrong(
      ":8091 evil.example evil.example:8091 localhost.evil "
      "127.0.0.1.evil.example [evil.example]:8091 [::1 "
      "127.0.0.1@evil.example evil.example#127.0.0.1 . [ [] [::1]8091 "
      "[::1]evil.com [::1].evil.com [::1]:8091evil [127.0.0.1] [fe80::1%] "
      "[::1%25a/b] ::1 127.0.0.1:@evil.com 127.0.0.1:8091:1 127.0.0.1:123456 "
      "2130706433 0 127.1 0x7f.0.0.1 localhost.. localhost:80.evil.com");
  for (std::string host; wrong >> host;) {
    CAPTURE(host);
    CHECK(Rejection(Head({{"Host", host}})).rfind(wrong_host, 0) == 0);
  }
  CHECK(Rejection(Head({{"Host", "evil.example:8091"}})) ==
        wrong_host + "evil.example.");
  CHECK(Rejection(Head({{"Host", "<b>"}})) == wrong_host + "NAME.");
  CHECK(Rejection(HeadWith({{"origin", "http://evil.example"}})) ==
        "403 This server does not serve web pages' requests. Send the request "
        "without an Origin header.");
  CHECK(Rejection(HeadWith({{"Sec-Fetch-Site", "Cross-Site"}})) ==
        "403 This server does not serve web pages' requests. Enter its URL in "
        "the browser.");
}

TEST_CASE("Web pages get nothing on any route") {
  Node node({"--allowed-host", "node7.example", "--allowed-host=second"});
  node.Start(GoodDaemon());
  for (const std::string& line : {kPost, kGet, "GET /metrics HTTP/1.1\r\n"s}) {
    for (const char* headers :
         {"Host: 127.0.0.1\r\nOrigin: http://evil.example\r\n",
          "Host: 127.0.0.1\r\nSec-Fetch-Site: cross-site\r\n",
          "Host: evil.example\r\n"})
      CHECK(ParseResponse(Send(node.url(), line + headers + "\r\n")).status ==
            403);
  }
  CHECK(node.daemon().Requests().empty());
  for (const char* host : {"127.0.0.1:8091", "node7.example:8091", "second"})
    CheckCollected(ParseResponse(
        Send(node.url(),
             kPost + "Connection: close\r\nHost: " + host + "\r\n\r\n")));
}

TEST_CASE("Ambiguous requests, and bytes that are not HTTP, are rejected") {
  LocalNode node([](Options& options) {
    options.http.idle_timeout = std::chrono::seconds(1);
  });
  node.Start(GoodDaemon());
  const std::string post = kPost + kHost;
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const std::string get = kGet + kHost;
  for (const std::string& request :
       {post + "Content-Length: 2\r\nContent-Length: 30\r\n\r\n{}",
        post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
               "0\r\n\r\n",
        post + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n"
               "0\r\n\r\n",
        post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST /processor/containercollector HTTP/1.0\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"s,
        "\0\0\0\0\r\n\r\n"s,
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s +
            std::string(200, '\0'),
        std::string(100'000, '\xff'),
        "GET /healthz\0junk HTTP/1.1\r\n"s + kHost + "\r\n",
        get + "A: b\0junk\r\n\r\n"s,
        get + "A\0: b\r\n\r\n"s,
        get + "A : b\r\n\r\n",
        get + "A: b\rContent-Length: 3\r\n\r\n",
        get + "A: b\r\n folded\r\n\r\n",
        get + "NoColon\r\n\r\n",
        get + ": empty\r\n\r\n",
        get + kHost + "\r\n",
        kGet + "\r\n",
        "GET /healthz\r\n\r\n"s,
        "GET /health z HTTP/1.1\r\n" + kHost + "\r\n",
        "GET /healthz HTTP/1.1 \r\n" + kHost + "\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s,
        chunked + "zz\r\n\r\n",
        chunked + "2\r\n{}XX0\r\n\r\n",
        chunked + "-2\r\n{}\r\n0\r\n\r\n",
        chunked + "fffffffffffffffff\r\n{}"}) {
    CAPTURE(request);
    const std::string response = Send(node.url(), request);
    // libmicrohttpd 1.0.10 responds to an unknown encoding with 501.
    const std::string status = response.substr(0, 12);
    CHECK((response.empty() || status.rfind("HTTP/1.1 4", 0) == 0 ||
           status == "HTTP/1.1 501" || status == "HTTP/1.1 505"));
    CHECK(response.find("HTTP/1.1 200") == std::string::npos);
  }
  CHECK(node.daemon().Requests().empty());
  CheckCollected(Post(node.url()));
}

TEST_CASE("A request that libmicrohttpd rejects is logged and counted once") {
  Node node;
  const std::string no_number = "Bad request: Content-Length is not a number.";
  for (const std::string length :
       {"2, 2", "+2", "", "99999999999999999999999"}) {
    CAPTURE(length);
    const std::string response = Send(
        node.url(), kPost + kHost + "Content-Length: " + length + "\r\n\r\n{}");
    CheckText(ParseResponse(response), 400, no_number);
    CHECK(response.find("HTTP/1.1", 1) == std::string::npos);
  }
  const std::string many(50'000, 'a');
  Send(node.url(), "GET /" + many + " HTTP/1.1\r\n" + kHost + "\r\n");
  Send(node.url(), kGet + kHost + "a: " + many + "\r\n\r\n");
  Send(node.url(), "GET /healthz HTTP/2.0\r\n" + kHost + "\r\n");
  const std::string metrics = Get(node.url(), "/metrics").body;
  const std::string cookies =
      Send(node.url(),
           kGet + kHost + "Cookie: " + std::string(5000, ';') + "\r\n\r\n");
  CHECK(cookies.find("HTTP/1.1", 1) == std::string::npos);
  const std::string log = node.Log();
  for (const std::string status : {"400\"} 4", "414", "431", "505"}) {
    CAPTURE(status);
    CHECK(metrics.find("requests_total{route=\"other\",status=\"" + status) !=
          std::string::npos);
    CHECK(log.find(" status=" + status.substr(0, 3) + " ") !=
          std::string::npos);
  }
  for (const std::string& part :
       {" path=\"/processor/containercollector\" status=400 "s,
        "error=\"" + no_number,
        "error=\"libmicrohttpd rejected the request.\""s})
    CHECK(log.find(part) != std::string::npos);
  CHECK(log.find(" status=0 ") == std::string::npos);
}

TEST_CASE("The server survives requests with random bytes changed") {
  constexpr int kRequests = 3000;
  Node node({"--log-level", "error"});
  node.Start(GoodDaemon());
  const std::string honest =
      RequestBytes("POST", std::string(kRoute) + "?limit=1&all=0",
                   {{"diagnosis-uuid", "1"}, {"Expect", "nothing"}}, "{}");
  std::minstd_rand random(20'260'101);
  std::vector<RawClient> open;
  for (int i = 0; i < kRequests; ++i) {
    std::string bytes = honest;
    for (unsigned int changes = 1 + random() % 4; changes > 0; --changes)
      bytes.at(random() % bytes.size()) = static_cast<char>(random() % 256);
    open.emplace_back(TcpHost(node.url()));
    static_cast<void>(open.back().Send(bytes));
    if (open.size() == 100) open.clear();
  }
  open.clear();
  CheckCollected(Post(node.url()));
}
