// SPDX-License-Identifier: Apache-2.0

/// Bytes that are no honest request: rejected or dropped, and never a
/// 200, and the next caller does not notice.
#include <random>

#include "tests/server/node.h"

using namespace containercollector::test;
using namespace std::string_literals;

namespace {

const std::string kPost = "POST /processor/containercollector HTTP/1.1\r\n";
const std::string kGet = "GET /healthz HTTP/1.1\r\n";
const std::string kHost = "Host: localhost\r\n";

/// Returns what the server sends before it closes, which may be nothing.
std::string Send(const std::string& url, const std::string& bytes) {
  RawClient client(TcpHost(url));
  static_cast<void>(client.Send(bytes));
  return client.ReceiveToEnd().bytes;
}

bool IsRejection(const std::string& response) {
  return response.empty() || response.rfind("HTTP/1.1 4", 0) == 0 ||
         // libmicrohttpd 1.0.10 responds to an unknown encoding by itself.
         response.rfind("HTTP/1.1 501", 0) == 0 ||
         response.rfind("HTTP/1.1 505", 0) == 0;
}

}  // namespace

TEST_CASE("Requests that could be read in two ways are rejected") {
  LocalNode node([](Options& options) {
    options.http.idle_timeout = std::chrono::seconds(1);
  });
  node.Start(GoodDaemon());
  const std::vector<std::string> requests = {
      kPost + kHost + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
      kPost + kHost + "Content-Length: 2\r\nContent-Length: 30\r\n\r\n{}",
      kPost + kHost +
          "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      kPost + kHost +
          "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
      kPost + kHost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      kPost + kHost + "Transfer-Encoding: identity\r\n\r\n{}",
      kPost + kHost +
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
      kPost + kHost + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
      kPost + kHost + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
      kPost + kHost + "Content-Length: 5, 5\r\n\r\n12345",
      kPost + kHost + "Content-Length: -5\r\n\r\n12345",
      kPost + kHost + "Content-Length: 0x5\r\n\r\n12345",
      kPost + kHost + "Content-Length: 99999999999999999999999\r\n\r\n12345",
      "POST /processor/containercollector HTTP/1.0\r\n"
      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  };
  for (const std::string& request : requests) {
    CAPTURE(request);
    const std::string response = Send(node.url(), request);
    CHECK(IsRejection(response));
    CHECK(response.find("HTTP/1.1 200") == std::string::npos);
  }
  CHECK(node.daemon().Requests().empty());
  CheckCollected(Post(node.url()));
}

