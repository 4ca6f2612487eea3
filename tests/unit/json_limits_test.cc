// SPDX-License-Identifier: Apache-2.0

#include <pthread.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "containercollector/error.h"
#include "containercollector/json.h"
#include "tests/support/catch.h"
#include "tests/support/error_of.h"

using namespace containercollector;
using containercollector::test::ErrorOf;

namespace {

std::string DecodeErrorOf(const std::string& json) {
  const Error error = ErrorOf([&] { return DecodeContainers(json); });
  CHECK(error.code() == ErrorCode::kResponseMalformed);
  return error.what();
}

std::string InUnknownField(const std::string& value) {
  return R"([{"Zed":)" + value + "}]";
}

std::string Nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

TEST_CASE("A value of a wrong type is an error that names the place") {
  CHECK(DecodeErrorOf(R"({})") == "expected an array, got an object");
  CHECK(DecodeErrorOf(R"("x")") == "expected an array, got a string");
  CHECK(DecodeErrorOf(R"([{},5])") == "[1]: expected an object, got 5");
  CHECK(DecodeErrorOf(R"([{"Id":5}])") == "[0].Id: expected a string, got 5");
  CHECK(DecodeErrorOf(R"([{"Names":["/a",false]}])") ==
        "[0].Names[1]: expected a string, got false");
  CHECK(DecodeErrorOf(R"([{},{},{},{"Ports":[{"PrivatePort":70000}]}])") ==
        "[3].Ports[0].PrivatePort: expected a whole number from 0 to 65535, "
        "got 70000");
  CHECK(DecodeErrorOf(R"([{"Created":9223372036854775808}])") ==
        "[0].Created: expected a whole number from -9223372036854775808 to "
        "9223372036854775807, got 9223372036854775808");
  CHECK(DecodeErrorOf(R"([{"Created":1.5}])") ==
        "[0].Created: expected a whole number from -9223372036854775808 to "
        "9223372036854775807, got a number with a "
        "fraction, an exponent or over 64 bits");
  CHECK(DecodeErrorOf(R"([{"Mounts":[{"RW":"true"}]}])") ==
        "[0].Mounts[0].RW: expected true or false, got a string");
  CHECK(DecodeErrorOf(R"([{"Labels":{"a.b":1}}])") ==
        "[0].Labels[\"a.b\"]: expected a string, got 1");
  CHECK(DecodeErrorOf(R"([{"HostConfig":[]}])") ==
        "[0].HostConfig: expected an object, got an array");
  CHECK(
      DecodeErrorOf(
          R"([{"NetworkSettings":{"Networks":{"n":{"IPAMConfig":{"LinkLocalIPs":[7]}}}}}])") ==
      "[0].NetworkSettings.Networks[\"n\"].IPAMConfig.LinkLocalIPs[0]: "
      "expected a string, got 7");
  CHECK(DecodeErrorOf("[{\"Labels\":{\"\xFF" + std::string(100, 'x') +
                      "\":1}}]") == "[0].Labels[\"\xEF\xBF\xBD" +
                                        std::string(63, 'x') +
                                        "\"]: expected a string, got 1");
}

TEST_CASE("Text that is not JSON is an error that names the byte") {
  CHECK(DecodeErrorOf("") == "invalid JSON at byte 0: The document is empty");
  CHECK(DecodeErrorOf("[] x") ==
        "invalid JSON at byte 3: The document root must not be followed by "
        "other values");
  CHECK(DecodeErrorOf(std::string("[]\0junk", 7)) ==
        "invalid JSON at byte 2: a NUL byte follows the value");
  CHECK(DecodeErrorOf(std::string("[]\0", 3)) ==
        "invalid JSON at byte 2: a NUL byte follows the value");
  CHECK(DecodeErrorOf(R"([{"Id":"abc)") ==
        "invalid JSON at byte 11: Missing a closing quotation mark in string");
}

TEST_CASE("A million unclosed brackets are an error") {
  CHECK(DecodeErrorOf(R"([{"Zed":)" + std::string(1000000, '[')) ==
        "nested more than 10000 deep");
  CHECK(DecodeErrorOf(std::string(1000000, '[')) ==
        "[0]: expected an object, got an array");
}

TEST_CASE("Values may be nested as deep as in Go, and no deeper") {
  CHECK(DecodeContainers(InUnknownField(Nested(9998)))->size() == 1);
  CHECK(DecodeErrorOf(InUnknownField(Nested(9999))) ==
        "nested more than 10000 deep");
  CHECK(DecodeErrorOf(InUnknownField(Nested(100000))) ==
        "nested more than 10000 deep");
}

TEST_CASE("The deepest nesting costs no stack") {
  constexpr std::size_t kStackBytes = 256 * 1024;
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, kStackBytes) == 0);
  std::size_t containers = 0;
  const auto decode = [](void* count) -> void* {
    *static_cast<std::size_t*>(count) =
        DecodeContainers(InUnknownField(Nested(9998)))->size();
    return nullptr;
  };
  pthread_t thread{};
  REQUIRE(pthread_create(&thread, &attributes, decode, &containers) == 0);
  REQUIRE(pthread_join(thread, nullptr) == 0);
  REQUIRE(pthread_attr_destroy(&attributes) == 0);
  CHECK(containers == 1);
}

