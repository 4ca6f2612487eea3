// SPDX-License-Identifier: Apache-2.0

#include "server/request_log.h"

#include "tests/support/catch.h"

using namespace containercollector::server;
using Fields = std::vector<std::pair<std::string_view, std::string>>;

namespace {

Fields FieldsOf(std::string_view body, std::size_t piece_size) {
  CallerFields caller;
  for (; body.size() > piece_size; body.remove_prefix(piece_size))
    caller.Read(body.substr(0, piece_size));
  caller.Read(body);
  return caller.fields();
}

/// Checks that the fields do not depend on how the body is cut.
Fields FieldsOf(std::string_view body) {
  const Fields fields = FieldsOf(body, body.size() + 1);
  for (const std::size_t piece_size : {1U, 2U, 3U, 7U})
    CHECK(FieldsOf(body, piece_size) == fields);
  return fields;
}

}  // namespace

TEST_CASE("The fields of KubeDiag v0.2.0 to v0.3.1 are found, as Go sorts") {
  CHECK(FieldsOf(R"({"collector.kubernetes.pod.list":"[{\"a\":\"}\\\"\"}]",)"
                 R"("diagnosis.name":"d-1","diagnosis.namespace":"default",)"
                 R"("diagnosis.uid":"8b2f","node":"worker-1","zone":"z"})") ==
        Fields{{"diagnosis.name", "d-1"},
               {"diagnosis.namespace", "default"},
               {"diagnosis.uid", "8b2f"},
               {"node", "worker-1"}});
}

TEST_CASE("The fields of KubeDiag's head are found") {
  CHECK(FieldsOf("{ \"node\" : \"n\" ,\n\"task.name\":\"t\","
                 "\"task.namespace\":\"ns\",\"task.uid\":\"u\" }") ==
        Fields{{"node", "n"},
               {"task.name", "t"},
               {"task.namespace", "ns"},
               {"task.uid", "u"}});
}

TEST_CASE("Values that are no strings are skipped") {
  CHECK(FieldsOf(R"({"a":{"node":"no","b":["]}",{}]},"c":[1,"\"]"],"d":-1.5e3,)"
                 R"("task.name":null,"e":true,"node":"n"})") ==
        Fields{{"node", "n"}});
}

TEST_CASE("A body that is no object of strings has no fields") {
  for (const char* body :
       {"", "{}", "[]", "null", "node", "\"node\"", "{node:1}", "{\"node\"}",
        "{\"node\":\"cut", "[{\"node\":\"n\"}]", "]{\"node\":\"n\"}",
        "{{\"node\":\"n\"}}"}) {
    CAPTURE(body);
    CHECK(FieldsOf(body).empty());
  }
  CHECK(FieldsOf("{\"node\":\"n\"}{\"task.name\":\"t\"}") ==
        Fields{{"node", "n"}});
}

TEST_CASE("The first of repeated fields counts, and long values are cut") {
  CHECK(FieldsOf(R"({"node":"first","node":"second"})") ==
        Fields{{"node", "first"}});
  const std::string body =
      "{\"node\":\"" + std::string(100'000, 'x') + "\",\"task.uid\":\"u\"}";
  CHECK(FieldsOf(body) ==
        Fields{{"node", std::string(256, 'x')}, {"task.uid", "u"}});
  CHECK(FieldsOf("{\"" + std::string(100'000, 'k') + "\":\"v\"}").empty());
}

TEST_CASE("Values keep their escapes") {
  CHECK(FieldsOf(R"({"node":"a\"b\\","task.uid":"\u0041\n"})") ==
        Fields{{"node", R"(a\"b\\)"}, {"task.uid", R"(\u0041\n)"}});
}

TEST_CASE("A request's line has its trace headers, as far as they came") {
  RequestRecord record;
  record.request.method = "POST";
  record.request.path = "/processor/containercollector";
  record.request.query = "limit=1";
  record.request.headers = {{"diagnosis-uuid", "u\n1"}, {"node-name", "n"}};
  record.request.peer = "[::1]:40312";
  record.status = 200;
  record.duration = std::chrono::microseconds(1500);
  record.bytes = 42;
  record.delivered = true;
  CHECK(
      FormatLogFields(LogFormat::kLogfmt, "request",
                      RequestLogFields(record)) ==
      R"(msg="request" method="POST" path="/processor/containercollector" )"
      R"(status=200 duration_ms=1.500 bytes=42 peer="[::1]:40312" query="limit=1" )"
      R"(diagnosis-uuid="u\n1" node-name="n")");

  record.request.peer.clear();
  record.request.query.clear();
  record.request.headers.clear();
  record.delivered = false;
  CHECK(FormatLogFields(LogFormat::kLogfmt, "request",
                        RequestLogFields(record)) ==
        R"(msg="request" method="POST" path="/processor/containercollector" )"
        R"(status=200 duration_ms=1.500 bytes=42 delivered="no")");
}