TEST_CASE("Bytes that are no HTTP are rejected") {
  LocalNode node([](Options& options) {
    options.http.idle_timeout = std::chrono::seconds(1);
  });
  node.Start(GoodDaemon());
  const std::vector<std::string> requests = {
      "\0\0\0\0\r\n\r\n"s,
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s + std::string(200, '\0'),
      std::string(100'000, '\xff'),
      "GET /healthz\0junk HTTP/1.1\r\n"s + kHost + "\r\n",
      kGet + kHost + "A: b\0junk\r\n\r\n"s,
      kGet + kHost + "A\0: b\r\n\r\n"s,
      kGet + kHost + "A : b\r\n\r\n",
      kGet + kHost + "A: \x01\r\n\r\n",
      kGet + kHost + "A: b\rContent-Length: 3\r\n\r\n",
      kGet + kHost + "A: b\r\n folded\r\n\r\n",
      kGet + kHost + "NoColon\r\n\r\n",
      kGet + kHost + ": empty\r\n\r\n",
      kGet + kHost + kHost + "\r\n",
      kGet + "\r\n",
      "GET /healthz\r\n\r\n",
      "GET /health z HTTP/1.1\r\n" + kHost + "\r\n",
      "GET /healthz HTTP/2.0\r\n" + kHost + "\r\n",
      "GET /healthz HTTP/1.1 \r\n" + kHost + "\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      kPost + kHost + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
      kPost + kHost + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n",
      kPost + kHost + "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
      kPost + kHost +
          "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}",
  };
  for (const std::string& request : requests) {
    CAPTURE(request);
    CHECK(IsRejection(Send(node.url(), request)));
  }
  CheckCollected(Post(node.url()));
}

TEST_CASE("A length that is no number gets one response, which is logged") {
  Node node;
  const std::string text = "Bad request: Content-Length is not a number.";
  const std::vector<std::string> lengths = {"2, 2", "+2", "",
                                            "99999999999999999999999"};
  for (const std::string& length : lengths) {
    CAPTURE(length);
    const std::string response = Send(
        node.url(), kPost + kHost + "Content-Length: " + length + "\r\n\r\n{}");
    CheckText(ParseResponse(response), 400, text);
    CHECK(response.find("HTTP/1.1", 1) == std::string::npos);
  }
  CHECK(Get(node.url(), "/metrics")
            .body.find("requests_total{route=\"other\",status=\"400\"} 4\n") !=
        std::string::npos);
  CheckStops(node.server());
  CHECK(node.server().ErrorOutput().find(
            " path=\"/processor/containercollector\" status=400 ") !=
        std::string::npos);
  CHECK(node.server().ErrorOutput().find("error=\"" + text) !=
        std::string::npos);
}

TEST_CASE("Query parameters take no memory, however many there are") {
  constexpr int kRequests = 2000;
  Node node({"--log-level", "error"});
  const std::size_t memory = node.server().ResidentKiB();
  std::string query;
  for (int i = 0; i < 7500; ++i) query += "a&";
  for (int i = 0; i < kRequests; ++i) {
    if (Get(node.url(), "/healthz?" + query).status != 200)
      FAIL("request " << i << " was rejected");
  }
  if (MemoryIsMeasurable())
    CHECK(node.server().ResidentKiB() < memory + 4 * 1024);
  CheckStops(node.server());
}

TEST_CASE("What libmicrohttpd rejects is logged and counted") {
  Node node;
  const std::string many(50'000, 'a');
  Send(node.url(), "GET /" + many + " HTTP/1.1\r\n" + kHost + "\r\n");
  Send(node.url(), kGet + kHost + "a: " + many + "\r\n\r\n");
  Send(node.url(), "GET /healthz HTTP/2.0\r\n" + kHost + "\r\n");
  const std::string cookies =
      Send(node.url(),
           kGet + kHost + "Cookie: " + std::string(5000, ';') + "\r\n\r\n");
  CHECK(cookies.find("HTTP/1.1", 1) == std::string::npos);
  const std::string metrics = Get(node.url(), "/metrics").body;
  CheckStops(node.server());
  const std::string log = node.server().ErrorOutput();
  for (const std::string status : {"414", "431", "505"}) {
    CAPTURE(status);
    CHECK(metrics.find("requests_total{route=\"other\",status=\"" + status +
                       "\"} ") != std::string::npos);
    CHECK(log.find(" status=" + status + " ") != std::string::npos);
  }
  CHECK(log.find("error=\"libmicrohttpd rejected the request.\"") !=
        std::string::npos);
  CHECK(log.find(" status=0 ") == std::string::npos);
}

TEST_CASE("Headers without end are cut off") {
  LocalNode node([](Options& options) {
    options.http.request_timeout = std::chrono::seconds(2);
  });
  node.Start(GoodDaemon());
  RawClient client(TcpHost(node.url()));
  client.Send(kPost + kHost);
  int sent = 0;
  constexpr int kFarTooMany = 1'000'000;
  while (sent < kFarTooMany && client.Send("X-Header: value\r\n")) ++sent;
  CHECK(sent < kFarTooMany);
  CHECK(IsRejection(client.ReceiveToEnd().bytes));
  CheckCollected(Post(node.url()));
}

TEST_CASE("A body of 100 MB is rejected before it is read") {
  Node node;
  node.Start(GoodDaemon());
  const std::size_t memory = node.server().ResidentKiB();
  RawClient client(TcpHost(node.url()));
  client.Send(kPost + kHost + "Content-Length: 104857600\r\n\r\n");
  const std::string megabyte(1 << 20, 'x');
  int sent = 0;
  while (sent < 100 && client.Send(megabyte)) ++sent;
  CHECK(sent < 100);
  CHECK(IsRejection(client.ReceiveToEnd().bytes));
  if (MemoryIsMeasurable())
    CHECK(node.server().ResidentKiB() < memory + 4 * 1024);
  CheckCollected(Post(node.url()));
  CheckStops(node.server());
}

TEST_CASE("Pipelined requests get their responses in turn") {
  Node node;
  node.Start(GoodDaemon());
  const std::string responses =
      Send(node.url(), kGet + kHost + "\r\n" + kPost + kHost +
                           "Content-Length: 2\r\n\r\n{}" + kPost + kHost +
                           "\r\n" + "GET /nowhere HTTP/1.1\r\n" + kHost +
                           "\r\n" + kGet + kHost + "\r\n");
  const std::size_t ok = responses.find("\r\n\r\nok");
  const std::size_t first = responses.find(kOneContainer);
  const std::size_t second = responses.find(kOneContainer, first + 1);
  const std::size_t not_found = responses.find("HTTP/1.1 404");
  CHECK(ok < first);
  CHECK(first < second);
  CHECK(second < not_found);
  // What comes after a rejection is not read: the request may have been
  // anything.
  CHECK(responses.find("HTTP/1.1 200", not_found) == std::string::npos);
  CHECK(node.daemon().Requests().size() == 2);
  CheckStops(node.server());
}

TEST_CASE("Requests with bytes changed at random do not end the server") {
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
  CheckStops(node.server());
}