TEST_CASE("Structs that are almost empty cannot multiply the memory") {
  const auto repeat = [](const std::string& begin, const std::string& item,
                         const std::string& end) {
    std::string json = begin + item;
    for (int i = 0; i < 100'000; ++i) json += "," + item;
    return json + end;
  };
  constexpr std::string_view kEnd =
      ": too many values that are almost empty: decoded, they take over 12 "
      "times the bytes of the JSON";
  const auto place_of = [&](const std::string& json) {
    std::string text = DecodeErrorOf(json);
    const std::size_t end = text.find(']', text.rfind('[')) + 1;
    CHECK(text.substr(end) == kEnd);
    return text.substr(0, text.rfind('['));
  };
  CHECK(place_of(repeat("[", "{}", "]")).empty());
  CHECK(place_of(repeat("[", "null", "]")).empty());
  CHECK(place_of(repeat(R"([{"Mounts":[)", "{}", "]}]")) == "[0].Mounts");
  CHECK(place_of(repeat(R"([{"NetworkSettings":{"Networks":{)", R"("a":{})",
                        "}}}]")) == "[0].NetworkSettings.Networks");
  CHECK_THROWS_AS(
      ForEachContainer(repeat("[", "{}", "]"), [](const Container&) {}), Error);

  CHECK(DecodeContainers(repeat(R"([{"Names":[)", R"("")", "]}]"))
            ->front()
            .names->size() == 100'001);
  CHECK(DecodeContainers(repeat(R"([{"Labels":{)", R"("":"")", "}}]"))
            ->front()
            .labels->size() == 1);
  CHECK(DecodeContainers("[{},{}" + std::string(3000, ' ') + "]")->size() == 2);
}

TEST_CASE("A string of 100 MB is read whole") {
  const std::string text(100'000'000, 'x');
  const auto containers = DecodeContainers(R"([{"Id":")" + text + R"("}])");
  REQUIRE(containers->size() == 1);
  CHECK((*containers)[0].id == text);
}

TEST_CASE("Labels in no order are sorted, in a time that does not explode") {
  // Sorted one by one, these would be moved ten thousand million times.
  std::string labels;
  for (int i = 200'000; i-- > 0;)
    labels += "\"" + std::to_string(i) + R"(":"",)";
  labels.back() = '}';
  const auto containers = DecodeContainers(R"([{"Labels":{)" + labels + "}]");
  CHECK((*containers)[0].labels->size() == 200'000);
}

TEST_CASE("Maps that are opened again and again are sorted once") {
  // Sorted at each end, these would take minutes.
  constexpr int kTimes = 60'000;
  std::string labels;
  std::string networks;
  for (int i = kTimes; i-- > 0;) {
    const std::string key = std::to_string(i);
    labels += R"(,"Labels":{")" + key + R"(":""})";
    networks += R"(,"NetworkSettings":{"Networks":{")" + key + R"(":null}})";
  }
  const auto containers =
      DecodeContainers(R"([{"Id":"a")" + labels + networks + "}]");
  const Container& container = containers->front();
  CHECK(container.labels->size() == kTimes);
  CHECK(container.labels->begin()->first == "0");
  CHECK(container.network_settings->networks->size() == kTimes);
  CHECK(container.network_settings->networks->begin()->first == "0");
}

TEST_CASE("Control bytes are an error wherever they stand in a string") {
  for (const char byte : {'\x00', '\x01', '\x19', '\x1A', '\x1F'}) {
    for (std::size_t before = 0; before < 40; ++before) {
      CAPTURE(int{byte}, before);
      const std::string json = R"([{"Id":")" + std::string(before, 'x') +
                               std::string(1, byte) + std::string(40, 'y') +
                               "\"}]";
      CHECK_THROWS_AS(DecodeContainers(json), Error);
    }
  }
  CHECK(DecodeErrorOf("[{\"Id\":\"\x1F\"}]") ==
        "invalid JSON at byte 8: Invalid escape character in string");
}

TEST_CASE("A minus zero is a whole number, but not an unsigned one, as in Go") {
  CHECK(DecodeContainers(R"([{"Created":-0}])")->front().created == 0);
  CHECK(DecodeErrorOf(R"([{"Ports":[{"PrivatePort":-0}]}])") ==
        "[0].Ports[0].PrivatePort: expected a whole number from 0 to 65535, "
        "got -0");
}

TEST_CASE("Containers are visited one by one, each as if it came alone") {
  std::vector<std::string> visited;
  const auto visit = [&](const Container& container) {
    visited.push_back(EncodeContainers({container}));
  };
  const std::string full = R"({"Id":"a","Names":["/a"],"Labels":{"k":"v"}})";
  CHECK(ForEachContainer("[" + full + ",null,{}," + full + "]", visit));
  REQUIRE(visited.size() == 4);
  CHECK(visited[0] == EncodeContainers(DecodeContainers("[" + full + "]")));
  CHECK(visited[1] == EncodeContainers({Container{}}));
  CHECK(visited[2] == visited[1]);
  CHECK(visited[3] == visited[0]);

  visited.clear();
  CHECK(ForEachContainer("[]", visit));
  CHECK_FALSE(ForEachContainer("null", visit));
  CHECK(visited.empty());
}

TEST_CASE("What a visitor throws ends the iteration and reaches the caller") {
  int visits = 0;
  CHECK_THROWS_AS(ForEachContainer("[{},{},{}]",
                                   [&](const Container&) {
                                     if (++visits == 2)
                                       throw std::logic_error("enough");
                                   }),
                  std::logic_error);
  CHECK(visits == 2);
}

TEST_CASE("A JSON error after some containers is still an error") {
  int visits = 0;
  CHECK(ErrorOf([&] {
          ForEachContainer("[{},{\"Id\":1}]",
                           [&](const Container&) { ++visits; });
        }).code() == ErrorCode::kResponseMalformed);
  CHECK(visits == 1);
}

TEST_CASE("No containers is an empty array, and no list is null") {
  CHECK(EncodeContainers({}) == "[]");
  CHECK(EncodeContainers(std::optional<std::vector<Container>>()) == "null");
}

TEST_CASE("Strings are escaped as JSON demands, and no more") {
  Container container;
  container.id = "a\"b\\c\n\r\t\x01\x7F<&>/";
  CHECK(EncodeContainers({container})
            .find(R"("Id":"a\"b\\c\n\r\t\u0001)"
                  "\x7F<&>/\"") != std::string::npos);
}

TEST_CASE("A repeated map adds to the first, a repeated list replaces it") {
  CHECK(EncodeContainers(
            DecodeContainers(
                R"([{"Labels":{"b":"1","a":"1"},"Labels":{"a":"2"}}])"))
            .find(R"("Labels":{"a":"2","b":"1"})") != std::string::npos);
  CHECK(EncodeContainers(
            DecodeContainers(R"([{"Names":["/a","/b"],"Names":["/c"]}])"))
            .find(R"("Names":["/c"])") != std::string::npos);
}

TEST_CASE(
    "What is written is valid UTF-8 even where a program put other bytes in") {
  Container container;
  container.id = "a\xFF";
  container.labels = StringMap{{"\xC0", "\xE2\x82"}};
  const std::string json = EncodeContainers({container});
  CHECK(json.find("\"Id\":\"a\xEF\xBF\xBD\"") != std::string::npos);
  CHECK(
      json.find("\"Labels\":{\"\xEF\xBF\xBD\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}") !=
      std::string::npos);
}
