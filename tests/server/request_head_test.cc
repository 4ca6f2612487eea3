// SPDX-License-Identifier: Apache-2.0

#include "server/http/request_head.h"

#include "tests/support/catch.h"

using containercollector::server::CheckHead;
using containercollector::server::RequestHead;
using containercollector::server::RequestLimits;

namespace {

constexpr RequestLimits kLimits{1024, 100};

using Headers = std::vector<std::pair<std::string_view, std::string_view>>;

/// As long as its parts say.
RequestHead Head(const Headers& more, std::string_view version = "HTTP/1.1") {
  RequestHead head{"POST", "/x?y=z", version, {{"Host", "h"}}, 0};
  head.headers.insert(head.headers.end(), more.begin(), more.end());
  head.bytes = std::string_view("POST /x?y=z HTTP/1.1\r\n\r\n").size();
  for (const auto& [name, value] : head.headers)
    head.bytes +=
        name.size() + value.size() + std::string_view(": \r\n").size();
  return head;
}

void CheckAccepted(const RequestHead& head) {
  CHECK(!CheckHead(head, kLimits));
}

void CheckRejected(const RequestHead& head, int status,
                   const std::string& text) {
  const auto response = CheckHead(head, kLimits);
  REQUIRE(response);
  CHECK(response->status == status);
  CHECK(*response->body == text);
}

}  // namespace

TEST_CASE("Honest requests are accepted") {
  CheckAccepted(Head({}));
  CheckAccepted(Head({{"Content-Length", "0"}}));
  CheckAccepted(Head({{"content-length", "100"}}));
  CheckAccepted(Head({{"Transfer-Encoding", "chunked"}}));
  CheckAccepted(Head({{"TRANSFER-ENCODING", "Chunked"}}));
  CheckAccepted(Head({{"X", "a\tb \xc3\xa9"}}));
  CheckAccepted(Head({{"X", ""}}));
  RequestHead old = Head({}, "HTTP/1.0");
  old.headers.clear();
  old.bytes -= std::string_view("Host: h\r\n").size();
  CheckAccepted(old);
}

TEST_CASE("Requests that end in two ways are rejected") {
  CheckRejected(Head({{"Content-Length", "1"}, {"content-length", "1"}}), 400,
                "Bad request: Content-Length is there more than once.");
  CheckRejected(
      Head({{"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}}), 400,
      "Bad request: Content-Length and Transfer-Encoding exclude each other.");
  CheckRejected(Head({{"Transfer-Encoding", "chunked"},
                      {"Transfer-Encoding", "chunked"}}),
                400, "Bad request: Transfer-Encoding can only be chunked.");
  CheckRejected(Head({{"Transfer-Encoding", "gzip, chunked"}}), 400,
                "Bad request: Transfer-Encoding can only be chunked.");
  CheckRejected(Head({{"Transfer-Encoding", "chunked"}}, "HTTP/1.0"), 400,
                "Bad request: Transfer-Encoding needs HTTP/1.1.");
  for (const char* length : {"", "-1", "+1", "1, 1", "0x1", "1 "}) {
    CheckRejected(Head({{"Content-Length", length}}), 400,
                  "Bad request: Content-Length is not a number.");
  }
}

TEST_CASE("Bytes that do not belong in a head are rejected") {
  for (const char* name : {"", "A ", "A\t", " A", "A(", "A\xc3\xa9"}) {
    CheckRejected(Head({{name, "b"}}), 400,
                  "Bad request: a header has bytes that do not belong there.");
  }
  for (const char* value : {"\x01", "a\rb", "a\nb", "\x7f"}) {
    CheckRejected(Head({{"A", value}}), 400,
                  "Bad request: a header has bytes that do not belong there.");
  }
  RequestHead spaced = Head({});
  spaced.target = "/x y?z";
  CheckRejected(spaced, 400,
                "Bad request: its target has bytes that do not belong there.");
}

TEST_CASE("A head that is longer than its parts is rejected") {
  RequestHead head = Head({});
  ++head.bytes;
  CheckRejected(
      head, 400,
      "Bad request: there are NUL bytes or unneeded white space in its "
      "headers.");
}

TEST_CASE("A request must name its host once") {
  RequestHead head = Head({});
  head.headers.clear();
  head.bytes -= std::string_view("Host: h\r\n").size();
  CheckRejected(head, 400, "Bad request: Host is missing.");
  CheckRejected(Head({{"host", "h"}}), 400,
                "Bad request: Host is there more than once.");
}

TEST_CASE("A head or a body that is too large is rejected") {
  RequestHead head = Head({});
  head.bytes = 1024;
  CHECK(CheckHead(head, kLimits)->status == 400);
  head.bytes = 1025;
  CheckRejected(
      head, 431,
      "The request's headers are larger than the limit of 1024 bytes.");
  const std::string too_large =
      "The request's body is larger than the limit of 100 bytes "
      "(--max-body-bytes). It is not used: send {} or nothing.";
  CheckAccepted(Head({{"Content-Length", "101"}}));
  CheckAccepted(Head({{"Content-Length", "33554532"}}));
  CheckRejected(Head({{"Content-Length", "33554533"}}), 413, too_large);
  CheckRejected(Head({{"Content-Length", "101"}, {"Expect", "100-continue"}}),
                413, too_large);
  CheckRejected(Head({{"Content-Length", "18446744073709551615"}}), 413,
                too_large);
}
