// SPDX-License-Identifier: Apache-2.0
#include "containercollector/processor.h"

#include <array>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "containercollector/json.h"
#include "tests/support/catch.h"

using namespace containercollector;
using Headers = std::vector<std::pair<std::string, std::string>>;

namespace {

const std::string kArray(Processor::kArrayPath);
const std::string kObject(Processor::kObjectPath);

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

  const std::string endpoint_ = "fake:///runtime";
};

ProcessorRequest RequestOf(const std::string& target) {
  return std::get<ProcessorRequest>(Processor::Parse("POST", target));
}

/// Checks a rejection by Handle() and returns its headers.
Headers CheckRejected(const std::string& method, const std::string& target,
                      int status, const std::string& text) {
  CAPTURE(method, target);
  const Response response = Processor(FakeRuntime()).Handle(method, target);
  CHECK(response.status == status);
  CHECK(response.body == text);
  CHECK(response.content_type == "text/plain; charset=utf-8");
  CHECK(response.container_count == 0);
  CHECK(response.error ==
        (status == 400 ? std::optional<ErrorCode>(ErrorCode::kInvalidArgument)
                       : std::nullopt));
  return response.headers;
}

}  // namespace

TEST_CASE("The paths of the processor are those of the KubeDiag contracts") {
  CHECK(Processor::kArrayPath == "/processor/containercollector");
  CHECK(Processor::kObjectPath == "/processor/containerCollector");
}

TEST_CASE("A request carries list options and, for the object, a key") {
  for (const std::string& path : {kArray, kObject}) {
    CHECK(RequestOf(path).options == ListOptions{});
    CHECK(RequestOf(path + "?").options == ListOptions{});
    CHECK(RequestOf(path + "?limt=2&limit=3").options.limit == 3);
  }
  CHECK_FALSE(RequestOf(kArray + "?key=name").object_key);
  CHECK(RequestOf(kObject).object_key == "collector.kubernetes.container.list");
  CHECK(RequestOf(kObject + "?key=a%20%22b&key=c").object_key == "a \"b");
}

TEST_CASE("A malformed parameter is rejected with 400 and its name") {
  for (const char* query : {"?key=", "?key", "?limit=1&key="}) {
    CheckRejected("POST", kObject + query, 400,
                  "invalid key \"\": write the key of the object, or leave the "
                  "parameter out");
  }
  for (const std::string& path : {kArray, kObject}) {
    const Headers headers =
        CheckRejected("POST", path + "?limit=x", 400,
                      "invalid limit \"x\": write how many containers are "
                      "wanted, e.g. limit=10, or 0 for all");
    CHECK(headers.empty());
  }
}

TEST_CASE("Methods other than POST are rejected with 405") {
  for (const auto& [method, shown] : std::vector<std::array<std::string, 2>>{
           {"GET", "GET"},
           {"HEAD", "HEAD"},
           {"post", "post"},
           {"", ""},
           {std::string(100, 'X'), std::string(32, 'X')},
           {"G\xFFT", "G\xEF\xBF\xBDT"}}) {
    CHECK(CheckRejected(method, kObject + "?limit=x", 405,
                        "method " + shown + " is not supported") ==
          Headers{{"Allow", "POST"}});
  }
}

TEST_CASE("Other paths are rejected with 404 and the names of both routes") {
  for (const std::string& target :
       {std::string(), std::string("/"), std::string("?limit=1"), kArray + "/",
        "/x" + kArray, std::string("/processor/ContainerCollector")}) {
    for (const char* method : {"POST", "GET"})
      CheckRejected(method, target, 404,
                    "Nothing is served at this path. Send POST "
                    "/processor/containercollector or POST "
                    "/processor/containerCollector.");
  }
}

TEST_CASE("The wrapped array is a JSON string in an object with one key") {
  CHECK(WrapContainers("[]", "k") == R"({"k":"[]"})");
  CHECK(WrapContainers(R"([{"Id":"a","Command":"x \"\\ \n<é>&"}])", "k") ==
        R"({"k":"[{\"Id\":\"a\",\"Command\":\"x \\\"\\\\ \\n<é>&\"}]"})");
  CHECK(WrapContainers("[\n\t\x1F]", "a\"\xFF") ==
        "{\"a\\\"\xEF\xBF\xBD\":\"[\\n\\t\\u001f]\"}");
}

TEST_CASE("A processor moves and does not copy") {
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Processor>);
  STATIC_REQUIRE(std::is_nothrow_move_assignable_v<Processor>);
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<Processor>);
}

TEST_CASE("A processor accepts any runtime") {
  const Processor by_value{FakeRuntime()};
  const Processor by_pointer{std::make_unique<FakeRuntime>()};
  for (const Processor* processor : {&by_value, &by_pointer}) {
    CHECK(processor->runtime().endpoint() == "fake:///runtime");
    const Response response = processor->Handle("POST", kArray + "?limit=2");
    CHECK(response.status == 200);
    CHECK(response.content_type == "application/json");
    CHECK(response.container_count == 2);
    CHECK(DecodeContainers(response.body)->at(1).id == "1");
    CHECK(processor->Handle("POST", kObject + "?limit=2&key=k").body ==
          WrapContainers(response.body, "k"));
  }
}

TEST_CASE("A processor passes the limits of a call to its runtime") {
  CallOptions call;
  call.deadline.emplace();
  const Response response =
      Processor(FakeRuntime()).Handle("POST", kObject, call);
  CHECK(response.status == 500);
  CHECK(response.body == "too late");
  CHECK(response.error == ErrorCode::kTimeout);
}

TEST_CASE("A response counts the containers that lack details in a header") {
  const Processor processor{FakeRuntime()};
  const std::string path = GENERATE(kArray, kObject);
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
