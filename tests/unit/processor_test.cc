// SPDX-License-Identifier: Apache-2.0

#include "containercollector/processor.h"

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

using namespace containercollector;
using Headers = std::vector<std::pair<std::string, std::string>>;

namespace {

const std::string kArray(Processor::kArrayPath);
const std::string kObject(Processor::kObjectPath);

ProcessorRequest RequestOf(std::string_view target) {
  return std::get<ProcessorRequest>(Processor::Parse("POST", target));
}

Response RejectionOf(std::string_view method, std::string_view target) {
  return std::get<Response>(Processor::Parse(method, target));
}

}  // namespace

TEST_CASE("The paths of the processor are those of the KubeDiag contracts") {
  CHECK(Processor::kArrayPath == "/processor/containercollector");
  CHECK(Processor::kObjectPath == "/processor/containerCollector");
  CHECK(Processor::kDefaultObjectKey == "collector.kubernetes.container.list");
}

TEST_CASE("A request for the array carries list options") {
  CHECK(RequestOf(kArray) == ProcessorRequest{});
  CHECK(RequestOf(kArray + "?") == ProcessorRequest{});
  CHECK(RequestOf(kArray + "?limit=2").options.limit == 2);
  CHECK_FALSE(RequestOf(kArray + "?key=name").object_key);
}

TEST_CASE("A request for the object carries list options and a key") {
  CHECK(RequestOf(kObject).options == ListOptions{});
  CHECK(RequestOf(kObject).object_key == "collector.kubernetes.container.list");
  const ProcessorRequest request = RequestOf(kObject + "?limit=2&key=a%20%22b");
  CHECK(request.options.limit == 2);
  CHECK(request.object_key == "a \"b");
  CHECK(RequestOf(kObject + "?key=a&key=b").object_key == "a");
}

TEST_CASE("Unknown parameters are ignored, as Docker ignores them") {
  CHECK(RequestOf(kArray + "?limt=2&_=1&limit=3").options.limit == 3);
  CHECK(RequestOf(kObject + "?limt=2").options == ListOptions{});
}

TEST_CASE("An empty key is rejected with 400") {
  for (const char* query : {"?key=", "?key", "?limit=1&key="}) {
    const Response response = RejectionOf("POST", kObject + query);
    CHECK(response.status == 400);
    CHECK(response.body ==
          "invalid key \"\": write the key of the object, or leave the "
          "parameter out");
    CHECK(response.error == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("Methods other than POST are rejected with 405") {
  const Response response = RejectionOf("GET", kArray + "?limit=x");
  CHECK(response.status == 405);
  CHECK(response.content_type == "text/plain; charset=utf-8");
  CHECK(response.headers == Headers{{"Allow", "POST"}});
  CHECK(response.body == "method GET is not supported");
  CHECK_FALSE(response.error);
  for (const char* method : {"HEAD", "PUT", "DELETE", "OPTIONS", "post", ""}) {
    CHECK(RejectionOf(method, kObject).body ==
          std::string("method ") + method + " is not supported");
  }
  CHECK(RejectionOf(std::string(100, 'X'), kArray).body ==
        "method " + std::string(32, 'X') + " is not supported");
  CHECK(RejectionOf("G\xFFT", kArray).body ==
        "method G\xEF\xBF\xBDT is not supported");
}

TEST_CASE("Other paths are rejected with 404 and the names of both routes") {
  for (const std::string& target :
       {std::string(), std::string("/"), std::string("?limit=1"), kArray + "/",
        "/x" + kArray, std::string("/processor/ContainerCollector"),
        std::string("/processor")}) {
    CAPTURE(target);
    const Response response = RejectionOf("POST", target);
    CHECK(response.status == 404);
    CHECK(response.content_type == "text/plain; charset=utf-8");
    CHECK(response.body ==
          "Nothing is served at this path. Send POST "
          "/processor/containercollector or POST "
          "/processor/containerCollector.");
    CHECK(RejectionOf("GET", target).status == 404);
  }
}

TEST_CASE("A malformed query is rejected with 400 and the parameter's name") {
  for (const std::string& path : {kArray, kObject}) {
    const Response response = RejectionOf("POST", path + "?limit=x");
    CHECK(response.status == 400);
    CHECK(response.content_type == "text/plain; charset=utf-8");
    CHECK(response.headers.empty());
    CHECK(response.body ==
          "invalid limit \"x\": write how many containers are wanted, e.g. "
          "limit=10, or 0 for all");
    CHECK(response.error == ErrorCode::kInvalidArgument);
    CHECK(RejectionOf("POST", path + "?key=%").status == 400);
  }
}

TEST_CASE("The wrapped array is a JSON string in an object with one key") {
  CHECK(WrapContainers("[]", "k") == R"({"k":"[]"})");
  CHECK(WrapContainers(R"([{"Id":"a","Command":"x \"\\ \n<é>&"}])", "k") ==
        R"({"k":"[{\"Id\":\"a\",\"Command\":\"x \\\"\\\\ \\n<é>&\"}]"})");
  CHECK(WrapContainers("[\n\t\x1F]", "a\"\xFF") == R"({"a\")"
                                                   "\xEF\xBF\xBD"
                                                   R"(":"[\n\t\u001f]"})");
}

TEST_CASE("Responses and processor requests are equal if every member is") {
  std::vector<Response> responses(7);
  responses[0].status = 200;
  responses[1].content_type = "x";
  responses[2].headers.emplace_back("Allow", "POST");
  responses[3].body = "x";
  responses[4].container_count = 1;
  responses[5].incomplete_count = 1;
  responses[6].error = ErrorCode::kInternal;
  for (const Response& response : responses) {
    CHECK(response != Response{});
    CHECK(response == Response(response));
  }
  ProcessorRequest request;
  request.options.limit = 1;
  CHECK(request != ProcessorRequest{});
  request = {};
  request.object_key = "k";
  CHECK(request != ProcessorRequest{});
  CHECK(request == ProcessorRequest(request));
}

TEST_CASE("A processor moves and does not copy") {
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Processor>);
  STATIC_REQUIRE(std::is_nothrow_move_assignable_v<Processor>);
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<Processor>);
}

namespace {

/// Lists as many containers as the limit says. Those over 2 lack details.
class FakeRuntime : public ContainerRuntime {
 public:
  const std::string& endpoint() const noexcept override { return endpoint_; }

 private:
  void DoForEachContainer(const ListOptions& options,
                          const ContainerVisitor& visitor,
                          const CallOptions& call) const override {
    if (call.deadline) throw Error(ErrorCode::kTimeout, "too late");
    for (int i = 0; i < options.limit; ++i) {
      Container container;
      container.id = std::to_string(i);
      if (i >= 2 && call.on_incomplete)
        call.on_incomplete(Error(ErrorCode::kTimeout, container.id));
      visitor(container);
    }
  }
  PingResult DoPing(const CallOptions&) const override { return {}; }

  const std::string endpoint_ = "fake:///source";
};

}  // namespace

TEST_CASE("A processor takes its containers from any source") {
  const Processor by_value{FakeRuntime()};
  const Processor by_pointer{std::make_unique<FakeRuntime>()};
  for (const Processor* processor : {&by_value, &by_pointer}) {
    CHECK(processor->runtime().endpoint() == "fake:///source");
    const Response response = processor->Handle("POST", kArray + "?limit=2");
    CHECK(response.status == 200);
    CHECK(response.container_count == 2);
    CHECK(DecodeContainers(response.body)->at(1).id == "1");
  }
}

TEST_CASE("A processor hands the limits of a call to its source") {
  const Processor processor{FakeRuntime()};
  CallOptions call;
  call.deadline.emplace();
  const Response response = processor.Handle("POST", kArray, call);
  CHECK(response.status == 500);
  CHECK(response.body == "too late");
  CHECK(response.error == ErrorCode::kTimeout);
}

TEST_CASE("A response counts the containers that lack details in a header") {
  const Processor processor{FakeRuntime()};
  for (const std::string& path : {kArray, kObject}) {
    CAPTURE(path);
    std::vector<std::string> reported;
    CallOptions call;
    call.on_incomplete = [&](const Error& error) {
      reported.emplace_back(error.what());
    };
    const Response some = processor.Handle("POST", path + "?limit=4", call);
    CHECK(some.container_count == 4);
    CHECK(some.incomplete_count == 2);
    CHECK(some.headers == Headers{{"Container-Collector-Incomplete", "2"}});
    CHECK(reported == std::vector<std::string>{"2", "3"});
    CHECK(processor.Handle("POST", path + "?limit=3").incomplete_count == 1);

    const Response none = processor.Handle("POST", path + "?limit=2", call);
    CHECK(none.incomplete_count == 0);
    CHECK(none.headers.empty());
  }
}

TEST_CASE("A source lists what it visits") {
  ListOptions options;
  options.limit = 3;
  CHECK(FakeRuntime().ListContainers(options).size() == 3);
}
